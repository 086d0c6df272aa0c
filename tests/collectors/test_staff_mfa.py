"""Second factors of this installation, from its own tables."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator

from accounts.models import User
from collectors.models import Run
from collectors.run import perform
from evidence.models import CheckResult
from tests import cast
from tests.collectors import world
from tests.collectors.asking import ask
from tests.evidence import items

pytestmark = pytest.mark.django_db


def give(user: User, kind: str) -> None:
    Authenticator.objects.create(user=user, type=kind, data={})


def test_every_account_is_a_row_with_its_factors(
    tmp_path: Path, alice: User, bob: User, charlie: User
) -> None:
    cast.enrol(alice)
    give(bob, Authenticator.Type.WEBAUTHN)
    give(charlie, Authenticator.Type.RECOVERY_CODES)
    charlie.is_active = False
    charlie.last_login = datetime(2026, 10, 1, tzinfo=UTC)
    charlie.save()
    told = ask("staff_mfa", tmp_path)
    by_mail = {row["email"]: row for row in told.rows}
    assert by_mail[alice.email] == {
        "user_id": alice.pk,
        "email": alice.email,
        "full_name": "Alice Lindqvist",
        "active": True,
        "staff": True,
        "roles": "compliance-lead",
        "mfa_totp": True,
        "mfa_passkey": False,
        "mfa_enabled": True,
        "last_sign_in": None,
    }
    passkey = by_mail[bob.email]
    assert (passkey["mfa_totp"], passkey["mfa_passkey"], passkey["mfa_enabled"]) == (
        False,
        True,
        True,
    )
    left = by_mail[charlie.email]
    # Recovery codes alone are no second factor.
    assert (left["active"], left["staff"], left["mfa_enabled"]) == (False, False, False)
    assert left["last_sign_in"] == datetime(2026, 10, 1, tzinfo=UTC)


def test_the_count_of_the_database_proves_completeness(
    tmp_path: Path, alice: User, bob: User
) -> None:
    told = ask("staff_mfa", tmp_path)
    assert told.trail.source_count == len(told.rows) == 2
    assert [row["user_id"] for row in told.rows] == sorted([alice.pk, bob.pk])


def test_several_roles_are_listed(tmp_path: Path) -> None:
    cast.person("engineer", "reviewer")
    assert ask("staff_mfa", tmp_path).rows[0]["roles"] == "engineer; reviewer"


def test_a_staff_user_without_a_second_factor_is_found(alice: User, bob: User) -> None:
    expectation = items.expectation(collector="staff_mfa")
    items.check(
        expectation,
        "SELECT email FROM population WHERE active AND staff AND NOT mfa_enabled",
    )
    source = world.source("staff_mfa", expectations=[expectation])
    run = perform(source, period=None, key="one")
    assert run.state == Run.State.COMPLETE
    result = CheckResult.objects.get()
    assert result.exceptions["rows"] == [[alice.email]]
    cast.enrol(alice)
    run = perform(source, period=None, key="two")
    assert run.evidence
    assert run.evidence.check_results.get().state == CheckResult.State.PASSED
