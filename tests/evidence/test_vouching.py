"""Times that go back, and tokens that do not hold: each is an alarm of the check of the log."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from evidence import anchoring, checkpoint, verification, vouching
from evidence.anchors import time_stamp
from evidence.log_models import TimeStamp
from evidence.models import Checkpoint
from tests.append_only import forging
from tests.evidence.test_signing import grow
from tests.evidence.test_time_stamp import Authority, serve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("tsa"))
    made.set_up()
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def trusted(authority: Authority, settings: Settings) -> Authority:
    settings.TIME_STAMP_URLS = [authority.url]
    settings.TIME_STAMP_ROOTS = str(authority.root)
    return authority


def signed(leaves: int = 3) -> Checkpoint:
    grow(leaves)
    return checkpoint.sign()


def stamped(leaves: int = 3) -> TimeStamp:
    row = signed(leaves)
    anchoring.deposit(row, "time_stamp")
    return row.time_stamps.get()


def problems() -> list[str]:
    return [str(one) for one in verification.go_on(verification.begin()).problems.all()]


def signed_at(row: Checkpoint, moment: datetime) -> None:
    with forging():
        Checkpoint.objects.filter(pk=row.pk).update(signed_at=moment)


@pytest.mark.usefixtures("trusted")
class TestTokens:
    def test_tokens_that_hold_are_no_alarm(self) -> None:
        stamped()
        stamped()
        assert problems() == []

    def test_one_over_another_checkpoint_is_found(self) -> None:
        """Attack 42: a token of an earlier checkpoint is put beside a later one."""
        earlier, later = stamped(), stamped()
        with forging():
            TimeStamp.objects.filter(pk=later.pk).update(token=bytes(earlier.token))
        found = problems()
        assert any("checkpoint 6" in one and "does not hold" in one for one in found)

    def test_without_the_check_it_would_pass(self, monkeypatch: pytest.MonkeyPatch) -> None:
        earlier, later = stamped(), stamped()
        with forging():
            TimeStamp.objects.filter(pk=later.pk).update(token=bytes(earlier.token))
        stated = {one.checkpoint.note: one.stated_at for one in (earlier, later)}
        monkeypatch.setattr(time_stamp, "verified", lambda _, note: stated[note])
        assert problems() == []

    def test_one_of_an_authority_that_is_not_trusted_is_found(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        stamped()
        stranger = Authority(tmp_path)
        stranger.set_up()
        settings.TIME_STAMP_ROOTS = str(stranger.root)
        assert any("does not hold" in one for one in problems())

    def test_one_that_cannot_be_read_is_found(self) -> None:
        row = stamped()
        with forging():
            TimeStamp.objects.filter(pk=row.pk).update(token=b"\x30token")
        assert any("does not hold" in one for one in problems())

    def test_a_row_that_says_another_time_is_found(self) -> None:
        row = stamped()
        with forging():
            moment = row.stated_at - timedelta(days=2)
            TimeStamp.objects.filter(pk=row.pk).update(stated_at=moment)
        assert any("its row" in one for one in problems())

    def test_a_token_from_before_the_signing_is_found(self) -> None:
        """Attack 43: the own clock was ahead when the checkpoint was signed."""
        row = stamped()
        signed_at(row.checkpoint, timezone.now() + timedelta(hours=3))
        assert any("was ahead" in one for one in problems())

    def test_a_token_from_before_a_smaller_checkpoint_is_found(self) -> None:
        first = signed()
        stamped()
        signed_at(first, timezone.now() + timedelta(hours=3))
        assert any("before a smaller checkpoint" in one for one in problems())


class TestOwnClock:
    def test_a_clock_that_was_set_back_is_found(self) -> None:
        """Attack 43: a later checkpoint says that it was signed before an earlier one."""
        signed()
        later = signed()
        assert problems() == []
        signed_at(later, timezone.now() - timedelta(hours=3))
        assert any("a clock was set back" in one for one in problems())

    def test_a_few_minutes_between_two_machines_are_no_alarm(self) -> None:
        signed()
        later = signed()
        signed_at(later, timezone.now() - timedelta(minutes=3))
        assert problems() == []

    def test_it_is_found_across_two_steps_of_the_check(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(vouching, "ROWS", 1)
        signed()
        later = signed()
        signed_at(later, timezone.now() - timedelta(hours=3))
        assert any("a clock was set back" in one for one in problems())
