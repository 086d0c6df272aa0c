"""API tokens: a secret shown once, checked at each use, ended for good."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.errors import ScopeError, TokenError
from accounts.models import ApiToken, RoleGrant, User
from accounts.tokens import Scope
from tests import cast
from tests.cast import Journal

pytestmark = pytest.mark.usefixtures("journal")


def issue(owner: User, by: User, **wishes: Any) -> tuple[ApiToken, str]:
    return tokens.issue(
        owner,
        **{
            "purpose": "nightly push",
            "scopes": [Scope.READ_EVIDENCE, Scope.WRITE_EVIDENCE],
            "environment": "production",
            "expires_at": timezone.now() + timedelta(days=90),
            "issued_by": by,
            **wishes,
        },
    )


def test_the_secret_says_whose_it_is_and_is_stored_nowhere(alice: User, journal: Journal) -> None:
    token, secret = issue(alice, alice)
    assert secret.startswith("cs_p_")
    random = secret.removeprefix("cs_p_")
    assert len(random) == 43  # 256 bits in URL-safe base 64
    token.refresh_from_db()
    assert token.prefix == random[:8]
    assert token.fingerprint == sha256(secret.encode()).hexdigest()
    row = ApiToken.objects.filter(pk=token.pk).values_list()[0]
    assert not any(random[8:] in str(value) for value in row)
    assert not any(random[:8] in str(leaf) for leaf in journal.leaves)


def test_a_token_of_the_test_environment_is_told_apart_by_its_letter(alice: User) -> None:
    assert issue(alice, alice, environment="test")[1].startswith("cs_t_")


def test_two_secrets_are_never_the_same(alice: User) -> None:
    assert issue(alice, alice)[1] != issue(alice, alice)[1]


def test_issuing_leaves_a_leaf_without_words_of_people(
    alice: User, root: User, journal: Journal
) -> None:
    token, _ = issue(alice, root, purpose="for Jane Doe")
    leaf = journal.last
    assert (leaf.kind, leaf.subject) == ("token.issued", f"token:{token.pk}")
    assert leaf.actor == f"user:{root.pk}"
    assert leaf.body["owner"] == f"user:{alice.pk}"
    assert leaf.body["scopes"] == ["evidence:read", "evidence:write"]
    assert "Jane" not in str(leaf)


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"purpose": " "}, "what the token is for"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": ["evidence:eat"]}, "no scope 'evidence:eat'"),
        ({"environment": "staging"}, "neither production nor test"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "ends in the future"),
        ({"expires_at": timezone.now() + timedelta(days=400)}, "at most one year"),
    ],
)
def test_it_refuses_senseless_wishes(
    alice: User, journal: Journal, wish: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(TokenError, match=complaint):
        issue(alice, alice, **wish)
    assert not ApiToken.objects.exists()
    assert journal.leaves == []


def test_only_who_manages_tokens_issues_them(alice: User, bob: User, charlie: User) -> None:
    for stranger in (bob, charlie, cast.person("engineer")):
        with pytest.raises(TokenError, match="may not issue tokens"):
            issue(alice, stranger)


def test_nobody_gets_a_token_for_more_than_they_may(alice: User, bob: User) -> None:
    executive = cast.person("executive")
    with pytest.raises(TokenError, match="may not do what the scope evidence:write"):
        issue(executive, alice)
    with pytest.raises(TokenError, match="may not do what the scope evidence:read"):
        issue(bob, alice, scopes=[Scope.READ_EVIDENCE])
    assert issue(executive, alice, scopes=[Scope.READ_EVIDENCE])


def test_the_wildcard_can_be_issued_so_that_a_check_can_find_it(alice: User) -> None:
    token, _ = issue(alice, alice, scopes=["*"])
    tokens.require(token, Scope.WRITE_EVIDENCE)


def test_authenticate_finds_the_token_and_notes_its_use(alice: User) -> None:
    token, secret = issue(alice, alice)
    before = timezone.now()
    found = tokens.authenticate(secret)
    assert (found, found.owner) == (token, alice)
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at >= before


def test_a_use_is_noted_at_most_once_a_minute(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token, secret = issue(alice, alice)
    start = timezone.now()

    def use(seconds: int) -> datetime | None:
        monkeypatch.setattr(timezone, "now", lambda: start + timedelta(seconds=seconds))
        tokens.authenticate(secret)
        token.refresh_from_db()
        return token.last_used_at

    assert use(0) == start
    assert use(59) == start
    assert use(60) == start + timedelta(seconds=60)


def test_an_unnoted_use_writes_nothing(
    alice: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    _, secret = issue(alice, alice)
    tokens.authenticate(secret)
    with django_assert_num_queries(1):  # type: ignore[operator]
        tokens.authenticate(secret)


def refusal(secret: str) -> TokenError:
    with pytest.raises(TokenError) as caught:
        tokens.authenticate(secret)
    return caught.value


def test_every_refusal_sounds_the_same_outside_and_is_told_apart_inside(
    alice: User, root: User
) -> None:
    revoked, revoked_secret = issue(alice, alice)
    tokens.revoke(revoked, by=alice, reason="leaked")
    expired, expired_secret = issue(alice, alice)
    ApiToken.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    lead = cast.person("compliance-lead")
    _, orphaned = issue(lead, root)
    User.objects.filter(pk=lead.pk).update(is_active=False)
    live = issue(alice, alice)[1]

    refusals = {
        "revoked": refusal(revoked_secret),
        "expired": refusal(expired_secret),
        "owner inactive": refusal(orphaned),
        "unknown": refusal("cs_p_" + "A" * 43),
    }
    assert {reason: error.reason for reason, error in refusals.items()} == {
        reason: reason for reason in refusals
    }
    assert {str(error) for error in refusals.values()} == {str(TokenError())}
    assert tokens.authenticate(live).owner == alice


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "cs",
        "cs_p_",
        "{secret:.47}",
        "{secret}A",
        "{secret:.13}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        " {secret}",
        "{secret}\x00",
        "éééééééééééééééééééééééé",
    ],
)
def test_a_damaged_secret_is_unknown(alice: User, damage: str) -> None:
    _, secret = issue(alice, alice)
    assert refusal(damage.format(secret=secret)).reason == "unknown"


def test_neither_the_environment_nor_the_mark_of_a_secret_can_be_swapped(alice: User) -> None:
    _, secret = issue(alice, alice)
    assert refusal(secret.replace("cs_p_", "cs_t_")).reason == "unknown"
    assert refusal(secret.replace("cs_p_", "xx_p_")).reason == "unknown"


def test_a_refused_token_is_not_noted_as_used(alice: User) -> None:
    token, secret = issue(alice, alice)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    refusal(secret)
    token.refresh_from_db()
    assert token.last_used_at is None


def test_require_asks_for_exactly_the_scope(alice: User) -> None:
    token, _ = issue(alice, alice, scopes=[Scope.READ_EVIDENCE])
    tokens.require(token, Scope.READ_EVIDENCE)
    for other in (Scope.WRITE_EVIDENCE, Scope.READ_CONTROLS, Scope.READ_RUNS):
        with pytest.raises(ScopeError, match=f"lacks the scope {other}"):
            tokens.require(token, other)


def test_a_token_shrinks_with_its_owner(alice: User) -> None:
    _, secret = issue(alice, alice)
    RoleGrant.objects.filter(user=alice).delete()
    alice.forget_held()
    found = tokens.authenticate(secret)
    for scope in (Scope.READ_EVIDENCE, Scope.WRITE_EVIDENCE):
        with pytest.raises(ScopeError, match="may no longer use"):
            tokens.require(found, scope)


def test_revoking_ends_it_for_good_with_a_leaf(alice: User, journal: Journal) -> None:
    token, secret = issue(alice, alice)
    tokens.revoke(token, by=alice, reason="leaked by Jane")
    assert refusal(secret).reason == "revoked"
    token.refresh_from_db()
    assert token.revoked_reason == "leaked by Jane"
    leaf = journal.last
    assert (leaf.kind, leaf.subject, leaf.actor) == (
        "token.revoked",
        f"token:{token.pk}",
        f"user:{alice.pk}",
    )
    assert leaf.body["reason_sha256"] == sha256(b"leaked by Jane").hexdigest()
    with pytest.raises(TokenError, match="revoked before"):
        tokens.revoke(token, by=alice, reason="again")
    assert journal.kinds() == ["token.issued", "token.revoked"]


def test_revoking_needs_a_reason(alice: User) -> None:
    token, secret = issue(alice, alice)
    with pytest.raises(TokenError, match="Say why"):
        tokens.revoke(token, by=alice, reason=" ")
    assert tokens.authenticate(secret) == token


def test_the_owner_and_who_manages_tokens_may_revoke_and_nobody_else(
    alice: User, charlie: User, bob: User
) -> None:
    engineer = cast.person("engineer")
    token, _ = issue(engineer, alice)
    for stranger in (bob, charlie, cast.person("reviewer")):
        with pytest.raises(TokenError, match="another person"):
            tokens.revoke(token, by=stranger, reason="spite")
    tokens.revoke(token, by=engineer, reason="rotated")


def test_a_token_names_itself_without_its_secret(alice: User) -> None:
    token, secret = issue(alice, alice)
    assert str(token) == f"{token.prefix}… (nightly push)"
    assert secret not in str(token)
