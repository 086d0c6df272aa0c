"""API tokens of this installation, from its own tables."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, User
from collectors.models import Run
from collectors.run import perform
from evidence import store
from tests.collectors import world
from tests.collectors.asking import NOW, ask

pytestmark = pytest.mark.django_db


def issue(owner: User, root: User, *, scopes: list[str]) -> tuple[ApiToken, str]:
    return tokens.issue(
        owner,
        purpose="Nightly push",
        scopes=scopes,
        environment="production",
        expires_at=timezone.now() + timedelta(days=30),
        issued_by=root,
    )


def test_every_token_is_a_row(tmp_path: Path, alice: User, root: User) -> None:
    token, secret = issue(alice, root, scopes=["runs:read", "controls:read"])
    tokens.authenticate(secret)
    token.refresh_from_db()
    (row,) = ask("api_tokens", tmp_path).rows
    assert row == {
        "token_id": token.pk,
        "prefix": token.prefix,
        "owner": alice.email,
        "purpose": "Nightly push",
        "scopes": "controls:read runs:read",
        "environment": "production",
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
        "revoked_at": None,
        "rotate_after_days": 90,
        "collected_at": NOW,
    }
    assert token.last_used_at is not None


def test_revoked_tokens_stay_in_the_population(tmp_path: Path, alice: User, root: User) -> None:
    token, _ = issue(alice, root, scopes=["*"])
    issue(alice, root, scopes=["runs:read"])
    tokens.revoke(token, by=root, reason="leaked")
    told = ask("api_tokens", tmp_path)
    assert [row["revoked_at"] is None for row in told.rows] == [False, True]
    assert told.trail.source_count == 2


def test_no_tokens_are_an_empty_population_by_fact() -> None:
    run = perform(world.source("api_tokens"), period=None, key="one")
    assert (run.state, run.rows) == (Run.State.EMPTY, 0)


def test_no_secret_leaves_the_house(alice: User, root: User) -> None:
    token, secret = issue(alice, root, scopes=["runs:read"])
    run = perform(world.source("api_tokens"), period=None, key="one")
    assert run.evidence
    content = b"".join(store.stream(run.evidence.blob_id)).decode()
    assert token.prefix in content
    assert secret not in content
    assert token.fingerprint not in content
