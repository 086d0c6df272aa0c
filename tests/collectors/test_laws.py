"""Laws that hold whatever people write and whenever they ask."""

import contextlib
import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import planning, schedule
from collectors.errors import FileRefusedError
from collectors.files import tables
from collectors.period import Period
from controls.cadence import Cadence
from tests.collectors.asking import ask
from tests.collectors.repository import Repository

UTC_ZONE = ZoneInfo("UTC")
COLUMNS = {"name": "text", "count": "integer", "amount": "decimal", "ok": "boolean", "day": "date"}
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")

# The machine may be busy: how long one example takes says nothing.
patient = settings(deadline=None)

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
# What a text cell may hold in every form that we read: no controls, no blanks alone.
words = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="\ufeff"),
    min_size=1,
    max_size=20,
)
rows = st.lists(
    st.tuples(
        words,
        st.integers(-(10**15), 10**15),
        st.decimals(-(10**9), 10**9, places=4),
        st.booleans(),
        days,
    ),
    max_size=8,
)


def read(path: Path, **options: Any) -> list[list[Any]]:
    opened = tables.opened(
        path, declared=COLUMNS, **{"delimiter": ",", "zone": UTC_ZONE, **options}
    )
    with opened as table:
        return [list(row) for row in table.rows]


@patient
@given(rows, st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_csv_is_read_as_it_was_meant(
    meant: list[tuple[Any, ...]], delimiter: str, ending: str, marked: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending)
    writer.writerow(COLUMNS)
    writer.writerows(meant)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(text.getvalue().encode("utf-8-sig" if marked else "utf-8"))
        assert read(path, delimiter=delimiter) == [list(row) for row in meant]


@settings(max_examples=25, deadline=None)
@given(rows, st.booleans())
def test_workbooks_are_read_as_they_were_meant(
    meant: list[tuple[Any, ...]], by_openpyxl: bool
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        (_by_openpyxl if by_openpyxl else _by_xlsxwriter)(path, meant)
        found = read(path)
    assert [row[:2] + row[3:] for row in found] == [[*row[:2], *row[3:]] for row in meant]
    # A spreadsheet holds numbers as floats: fifteen digits come back, which these have at most.
    for given_row, read_row in zip(meant, found, strict=True):
        assert read_row[2] == Decimal(repr(float(given_row[2])))


def _by_openpyxl(path: Path, meant: Sequence[Sequence[Any]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(COLUMNS))
    for number, row in enumerate(meant, 2):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place)
            cell.value = value
            if isinstance(value, str):
                # A text that begins with = is no formula here.
                cell.data_type = "s"
    book.save(path)


def _by_xlsxwriter(path: Path, meant: Sequence[Sequence[Any]]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        shown = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, list(COLUMNS))
        for number, (name, count, amount, ok, day) in enumerate(meant, 1):
            sheet.write_string(number, 0, name)
            sheet.write_number(number, 1, count)
            sheet.write_number(number, 2, float(amount))
            sheet.write_boolean(number, 3, ok)
            sheet.write_datetime(number, 4, datetime.combine(day, datetime.min.time()), shown)


@patient
@given(st.binary(max_size=400), st.sampled_from(["table.csv", "table.xlsx"]))
def test_no_bytes_whatever_break_the_reader(content: bytes, name: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with contextlib.suppress(FileRefusedError):
            read(path)


@patient
@given(st.sampled_from(list(Cadence)), days)
def test_closed_windows_lie_one_behind_the_other(cadence: Cadence, today: date) -> None:
    closed = planning.closed_windows(cadence, today)
    assert closed[-1].end < today
    for before, after in pairwise(closed):
        gap = (after.start - before.end).days
        assert gap == 1 or (cadence is Cadence.BUSINESS_DAILY and gap == 3)


@patient
@given(st.sampled_from(list(Cadence)), days, st.integers(1, 40))
def test_no_day_is_forgotten_as_time_goes_by(cadence: Cadence, today: date, later: int) -> None:
    """Whatever is closed today is closed tomorrow as well, with the same days."""
    earlier = planning.closed_windows(cadence, today)[-1:]
    assert set(earlier) <= set(planning.closed_windows(cadence, today + timedelta(days=later)))


@patient
@given(days, st.integers(0, 400), st.sampled_from(ZONES))
def test_bounds_hold_exactly_the_days(start: date, length: int, zone: str) -> None:
    place = ZoneInfo(zone)
    period = Period(start, start + timedelta(days=length))
    first, after = period.bounds(place)
    second = timedelta(seconds=1)
    assert Period.day(first, place).start == period.start
    assert Period.day(first - second, place).start == period.start - timedelta(days=1)
    assert Period.day(after - second, place).start == period.end
    assert Period.day(after, place).start == period.end + timedelta(days=1)
    assert len(period.days()) == length + 1


moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@patient
@given(
    moments,
    st.timedeltas(timedelta(0), timedelta(days=40)),
    st.sampled_from(ZONES),
    st.sampled_from(["30 2 * * *", "*/15 * * * *", "0 3 * * 0", "15 1 1,15 * *", "0 0 L * *"]),
)
def test_a_due_time_is_never_early_and_never_repeated(
    now: datetime, passed: timedelta, zone: str, cron: str
) -> None:
    due = schedule.latest_due(cron, zone, after=now - passed, now=now)
    if due is None:
        return
    assert now - passed < due <= now
    assert schedule.latest_due(cron, zone, after=due, now=now) is None


@pytest.mark.parametrize("seed", range(4))
def test_a_history_is_counted_as_it_was_written(
    tmp_path: Path, scratch: Path, repository: Repository, seed: int
) -> None:
    """Dates that jump back and forth: what git counts, what we list and what was written agree."""
    moment = datetime(2026, 9, 25, 12, tzinfo=UTC)
    written = []
    for number in range(12):
        at = moment + timedelta(hours=(number * 7919 + seed * 104_729) % 1000)
        commit = repository.commit(f"Change {number}", at=at.isoformat())
        written.append((commit, at))
    period = Period(date(2026, 10, 1), date(2026, 10, 20))
    told = ask("git_changes", scratch, repository=str(repository.path), period=period)
    first, after = period.bounds(UTC_ZONE)
    expected = [commit for commit, at in reversed(written) if first <= at < after]
    assert [row["commit_id"] for row in told.rows] == expected
    assert told.trail.source_count == len(expected)
