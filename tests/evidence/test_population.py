"""Canonical CSV says the same table in the same bytes, and refuses what does not fit."""

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.errors import PopulationError
from evidence.population import Cell, Column, TableFacts, write_csv
from tests.evidence import items

ALL = tuple(
    Column(f"a_{kind}", kind)
    for kind in ("text", "integer", "decimal", "boolean", "date", "timestamp")
)


def written(
    rows: list[tuple[Cell, ...]], columns: tuple[Column, ...] = ALL
) -> tuple[str, TableFacts]:
    file = io.BytesIO()
    facts = write_csv(rows, columns, file)
    return file.getvalue().decode(), facts


def test_every_type_has_one_spelling() -> None:
    zone = timezone(timedelta(hours=2))
    text, facts = written(
        [
            (
                'ü, "x"\ny',
                -5,
                Decimal("1E+3"),
                True,
                date(2026, 2, 28),
                datetime(2026, 1, 1, 1, tzinfo=zone),
            ),
            (None, None, None, None, None, None),
        ]
    )
    assert text == (
        "a_text,a_integer,a_decimal,a_boolean,a_date,a_timestamp\n"
        '"ü, ""x""\ny",-5,1000,true,2026-02-28,2025-12-31T23:00:00.000000Z\n'
        ",,,,,\n"
    )
    assert facts.row_count == 2
    assert facts.control_totals == {"a_integer": "-5", "a_decimal": "1000"}


def test_totals_are_exact() -> None:
    rows: list[tuple[Cell, ...]] = [(Decimal("0.1"),), (Decimal("0.2"),), (Decimal(2**60),)]
    _, facts = written(rows, (Column("amount", "decimal"),))
    assert facts.control_totals == {"amount": f"{2**60}.3"}


def test_ids_are_not_summed() -> None:
    _, facts = written([(1,), (2,)], (Column("user_id", "integer"),))
    assert facts.control_totals == {}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", True),
        ("integer", "1"),
        ("integer", Decimal(1)),
        ("boolean", 1),
        ("date", datetime(2026, 1, 1, tzinfo=UTC)),
        ("timestamp", date(2026, 1, 1)),
        ("timestamp", datetime(2026, 1, 1)),  # noqa: DTZ001  # that it has no zone is the point
        ("decimal", Decimal("NaN")),
        ("text", 1),
        ("text", "a\0b"),
    ],
)
def test_it_refuses_a_value_that_does_not_fit(kind: str, value: Cell) -> None:
    with pytest.raises(PopulationError, match="Row 2, column c"):
        written([(None,), (value,)], (Column("c", kind),))


def test_it_refuses_a_ragged_row() -> None:
    with pytest.raises(PopulationError, match="Row 1 has 2 values; the table has 3 columns"):
        written([(1, "x")], items.COLUMNS)


def test_it_refuses_an_unknown_type() -> None:
    with pytest.raises(PopulationError, match="money"):
        Column("amount", "money")


@given(
    st.lists(
        st.tuples(
            st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1
            ),
            st.integers(-(2**62), 2**62),
        )
    )
)
def test_what_is_written_can_be_read_back(rows: list[tuple[str, int]]) -> None:
    columns = (Column("t", "text"), Column("n_id", "integer"))
    text, facts = written(list(rows), columns)
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [(one, int(two)) for one, two in read] == rows
    assert facts.row_count == len(rows)


def test_an_ipe_record_becomes_json_without_floats() -> None:
    record = items.ipe(source_count=3, raw_digests=("ab",), parameters={"limit": 100}).to_json()
    assert record["started_at"] == "2026-11-01T08:00:00+00:00"
    assert record["source_clock"] is None
    assert record["raw_digests"] == ["ab"]
    assert record["parameters"] == {"limit": 100}
