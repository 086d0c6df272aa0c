"""A run says how far it is, and whoever listens may stop it."""

from itertools import pairwise
from pathlib import Path

import pytest

from evidence.reconcile.progress import WHOLE
from tests.evidence.reconcile.small import reconcile, row, rule_text

Heard = list[tuple[int, int, str]]


def hear(folder: Path, rows: int = 1) -> Heard:
    heard: Heard = []
    lines = [row(f"s{number}") for number in range(rows)]
    reconcile(folder, rule_text(), lines, lines[:1], tell=lambda *told: heard.append(told))
    return heard


def test_each_file_and_each_part_is_told_in_hundredths_that_never_go_back(tmp_path: Path) -> None:
    heard = hear(tmp_path)
    assert [note for _, _, note in heard] == [
        "Reading a.csv",
        "Reading b.csv",
        "Matching a-b",
        "Proving the identities",
        "Digesting the outcome",
    ]
    assert {total for _, total, _ in heard} == {WHOLE}
    assert all(before <= after for (before, *_), (after, *_) in pairwise(heard))
    # Half of the bytes are read before the second file, and the last part is never yet the whole.
    assert 0 < heard[1][0] < heard[2][0] < heard[-1][0] < WHOLE


def test_rows_of_a_long_file_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evidence.reconcile.acceptance._ROWS_PER_WORD", 2)
    notes = [note for _, _, note in hear(tmp_path, rows=5)]
    assert notes[:3] == ["Reading a.csv", "Reading a.csv: 2 rows", "Reading a.csv: 4 rows"]


def test_whoever_listens_may_stop_the_run(tmp_path: Path) -> None:
    def lost(_done: int, _total: int, note: str) -> None:
        if note.startswith("Matching"):
            raise TimeoutError

    with pytest.raises(TimeoutError):
        reconcile(tmp_path, rule_text(), [row("A")], [], tell=lost)
    assert not [each for each in tmp_path.iterdir() if each.is_dir()]
