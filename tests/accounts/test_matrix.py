"""The matrix of roles: what each may do and which door opens, written out so that a change shows.

Walks of the doors themselves are in tests/staff/test_site.py and tests/compliance/test_walls.py.
"""

import pytest
from django.test import Client

from accounts import roles
from accounts.capabilities import Capability
from accounts.errors import RoleError
from accounts.models import Role, User
from tests import cast
from tests.cast import Journal

STAFF = "/admin/"
PORTAL = "/portal/"
_ALL = set(Capability)

MAY: dict[str, set[Capability]] = {
    "administrator": _ALL,
    "compliance-lead": _ALL
    - {Capability.SIGN_ASSERTION, Capability.MANAGE_LOG, Capability.MANAGE_TRUST},
    "control-owner": {
        Capability.VIEW,
        Capability.SUBMIT_EVIDENCE,
        Capability.MANAGE_REGISTERS,
        Capability.ANSWER_FINDINGS,
        Capability.RUN_RECONCILIATIONS,
    },
    "reviewer": {
        Capability.VIEW,
        Capability.REVIEW_EVIDENCE,
        Capability.RELEASE_QUARANTINED,
        Capability.REDACT_QUARANTINED,
        Capability.MANAGE_CAMPAIGNS,
        Capability.WRITE_REPORTS,
        Capability.SIGN_RECONCILIATIONS,
    },
    "engineer": {
        Capability.VIEW,
        Capability.SUBMIT_EVIDENCE,
        Capability.MANAGE_REGISTERS,
        Capability.MANAGE_SOURCES,
        Capability.RUN_COLLECTOR,
        Capability.RUN_RECONCILIATIONS,
        Capability.VIEW_JOBS,
    },
    "executive": {
        Capability.VIEW,
        Capability.SIGN_ASSERTION,
        Capability.WRITE_REPORTS,
        Capability.OVERSEE_TASKS,
        Capability.SIGN_RECONCILIATIONS,
    },
    "auditor": {Capability.OPEN_PORTAL},
    "merchant": set(),
}
HOME = {
    "auditor": PORTAL,
    "merchant": "",
    **dict.fromkeys(MAY.keys() - {"auditor", "merchant"}, STAFF),
}


def test_the_matrix_names_every_role() -> None:
    assert {wording.slug for wording in roles.read()} == set(MAY)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", MAY)
def test_each_role_holds_what_the_matrix_says(slug: str) -> None:
    assert set(cast.person(slug).held) - {"*"} == MAY[slug]


@pytest.mark.django_db
@pytest.mark.parametrize("slug", MAY)
def test_each_role_opens_its_own_door_and_no_other(slug: str) -> None:
    client = cast.sign_in(Client(), cast.person(slug))
    answer = client.get("/")
    if HOME[slug]:
        assert answer.headers["Location"] == HOME[slug]
    else:
        assert answer.status_code == 403
    opens = {door for door in (STAFF, PORTAL) if client.get(door).status_code in {200, 302}}
    wanted = {HOME[slug]} - {""}
    # Who leads compliance may look at what the auditors see.
    if Capability.OPEN_PORTAL in MAY[slug]:
        wanted |= {PORTAL}
    assert opens == wanted


@pytest.mark.parametrize("other", ["reviewer", "auditor"])
def test_a_merchant_holds_no_other_role(
    journal: Journal, root: User, charlie: User, other: str
) -> None:
    cast.all_roles()
    roles.grant(charlie, role="merchant", by=root)
    with pytest.raises(RoleError, match="holds no other role"):
        roles.grant(charlie, role=other, by=root)
    assert Role.objects.filter(people=charlie).count() == 1
    engineer = cast.person("engineer")
    with pytest.raises(RoleError, match="A merchant holds no other role"):
        roles.grant(engineer, role="merchant", by=root)
