"""What is said of a file by its name or beside it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from collectors.errors import AskError, FileRefusedError
from collectors.files import labels
from collectors.period import Period

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


def beside(tmp_path: Path, name: str, content: str) -> Path:
    (tmp_path / f"{name}.yaml").write_text(content)
    return tmp_path / name


def test_the_name_may_tell_the_period(tmp_path: Path) -> None:
    period, columns, *_ = labels.read(tmp_path / "roster__2026-10-01_2026-10-31.csv")
    assert (period, columns) == (OCTOBER, {})


def test_one_date_is_one_day(tmp_path: Path) -> None:
    day = date(2026, 10, 31)
    assert labels.read(tmp_path / "roster__2026-10-31.xlsx")[0] == Period(day, day)
    path = beside(tmp_path, "roster.csv", "period_from: 2026-10-31")
    assert labels.read(path)[0] == Period(day, day)


def test_a_file_beside_it_may_tell_period_and_columns(tmp_path: Path) -> None:
    said = "period_from: 2026-10-01\nperiod_to: 2026-10-31\ncolumns: {name: text, left: date}\n"
    period, columns, *_ = labels.read(beside(tmp_path, "roster.csv", said))
    assert period == OCTOBER
    assert columns == {"name": "text", "left": "date"}


def test_the_two_may_agree(tmp_path: Path) -> None:
    said = "period_from: 2026-10-01\nperiod_to: 2026-10-31\n"
    name = "roster__2026-10-01_2026-10-31.csv"
    assert labels.read(beside(tmp_path, name, said))[0] == OCTOBER


def test_the_two_may_not_contradict(tmp_path: Path) -> None:
    path = beside(tmp_path, "roster__2026-10-31.csv", "period_from: 2026-10-30")
    with pytest.raises(FileRefusedError, match="different periods"):
        labels.read(path)


def test_a_file_without_a_period_is_told_how_to_have_one(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="End its name with __2026-01-01_2026-01-31"):
        labels.read(tmp_path / "roster.csv")


def test_a_period_that_ends_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(AskError, match="before it starts"):
        labels.read(tmp_path / "roster__2026-10-31_2026-10-01.csv")


def test_a_date_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="does not exist"):
        labels.read(tmp_path / "roster__2026-02-30.csv")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("period_from: [", r"roster\.csv\.yaml, line 1"),
        ("a: b\n\tc: d", "no readable YAML"),
        ("period_from: soon", "period_from"),
        ("period_to: 2026-10-31\nweather: fine", "weather"),
        ("- 2026-10-31", "content"),
        ("columns: {amount: money}\nperiod_from: 2026-10-31", "columns.amount"),
        ("!!python/object/apply:os.system [true]", "no readable YAML"),
    ],
)
def test_a_broken_file_beside_it_is_refused(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(FileRefusedError, match=words):
        labels.read(beside(tmp_path, "roster.csv", said))


def test_a_file_beside_it_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "roster.csv.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileRefusedError, match="no readable YAML"):
        labels.read(tmp_path / "roster.csv")


def test_a_huge_file_beside_it_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="too large"):
        labels.read(beside(tmp_path, "roster.csv", "# " + "x" * 70_000))


def test_a_link_beside_it_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("period_from: 2026-10-31")
    (tmp_path / "roster.csv.yaml").symlink_to(elsewhere)
    with pytest.raises(FileRefusedError, match="does not say"):
        labels.read(tmp_path / "roster.csv")


def test_it_may_say_when_the_table_was_made(tmp_path: Path) -> None:
    said = "period_from: 2026-10-31\nexported_at: 2026-11-01T08:30:00+01:00\n"
    told = labels.read(beside(tmp_path, "roster.csv", said))
    assert told.exported_at == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("when", ["2026-11-01T08:30:00", "2026-11-01", "yesterday"])
def test_a_moment_without_its_zone_is_refused(tmp_path: Path, when: str) -> None:
    said = f"period_from: 2026-10-31\nexported_at: {when}\n"
    with pytest.raises(FileRefusedError, match="exported_at"):
        labels.read(beside(tmp_path, "roster.csv", said))
