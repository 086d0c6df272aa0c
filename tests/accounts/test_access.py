"""Access: capabilities come from roles, and from nothing else."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from tests import cast


def test_an_administrator_may_do_everything(root: User) -> None:
    assert all(can(root, capability) for capability in Capability)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("compliance-lead", Capability.REVIEW_EVIDENCE, None),
        ("control-owner", Capability.SUBMIT_EVIDENCE, Capability.REVIEW_EVIDENCE),
        ("reviewer", Capability.REVIEW_EVIDENCE, Capability.SUBMIT_EVIDENCE),
        ("engineer", Capability.RUN_COLLECTOR, Capability.REVIEW_EVIDENCE),
        ("executive", Capability.VIEW, Capability.SUBMIT_EVIDENCE),
        ("auditor", Capability.OPEN_PORTAL, Capability.VIEW),
    ],
)
def test_a_role_gives_its_capabilities_and_no_others(
    role: str, may: Capability, may_not: Capability | None
) -> None:
    person = cast.person(role)
    assert can(person, may)
    assert may_not is None or not can(person, may_not)


def test_an_outsider_and_nobody_may_do_nothing(charlie: User) -> None:
    for capability in Capability:
        assert not can(charlie, capability)
        assert not can(AnonymousUser(), capability)


def test_an_inactive_administrator_may_do_nothing(root: User) -> None:
    root.is_active = False
    root.save()
    fresh = User.objects.get(pk=root.pk)
    assert not any(can(fresh, capability) for capability in Capability)
    assert fresh.held == frozenset()
    assert not fresh.has_module_perms("evidence")


def test_being_marked_inactive_counts_at_once_in_the_same_object(root: User) -> None:
    assert can(root, Capability.VIEW)
    root.is_active = False
    assert not can(root, Capability.VIEW)


@pytest.mark.django_db
def test_capabilities_of_two_roles_add_up() -> None:
    person = cast.person("reviewer", "engineer")
    assert person.held == {
        Capability.VIEW,
        Capability.WRITE_REPORTS,
        Capability.REVIEW_EVIDENCE,
        Capability.RELEASE_QUARANTINED,
        Capability.REDACT_QUARANTINED,
        Capability.MANAGE_CAMPAIGNS,
        Capability.SUBMIT_EVIDENCE,
        Capability.MANAGE_SOURCES,
        Capability.RUN_COLLECTOR,
        Capability.RUN_RECONCILIATIONS,
        Capability.SIGN_RECONCILIATIONS,
        Capability.MANAGE_REGISTERS,
        Capability.VIEW_JOBS,
    }


def test_an_actor_is_named_by_number_only(alice: User) -> None:
    assert actor(alice) == f"user:{alice.pk}"


def test_django_asks_the_same_roles(alice: User, bob: User) -> None:
    assert alice.has_perm("evidence.review")
    assert alice.has_perms(["evidence.review", "sources.run"])
    assert alice.has_module_perms("evidence")
    assert not bob.has_perm("evidence.review")
    assert not bob.has_perms(["portal.open", "evidence.review"])
    assert not bob.has_module_perms("evidence")


def test_no_permission_of_djangos_own_kind_is_ever_held(root: User) -> None:
    assert not root.has_perm("accounts.delete_user")


def test_asking_many_times_costs_one_query(
    alice: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    fresh = User.objects.get(pk=alice.pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert all(can(fresh, Capability.VIEW) for _ in range(20))
