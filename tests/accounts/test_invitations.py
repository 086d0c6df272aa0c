"""Invitations: one person, one use, a short time; and the way in of the first administrator."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password
from django.db import connections
from django.utils import timezone

from accounts import invitations
from accounts.access import can
from accounts.capabilities import Capability
from accounts.errors import InvitationError, RoleError
from accounts.models import Invitation, User
from tests import cast
from tests.cast import PASSWORD, Journal
from tests.installation import PATIENCE_SECONDS

pytestmark = pytest.mark.usefixtures("journal")


def invite(by: User | None, **wishes: Any) -> tuple[Invitation, str]:
    return invitations.invite(
        **{
            "role": "reviewer",
            "email": "new@example.org",
            "invited_by": by,
            "valid_for": timedelta(days=7),
            **wishes,
        }
    )


def accept(secret: str, **answers: str) -> User:
    return invitations.accept(
        secret,
        **{"email": "new@example.org", "full_name": "New Person", "password": PASSWORD, **answers},
    )


def test_an_invited_person_gets_the_role_and_the_password(alice: User, journal: Journal) -> None:
    invitation, secret = invite(alice)
    user = accept(secret)
    fresh = User.objects.get(pk=user.pk)
    assert (fresh.email, fresh.full_name) == ("new@example.org", "New Person")
    assert check_password(PASSWORD, fresh.password)
    assert fresh.is_staff
    assert can(fresh, Capability.REVIEW_EVIDENCE)
    assert fresh.grants.get().granted_by == alice
    invitation.refresh_from_db()
    assert invitation.accepted_by == fresh
    assert journal.kinds() == ["invitation.sent", "invitation.accepted"]
    assert journal.last.body == {"role": "reviewer", "person": f"user:{user.pk}"}
    assert "example.org" not in str(journal.leaves)


def test_an_invited_auditor_is_not_staff(alice: User) -> None:
    _, secret = invite(alice, role="auditor")
    assert not accept(secret).is_staff


def test_the_secret_is_stored_nowhere(alice: User, journal: Journal) -> None:
    _, secret = invite(alice)
    assert len(secret) == 43
    row = Invitation.objects.values_list()[0]
    assert secret not in str(row)
    assert secret not in str(journal.leaves)


def test_a_named_address_wins_over_the_typed_one(alice: User) -> None:
    _, secret = invite(alice, email=" New@Example.ORG ")
    assert accept(secret, email="other@example.org").email == "new@example.org"


def test_without_a_named_address_the_person_types_one(alice: User) -> None:
    _, secret = invite(alice, email="")
    assert accept(secret, email="Typed@Example.org").email == "typed@example.org"


@pytest.mark.parametrize(("named", "proven"), [("new@example.org", True), ("", False)])
def test_only_an_address_that_the_inviter_named_counts_as_proven(
    alice: User, named: str, proven: bool
) -> None:
    _, secret = invite(alice, email=named)
    address = EmailAddress.objects.get(user=accept(secret))
    assert (address.email, address.primary, address.verified) == ("new@example.org", True, proven)


def test_it_works_once(alice: User) -> None:
    _, secret = invite(alice, email="")
    accept(secret)
    with pytest.raises(InvitationError, match="used already"):
        accept(secret, email="second@example.org")
    with pytest.raises(InvitationError, match="used already"):
        invitations.find(secret)
    assert not User.objects.filter(email="second@example.org").exists()


def test_it_works_until_it_expires(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    invitation, secret = invite(alice)
    end = invitation.expires_at
    monkeypatch.setattr(timezone, "now", lambda: end - timedelta(microseconds=1))
    assert invitations.find(secret) == invitation
    monkeypatch.setattr(timezone, "now", lambda: end)
    for attempt in (invitations.find, accept):
        with pytest.raises(InvitationError, match="expired"):
            attempt(secret)


@pytest.mark.django_db
@pytest.mark.parametrize("secret", ["", "nonsense", "A" * 43, "\x00", "é"])
def test_an_unknown_secret_is_refused(secret: str) -> None:
    with pytest.raises(InvitationError, match="not known here"):
        invitations.find(secret)


def test_a_withdrawn_one_is_refused(alice: User, journal: Journal) -> None:
    invitation, secret = invite(alice)
    invitations.withdraw(invitation, by=alice)
    assert journal.kinds() == ["invitation.sent", "invitation.withdrawn"]
    with pytest.raises(InvitationError, match="replaced by a newer one, or withdrawn"):
        accept(secret)
    with pytest.raises(InvitationError, match="used or withdrawn before"):
        invitations.withdraw(invitation, by=alice)


def test_withdrawing_is_for_who_may_invite(alice: User, bob: User, charlie: User) -> None:
    invitation, secret = invite(alice)
    for stranger in (bob, charlie):
        with pytest.raises(RoleError, match="may not manage people"):
            invitations.withdraw(invitation, by=stranger)
    assert invitations.find(secret) == invitation


@pytest.mark.parametrize("name", ["bob", "charlie"])
def test_who_does_not_manage_people_invites_nobody(
    name: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(RoleError, match="may not manage people"):
        invite(request.getfixturevalue(name))
    assert not Invitation.objects.exists()


def test_nobody_invites_to_more_than_they_hold(alice: User) -> None:
    with pytest.raises(RoleError, match="may do more than"):
        invite(alice, role="administrator")


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"valid_for": timedelta(0)}, "up to 30 days"),
        ({"valid_for": timedelta(days=31)}, "up to 30 days"),
        ({"email": "no address"}, "not an e-mail address"),
        ({"email": "alice@example.org"}, "has an account already"),
    ],
)
def test_it_refuses_senseless_wishes(alice: User, wish: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvitationError, match=complaint):
        invite(alice, **wish)
    assert not Invitation.objects.exists()


def test_it_refuses_a_role_that_does_not_exist(alice: User) -> None:
    with pytest.raises(RoleError, match="no role 'king'"):
        invite(alice, role="king")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ({"email": "no address"}, "not an e-mail address"),
        ({"email": "alice@example.org"}, "has an account already"),
        ({"full_name": " "}, "Give your name"),
        ({"password": "short"}, "too short"),
        ({"password": "new@example.org"}, "too similar"),
        ({"password": "password1234"}, "too common"),
    ],
)
def test_a_wrong_answer_leaves_the_invitation_open(
    alice: User, answer: dict[str, str], complaint: str, journal: Journal
) -> None:
    _, secret = invite(alice, email="")
    with pytest.raises(InvitationError, match=complaint):
        accept(secret, **answer)
    assert invitations.find(secret).used_at is None
    assert journal.kinds() == ["invitation.sent"]
    assert accept(secret).email == "new@example.org"


# --- The first administrator -------------------------------------------------------------------
def invite_first(**wishes: Any) -> tuple[Invitation, str]:
    return invite(None, **{"role": "administrator", "email": "", **wishes})


@pytest.fixture
def empty_house(db: None) -> None:
    cast.all_roles()


def test_the_first_administrator_may_do_everything(empty_house: None, journal: Journal) -> None:
    _, secret = invite_first()
    user = accept(secret)
    assert user.is_staff
    assert all(can(user, capability) for capability in Capability)
    assert [leaf.actor for leaf in journal.leaves] == ["system", f"user:{user.pk}"]


def test_a_newer_first_invitation_ends_the_older_ones(empty_house: None) -> None:
    _, older = invite_first()
    _, newer = invite_first()
    with pytest.raises(InvitationError, match="replaced by a newer one"):
        accept(older)
    assert accept(newer).is_staff


def test_a_newer_first_invitation_leaves_those_of_people_alone(
    empty_house: None, alice: User
) -> None:
    invitation, of_alice = invite(alice)
    invite_first()
    assert invitations.find(of_alice) == invitation


def test_there_is_no_first_invitation_while_there_is_an_administrator(root: User) -> None:
    with pytest.raises(InvitationError, match="is an administrator already"):
        invite_first()


def test_an_open_first_invitation_ends_with_the_first_administrator(empty_house: None) -> None:
    _, secret = invite_first()
    cast.person("administrator")
    with pytest.raises(InvitationError, match="is an administrator already"):
        accept(secret)
    assert User.objects.count() == 1


def test_an_inactive_administrator_does_not_lock_the_house(root: User) -> None:
    User.objects.filter(pk=root.pk).update(is_active=False)
    assert invite_first()[0].role.slug == "administrator"


def test_the_installation_itself_invites_to_no_other_role(empty_house: None) -> None:
    with pytest.raises(InvitationError, match="Only the first administrator"):
        invite_first(role="auditor")


# --- Two at once -------------------------------------------------------------------------------
def race(*attempts: Callable[[], object]) -> list[object]:
    """Run the attempts at the same moment, each on its own connection; return their results."""
    gate = threading.Barrier(len(attempts), timeout=PATIENCE_SECONDS)
    results: list[object] = []

    def run(attempt: Callable[[], object]) -> None:
        gate.wait(timeout=PATIENCE_SECONDS)
        try:
            results.append(attempt())
        except InvitationError as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    return results


@pytest.mark.django_db(transaction=True)
def test_of_many_attempts_at_once_exactly_one_succeeds() -> None:
    _, secret = invite(cast.person("compliance-lead"), email="")
    before = User.objects.count()
    results = race(
        *(partial(accept, secret, email=f"racer{number}@example.org") for number in range(6))
    )
    assert sorted(type(result).__name__ for result in results) == ["InvitationError"] * 5 + ["User"]
    assert User.objects.count() == before + 1
