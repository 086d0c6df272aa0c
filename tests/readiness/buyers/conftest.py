"""What tests of questionnaires share: an installation with an answer that is backed."""

from pathlib import Path

import pytest

from accounts.models import User
from readiness.models import BuyerQuestionnaire
from registers import entries, registry
from registers.models import Entry
from tests.readiness.buyers import asking
from tests.readiness.ground import Ground


@pytest.fixture
def ground(alice: User, var_dir: Path) -> Ground:
    """Alice's installation, empty but for her."""
    return Ground(alice)


@pytest.fixture
def mfa(ground: Ground) -> Entry:
    """An answer of the library, with accepted evidence of today."""
    ground.expect("staff-mfa-state", control="AC-01")
    ground.show("staff-mfa-state")
    given = asking.answer(controls="AC-01", kinds="staff-mfa-state")
    return entries.add(registry.get("buyer_answers"), given=given, by=ground.alice)


@pytest.fixture
def opened(mfa: Entry, alice: User, tmp_path: Path) -> BuyerQuestionnaire:
    """A questionnaire whose questions have their proposals."""
    return asking.opened(tmp_path, alice)
