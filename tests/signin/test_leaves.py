"""What the way in leaves in the ledger: sign-ins, bursts of refused ones, second factors."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests import cast
from tests.cast import Journal
from tests.signin.pages import SECOND, code, type_password

APP = "/accounts/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def _fresh_counts(db: None) -> None:
    cache.clear()


def enrolled(user: User) -> str:
    return cast.enrol(user)


def test_a_sign_in_is_a_leaf_that_says_whether_a_factor_was_part_of_it(
    client: Client, alice: User, journal: Journal
) -> None:
    secret = enrolled(alice)
    type_password(client, alice)
    assert journal.leaves == []
    client.post(SECOND, {"code": code(secret)})
    assert journal.kinds() == ["signin.succeeded"]
    assert journal.last.subject == journal.last.actor == f"user:{alice.pk}"
    assert journal.last.body == {"second_factor": True}


def test_a_wrong_password_is_none(client: Client, alice: User, journal: Journal) -> None:
    type_password(client, alice, "something else entirely")
    assert journal.leaves == []


def test_a_burst_of_refused_ones_is_one(client: Client, alice: User, journal: Journal) -> None:
    for _ in range(30):
        type_password(client, alice, "something else entirely")
    assert journal.kinds() == ["signin.refused_burst"]
    assert journal.last.subject == f"user:{alice.pk}"
    assert journal.last.body == {}


def test_a_burst_at_an_unknown_address_keeps_nothing_of_what_was_typed(
    client: Client, db: None, journal: Journal
) -> None:
    for _ in range(30):
        client.post("/accounts/login/", {"login": "my-secret@example.org", "password": "x"})
    assert journal.kinds() == ["signin.refused_burst"]
    assert "my-secret" not in str(journal.leaves)


@pytest.mark.django_db(transaction=True)
def test_a_factor_that_is_added_and_removed_is_a_leaf_each(
    client: Client, alice: User, journal: Journal
) -> None:
    type_password(client, alice)
    page = client.get(APP)
    client.post(APP, {"code": code(page.context["form"].secret)})
    added = [leaf for leaf in journal.leaves if leaf.kind == "factor.added"]
    assert {str(leaf.body["factor"]) for leaf in added} == {"totp", "recovery_codes"}
    client.post("/accounts/2fa/totp/deactivate/")
    removed = [leaf for leaf in journal.leaves if leaf.kind == "factor.removed"]
    assert "totp" in {str(leaf.body["factor"]) for leaf in removed}
    assert all(leaf.subject == f"user:{alice.pk}" for leaf in journal.leaves)


def test_a_recovery_code_that_was_used_is_a_leaf(
    client: Client, alice: User, journal: Journal
) -> None:
    enrolled(alice)
    codes = RecoveryCodes.activate(alice).get_unused_codes()
    assert Authenticator.objects.filter(user=alice).count() == 2
    type_password(client, alice)
    client.post(SECOND, {"code": codes[0]})
    assert journal.kinds() == ["factor.recovery_code_used", "signin.succeeded"]
