"""Facts about second factors, as the collector of MFA states reads them."""

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts import factors
from accounts.models import User
from tests import cast


def add(user: User, kind: str, **facts: object) -> None:
    Authenticator.objects.create(user=user, type=kind, data={}, **facts)


def test_nobody_starts_with_a_second_factor(alice: User) -> None:
    assert not factors.has_second_factor(alice)


def test_an_authenticator_app_is_enough(alice: User, bob: User) -> None:
    cast.enrol(alice)
    assert factors.has_second_factor(alice)
    assert not factors.has_second_factor(bob)


def test_a_passkey_is_enough(alice: User) -> None:
    add(alice, Authenticator.Type.WEBAUTHN)
    assert factors.has_second_factor(alice)


def test_recovery_codes_alone_are_not(alice: User) -> None:
    add(alice, Authenticator.Type.RECOVERY_CODES)
    assert not factors.has_second_factor(alice)
    (fact,) = factors.of_everybody()
    assert (fact.enough, fact.recovery_codes) == (False, True)


def test_everybody_is_listed_with_what_they_have(
    alice: User, bob: User, charlie: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    used = timezone.now()
    cast.enrol(alice)
    add(alice, Authenticator.Type.WEBAUTHN, last_used_at=used)
    add(alice, Authenticator.Type.WEBAUTHN)
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    with django_assert_num_queries(3):  # type: ignore[operator]
        facts = {fact.user: fact for fact in factors.of_everybody()}
    assert set(facts) == {alice, bob, charlie}
    assert (facts[alice].app, facts[alice].passkeys, facts[alice].last_used_at) == (True, 2, used)
    assert facts[alice].enough
    assert not facts[bob].enough
    assert facts[bob].last_used_at is None
