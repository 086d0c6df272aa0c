"""API tokens in the staff door: issued with the secret shown once, revoked with a reason."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.errors import TokenError
from accounts.models import ApiToken, User
from accounts.tokens import Scope
from compliance.staff import words as said
from compliance.staff.tokens import SCOPE_WORDS
from tests import cast
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

LIST = "accounts_apitoken_changelist"
ISSUE = "token_issue"
REVOKE = "token_revoke"


def filled(owner: User, /, **changes: Any) -> dict[str, Any]:
    return {
        "owner": owner.pk,
        "environment": "production",
        "purpose": "Nightly export",
        "scopes": ["evidence:read"],
        "expires_on": (said.today() + timedelta(days=30)).isoformat(),
        "rotate_after_days": "90",
        **changes,
    }


def issued(owner: User, by: User, **changes: Any) -> ApiToken:
    wanted: dict[str, Any] = {
        "purpose": "Nightly export",
        "scopes": ["evidence:read"],
        "environment": "production",
        "expires_at": timezone.now() + timedelta(days=30),
        **changes,
    }
    return tokens.issue(owner, issued_by=by, **wanted)[0]


def test_an_empty_list_says_so(alices: Desk) -> None:
    assert "No token was issued yet A token lets one program in" in alices.text(LIST)


def test_a_secret_is_shown_once_and_works(alices: Desk) -> None:
    answer = alices.post(ISSUE, **filled(alices.user, scopes=["evidence:read", "runs:read"]))
    secret = answer.context["secret"]
    assert secret.startswith("cs_p_")
    assert "no-store" in answer["Cache-Control"]
    token = ApiToken.objects.get()
    assert tokens.authenticate(secret) == token
    assert token.scopes == ["evidence:read", "runs:read"]
    assert token.expires_at.date() == said.today() + timedelta(days=30)
    assert 'data-copy="secret"' in answer.content.decode()
    for page in (alices.get(LIST), alices.get(ISSUE)):
        assert secret not in page.content.decode()


def test_a_token_lives_to_the_end_of_its_last_day(alices: Desk, settings: Any) -> None:
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    today = said.today()
    alices.post(ISSUE, **filled(alices.user, expires_on=(today + timedelta(days=1)).isoformat()))
    local = ApiToken.objects.get().expires_at.astimezone(said.zone())
    assert (local.date(), local.hour, local.minute) == (today + timedelta(days=1), 23, 59)


@pytest.mark.parametrize(
    ("changes", "told_words"),
    [
        ({"purpose": ""}, "This field is required."),
        ({"purpose": "  "}, "This field is required."),
        ({"scopes": []}, "This field is required."),
        ({"scopes": ["everything"]}, "Select a valid choice."),
        ({"expires_on": "2020-01-01"}, "A token ends in the future"),
        ({"expires_on": "2039-01-01"}, "at most one year ahead"),
        ({"expires_on": "soon"}, "Enter a valid date."),
        ({"environment": "moon"}, "Select a valid choice."),
        ({"rotate_after_days": "0"}, "greater than or equal to 1"),
        ({"owner": "999"}, "Select a valid choice."),
    ],
)
def test_bad_input_is_told_and_no_token_is_made(
    alices: Desk, changes: dict[str, Any], told_words: str
) -> None:
    answer = alices.post(ISSUE, **filled(alices.user, **changes))
    assert answer.status_code == 200
    assert told_words in words(answer)
    assert not ApiToken.objects.exists()


def test_a_token_never_reaches_further_than_its_owner(alices: Desk) -> None:
    executive = cast.person("executive", full_name="Eva")
    answer = alices.post(ISSUE, **filled(executive, scopes=["evidence:write"]))
    assert "Eva may not do what the scope evidence:write allows." in words(answer)


def test_tokens_are_listed_with_what_an_auditor_asks(alices: Desk) -> None:
    token = issued(alices.user, alices.user)
    text = alices.text(LIST)
    assert f"Nightly export begins with {token.prefix} Alice Lindqvist evidence:read" in text
    assert "Active" in text
    assert "Revoke…" in text
    with at_most(12):
        alices.get(LIST)


def test_tokens_are_filtered_by_state(alices: Desk) -> None:
    active = issued(alices.user, alices.user, purpose="active")
    old = issued(alices.user, alices.user, purpose="old")
    gone = issued(alices.user, alices.user, purpose="gone")
    ApiToken.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    tokens.revoke(gone, by=alices.user, reason="Replaced")
    for state, wanted in (("active", active), ("expired", old), ("revoked", gone)):
        found = alices.get(LIST, state=state).context["cl"].result_list
        assert [row.pk for row in found] == [wanted.pk]


def test_revoking_needs_a_reason_and_holds_at_once(alices: Desk) -> None:
    answer = alices.post(ISSUE, **filled(alices.user))
    secret, token = answer.context["secret"], ApiToken.objects.get()
    assert "This takes effect at once and for good." in alices.text(REVOKE, token.pk)
    refused = alices.post(REVOKE, token.pk, reason=" ")
    assert "This field is required." in words(refused)
    assert tokens.authenticate(secret) == token
    done = alices.post(REVOKE, token.pk, reason="Leaked into a log", follow=True)
    assert "The token is revoked." in told(done)
    assert "Leaked into a log" in words(done)
    with pytest.raises(TokenError):
        tokens.authenticate(secret)


def test_a_token_is_revoked_once(alices: Desk) -> None:
    token = issued(alices.user, alices.user)
    tokens.revoke(token, by=alices.user, reason="First")
    answer = alices.post(REVOKE, token.pk, reason="Second", follow=True)
    assert "revoked before" in told(answer)
    token.refresh_from_db()
    assert token.revoked_reason == "First"


def test_every_scope_has_words() -> None:
    assert set(SCOPE_WORDS) == set(Scope)


def test_who_does_not_manage_tokens_is_refused(db: None) -> None:
    engineer = desk.at(cast.person("engineer"))
    for name in (LIST, ISSUE):
        assert engineer.get(name).status_code == 403
    assert engineer.post(ISSUE, **filled(engineer.user)).status_code == 403
    assert not ApiToken.objects.exists()


def test_a_token_that_is_not_there_is_not_found(alices: Desk) -> None:
    assert alices.get(REVOKE, 999).status_code == 404


def test_strangers_are_refused(strangers: tuple[User, ...], root: User) -> None:
    token = issued(root, root)
    desk.assert_refused(LIST, strangers=strangers)
    desk.assert_refused(ISSUE, strangers=strangers)
    desk.assert_refused(REVOKE, token.pk, strangers=strangers)
    token.refresh_from_db()
    assert token.revoked_at is None
