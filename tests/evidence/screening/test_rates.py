"""How many planted card numbers are found, and how often ordinary logs are taken for one."""

from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest

from evidence.screening import Sort, scan
from tests.evidence.screening import planting

pytestmark = pytest.mark.usefixtures("var_dir")


def test_planted_numbers_are_found_in_every_form() -> None:
    missed: Counter[str] = Counter()
    told = 0
    for one in planting.planted(seed=5, count=4 * len(planting.FORMS)):
        found = scan(BytesIO(one.content))
        if not any(finding.sort == Sort.CARD for finding in found):
            missed[one.form] += 1
        told += one.number in str(found)
    assert missed == {}
    assert told == 0


def test_ordinary_logs_and_hex_raise_no_alarm() -> None:
    logs = planting.ordinary(seed=6, size=3 * 1000 * 1000)
    assert [str(finding) for finding in scan(BytesIO(logs))] == []


def test_what_is_planted_in_ordinary_logs_is_found(var_dir: Path) -> None:
    logs = planting.ordinary(seed=7, size=200_000)
    number = b"4111111111111111"
    (found,) = scan(BytesIO(logs + b"\ncharge of " + number + b" declined\n" + logs))
    assert found.line == logs.count(b"\n") + 2
