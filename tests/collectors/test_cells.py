"""Cells of tables that people made."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.files.cells import CellError, parse
from evidence.population import TYPES, Column, write_csv

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "type_", "parsed"),
    [
        ("Ann", "text", "Ann"),
        (" 007 ", "text", " 007 "),
        (7, "text", "7"),
        (7.0, "text", "7"),
        (7.25, "text", "7.25"),
        (True, "text", "true"),
        (date(2026, 10, 1), "text", "2026-10-01"),
        (time(8, 30), "text", "08:30:00"),
        ("42", "integer", 42),
        (" -42 ", "integer", -42),
        (42.0, "integer", 42),
        ("10.50", "decimal", Decimal("10.50")),
        (10.5, "decimal", Decimal("10.5")),
        (0.1, "decimal", Decimal("0.1")),
        (3, "decimal", Decimal(3)),
        ("yes", "boolean", True),
        ("FALSE", "boolean", False),
        ("0", "boolean", False),
        (True, "boolean", True),
        ("2026-10-01", "date", date(2026, 10, 1)),
        (datetime(2026, 10, 1), "date", date(2026, 10, 1)),  # noqa: DTZ001  # as Excel has it
        ("2026-10-01T08:00:00Z", "timestamp", datetime(2026, 10, 1, 8, tzinfo=UTC)),
        ("2026-10-01 08:00", "timestamp", datetime(2026, 10, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_value_is_read_as_its_type(value: object, type_: str, parsed: object) -> None:
    found = parse(value, type_, UTC_ZONE)
    assert found == parsed
    assert type(found) is type(parsed)


@pytest.mark.parametrize("type_", sorted(TYPES))
@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_cell_is_no_value(value: object, type_: str) -> None:
    assert parse(value, type_, UTC_ZONE) is None


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("1,000", "integer"),
        ("1.0", "integer"),
        (1.5, "integer"),
        (True, "integer"),
        ("0x1F", "integer"),
        ("٣", "integer"),
        ("1_000", "integer"),
        ("9" * 19, "integer"),
        ("1,50", "decimal"),
        ("1e5", "decimal"),
        ("NaN", "decimal"),
        ("Infinity", "decimal"),
        (float("inf"), "decimal"),
        ("€5", "decimal"),
        (True, "decimal"),
        ("maybe", "boolean"),
        (2, "boolean"),
        ("01.10.2026", "date"),
        ("2026-02-30", "date"),
        (46_000, "date"),
        (datetime(2026, 10, 1, 8), "date"),  # noqa: DTZ001  # as Excel has it
        ("2026-10-01", "timestamp"),
        ("8 o'clock", "timestamp"),
        ("#N/A", "integer"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_value(value: object, type_: str) -> None:
    with pytest.raises(CellError, match=f"is no {type_}"):
        parse(value, type_, UTC_ZONE)


def test_a_refusal_shows_little_of_a_long_value() -> None:
    with pytest.raises(CellError) as caught:
        parse("x" * 5000, "integer", UTC_ZONE)
    assert len(str(caught.value)) < 100


def test_a_time_without_an_offset_is_one_of_the_zone() -> None:
    found = parse("2026-10-01T08:00:00", "timestamp", BERLIN)
    assert isinstance(found, datetime)
    assert found.astimezone(UTC) == datetime(2026, 10, 1, 6, tzinfo=UTC)


@settings(deadline=None)
@given(st.text(max_size=30), st.sampled_from(sorted(TYPES)))
def test_whatever_is_read_can_be_written(value: str, type_: str) -> None:
    try:
        found = parse(value, type_, BERLIN)
    except CellError:
        return
    if "\0" not in value:
        write_csv([[found]], [Column("cell", type_)], BytesIO())
