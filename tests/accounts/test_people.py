"""People: access ends at once and everywhere, and never for the last administrator."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from accounts import factors, people, tokens
from accounts.access import can
from accounts.capabilities import Capability
from accounts.errors import PersonError, RoleError, TokenError
from accounts.models import User
from tests import cast
from tests.cast import Journal

pytestmark = pytest.mark.usefixtures("journal")


def deeds(user: User, *, by: User) -> list[Callable[[], None]]:
    """Everything that people may do to somebody's account."""
    return [
        partial(people.deactivate, user, by=by, reason="spite"),
        partial(people.activate, user, by=by),
        partial(people.reset_second_factor, user, by=by, reason="spite"),
    ]


def test_deactivating_ends_access_and_tokens_with_a_leaf_each(
    alice: User, root: User, journal: Journal
) -> None:
    token, secret = tokens.issue(
        alice,
        purpose="push",
        scopes=["evidence:read"],
        environment="test",
        expires_at=timezone.now() + timedelta(days=1),
        issued_by=root,
    )
    people.deactivate(alice, by=root, reason="left the firm")
    fresh = User.objects.get(pk=alice.pk)
    assert (fresh.is_active, fresh.inactive_reason) == (False, "left the firm")
    assert not can(fresh, Capability.VIEW)
    token.refresh_from_db()
    assert token.revoked_at is not None
    with pytest.raises(TokenError):
        tokens.authenticate(secret)
    assert journal.kinds() == ["token.issued", "token.revoked", "person.deactivated"]
    assert journal.last.subject == f"user:{alice.pk}"
    assert "left" not in str(journal.last.body)


def test_deactivating_needs_a_reason_and_happens_once(alice: User, root: User) -> None:
    with pytest.raises(PersonError, match="Say why"):
        people.deactivate(alice, by=root, reason="")
    people.deactivate(alice, by=root, reason="left")
    with pytest.raises(PersonError, match="not active already"):
        people.deactivate(alice, by=root, reason="left again")


def test_nobody_acts_on_themself(root: User) -> None:
    cast.person("administrator")
    for deed in deeds(root, by=root):
        with pytest.raises(PersonError, match="to themself"):
            deed()


@pytest.mark.parametrize("name", ["bob", "charlie"])
def test_who_does_not_manage_people_is_refused(
    alice: User, name: str, request: pytest.FixtureRequest, journal: Journal
) -> None:
    stranger = request.getfixturevalue(name)
    cast.enrol(alice)
    for deed in deeds(alice, by=stranger):
        with pytest.raises(PersonError, match="may not manage people"):
            deed()
    assert journal.leaves == []
    assert factors.has_second_factor(alice)


def test_a_lead_does_nothing_to_an_administrator(alice: User, root: User) -> None:
    cast.enrol(root)
    with pytest.raises(PersonError, match="may do more than"):
        people.deactivate(root, by=alice, reason="coup")
    with pytest.raises(PersonError, match="may do more than"):
        people.reset_second_factor(root, by=alice, reason="coup")


def test_the_last_administrator_cannot_be_deactivated_even_by_a_stale_page(root: User) -> None:
    # `other` stands for an administrator whose role was withdrawn after the page was loaded.
    other = cast.person("administrator")
    assert can(other, Capability.MANAGE_PEOPLE)
    other.grants.all().delete()
    with pytest.raises(RoleError, match="last administrator"):
        people.deactivate(root, by=other, reason="coup")
    assert User.objects.get(pk=root.pk).is_active


def test_activating_brings_the_roles_back_and_no_token(
    alice: User, root: User, journal: Journal
) -> None:
    people.deactivate(alice, by=root, reason="leave")
    people.activate(alice, by=root)
    fresh = User.objects.get(pk=alice.pk)
    assert can(fresh, Capability.REVIEW_EVIDENCE)
    assert fresh.inactive_reason == ""
    assert journal.last.kind == "person.activated"
    with pytest.raises(PersonError, match="active already"):
        people.activate(alice, by=root)


def test_resetting_forgets_every_factor_with_a_leaf(
    alice: User, root: User, journal: Journal
) -> None:
    cast.enrol(alice)
    people.reset_second_factor(alice, by=root, reason="phone lost")
    assert not Authenticator.objects.filter(user=alice).exists()
    assert journal.last.kind == "person.factors_reset"
    assert journal.last.body["forgotten"] == ["totp"]
    with pytest.raises(PersonError, match="no second factor"):
        people.reset_second_factor(alice, by=root, reason="again")


def test_resetting_needs_a_reason(alice: User, root: User) -> None:
    cast.enrol(alice)
    with pytest.raises(PersonError, match="Say why"):
        people.reset_second_factor(alice, by=root, reason="  ")
    assert factors.has_second_factor(alice)


def test_sessions_end_with_a_reset_and_with_a_deactivation(
    alice: User, root: User, client: Client
) -> None:
    def signed_in() -> bool:
        return "_auth_user_id" in client.session and client.get("/").url == "/admin/"  # type: ignore[attr-defined]

    cast.sign_in(client, alice)
    assert signed_in()
    people.reset_second_factor(alice, by=root, reason="phone lost")
    cast.enrol(alice)
    assert not signed_in()
    cast.sign_in(client, User.objects.get(pk=alice.pk))
    assert signed_in()
    people.deactivate(alice, by=root, reason="leave")
    people.activate(alice, by=root)
    assert not signed_in()
