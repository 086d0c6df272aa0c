"""Two administrators, and what they do about the key of the log."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import User
from evidence import rotation
from evidence.key_models import KeyDecision
from tests import cast
from tests.evidence.rotating import WHY, Committed


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Callable[..., object]) -> Committed:
    """Do what a deed does whose transaction is committed."""
    return lambda: django_capture_on_commit_callbacks(execute=True)  # type: ignore[return-value]


@pytest.fixture
def ruth() -> User:
    return cast.person("administrator", email="ruth@example.org")


@pytest.fixture
def olga() -> User:
    return cast.person("administrator", email="olga@example.org")


@pytest.fixture
def rotate(committed: Committed, ruth: User, olga: User) -> Callable[..., KeyDecision]:
    def run(**options: object) -> KeyDecision:
        with committed():
            made = rotation.propose_rotation(by=ruth, reason=WHY, **options)  # type: ignore[arg-type]
            return rotation.confirm(made, by=olga, reason="Seen and agreed.")

    return run


@pytest.fixture
def revoke(committed: Committed, ruth: User, olga: User) -> Callable[..., KeyDecision]:
    def run(vkey: str = "") -> KeyDecision:
        with committed():
            made = rotation.propose_revocation(
                by=ruth, reason="A laptop was stolen.", compromised_at=timezone.now(), vkey=vkey
            )
            return rotation.confirm(made, by=olga, reason="Seen and agreed.")

    return run
