"""A real pack carries what witnesses said of its checkpoint by the time it was first written."""

from pathlib import Path

import pytest
from pytest_django import Settings

from evidence import checkpoint, cosigning, signed_note
from tests.audits.world import World
from tests.evidence.witnessing import Watcher, served
from tests.reports.making import frozen, members, verify, written

pytestmark = pytest.mark.usefixtures("no_pdf")
NAME = "checkpoint.cosigned.txt"


def test_witnesses_are_asked_for_a_pack(world: World, tmp_path: Path, settings: Settings) -> None:
    with served(Watcher()) as watcher:
        settings.WITNESSES = [watcher.setting]
        watcher.trust(checkpoint.vkey())
        content = written(frozen(world))
    found = members(content)
    assert found[NAME].startswith(found["checkpoint.txt"])
    assert f"— {watcher.name} ".encode() in found[NAME]
    assert verify(content, tmp_path).returncode == 0


def test_what_comes_later_changes_no_pack(world: World, settings: Settings) -> None:
    watcher, pack = Watcher(), frozen(world)
    settings.WITNESSES = [watcher.setting]
    before = written(pack)
    note = pack.checkpoint.note
    cosigning.take_in(note + watcher.line(signed_note.text_of(note)), by=None)
    assert written(pack) == before
    assert NAME not in members(before)


def test_a_witness_that_is_away_does_not_keep_a_pack_back(world: World, settings: Settings) -> None:
    settings.WITNESSES = [Watcher(url="http://127.0.0.1:9/").setting]
    assert NAME not in members(written(frozen(world)))
