"""Parquet says what CSV says, and is refused whole where it holds what is not exact."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from evidence.reconcile.outcome import Outcome, State
from evidence.reconcile.readers import parquet
from tests.evidence.reconcile import small
from tests.evidence.reconcile.small import reconcile, row, rule_text

AS_OF = date(2026, 3, 20)
ROWS = [
    row("A", "10.00", fee="0.30", last4="0042"),
    row("B", "-3.50", kind="refund", parent="A"),
    row("C", "90071992547409.93", time="2026-03-02T23:59:59.25+01:00"),
    row("D", "1200", currency="JPY"),
    row("E", "1.234", currency="BHD"),
    row("F", kind="novel"),
]
TYPED = {"amount": "DECIMAL(24, 4)", "fee": "DECIMAL(9, 2)", "time": "TIMESTAMPTZ"}


def write(path: Path, lines: list[str], types: dict[str, str] | None = None) -> Path:
    """Write lines of CSV as Parquet, some columns with a type."""
    source = path.with_suffix(".source")
    source.write_text("\n".join([small.HEADER, *lines]) + "\n", encoding="utf-8")
    columns = ", ".join(
        f"CAST({name} AS {types[name]}) AS {name}" if types and name in types else name
        for name in small.HEADER.split(",")
    )
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'America/New_York'")
        database.execute(
            f"COPY (SELECT {columns} FROM read_csv('{source}', all_varchar = true)) TO '{path}'"
            " (FORMAT parquet)"
        )
    return path


def text(**changed: str) -> str:
    """Return rules whose leg b comes as CSV or as Parquet."""
    plain = rule_text(**changed)  # type: ignore[arg-type]
    head, mark, tail = plain.rpartition("      - name:")
    first, _, after = (mark + tail).partition("comparisons:")
    other = first.replace("b*.csv", "b*.parquet").replace("format: csv", "format: parquet")
    return f"{head}{first.rstrip()}\n{other}\ncomparisons:{after}"


def outcome(folder: Path, lines: list[str], types: dict[str, str] | None = None) -> Outcome:
    """Reconcile ROWS with a file of Parquet; leg b has one row of its own in CSV."""
    more = {"b": [write(folder / "b.parquet", lines, types)]}
    return reconcile(folder, text(), ROWS, [], more=more)


@pytest.mark.parametrize("types", [None, TYPED])
def test_it_says_what_csv_says(tmp_path: Path, types: dict[str, str] | None) -> None:
    found = outcome(tmp_path, ROWS, types)
    assert found.state is State.BREAKS
    assert [facts.format for facts in found.files] == ["csv", "parquet"]
    assert not found.file_breaks
    assert not found.failed_identities
    assert found.totals
    csv = reconcile(tmp_path, text(), ROWS, ROWS[::-1])
    assert found.digest == csv.digest
    assert [each.reason for each in found.breaks] == ["mapping_unknown", "mapping_unknown"]


def test_moments_without_a_zone_are_in_the_zone_of_the_leg(tmp_path: Path) -> None:
    lines = [row("A", time="2026-03-08T22:30:00")]
    more = {"b": [write(tmp_path / "b.parquet", lines, {"time": "TIMESTAMP"})]}
    rules = text(leg_extra="zone: America/New_York")
    found = reconcile(tmp_path, rules, [row("A", time="2026-03-09T02:30:00Z")], [], more=more)
    assert found.state is State.CLEAN
    (facts,) = [each for each in found.files if each.leg == "b"]
    assert facts.first == "2026-03-09T02:30:00+00:00"


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ({"amount": "DOUBLE"}, "'amount' holds floating-point numbers"),
        ({"fee": "FLOAT"}, "'fee' holds floating-point numbers"),
        ({"id": "BLOB"}, "'id' holds BLOB"),
        ({"time": "DATE", "amount": "VARCHAR[]"}, "no single value"),
        ({"amount": "DECIMAL(18, 5)"}, "more decimals"),
    ],
)
def test_what_is_not_exact_refuses_the_file(
    tmp_path: Path, types: dict[str, str], words: str
) -> None:
    amount = "[1]" if types.get("amount") == "VARCHAR[]" else "1.00001"
    time = "2026-03-02" if "time" in types else "2026-03-02T10:00:00Z"
    found = outcome(tmp_path, [row("A", amount, time=time)], types)
    (refused,) = found.file_breaks
    assert (refused.reason, refused.subject) == ("file_rejected", "b.parquet")
    assert words in refused.detail
    assert sum(total.count for total in found.totals if total.leg == "b") == 0


def test_the_row_of_a_fault_is_told(tmp_path: Path) -> None:
    found = outcome(tmp_path, [row("A"), row("B", currency="EUX")], {"amount": "DECIMAL(9, 2)"})
    (refused,) = found.file_breaks
    assert (refused.line, "no currency" in refused.detail) == (2, True)


def test_a_file_that_is_cut_off_or_none_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "b.parquet", [row("A")])
    whole = path.read_bytes()
    for damaged in (whole[:-20], whole[: len(whole) // 2], b"", b"PAR1", b"id,other\nA,B\n"):
        path.write_bytes(damaged)
        found = reconcile(tmp_path, text(), ROWS, [], more={"b": [path]})
        (refused,) = found.file_breaks
        assert "no whole Parquet file" in refused.detail
        assert str(tmp_path) not in refused.detail


def test_columns_are_held_against_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "b.parquet"
    with duckdb.connect() as database:
        names = ", ".join(f"'x' AS {name}" for name in small.HEADER.split(","))
        database.execute(f"COPY (SELECT {names}, 1.5 AS tip) TO '{path}' (FORMAT parquet)")
        found = reconcile(tmp_path, text(), ROWS, [], more={"b": [path]})
        assert "'tip' is new" in found.file_breaks[0].detail
        database.execute(f"COPY (SELECT 'x' AS id, 1.5 AS tip) TO '{path}' (FORMAT parquet)")
        found = reconcile(tmp_path, text(), ROWS, [], more={"b": [path]})
        assert "'other' is missing" in found.file_breaks[0].detail


def test_a_column_that_is_ignored_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / "b.parquet"
    write(path, ROWS)
    with duckdb.connect() as database:
        copy = tmp_path / "b2.parquet"
        database.execute(
            f"COPY (SELECT *, 1.5::DOUBLE AS rate, [1] AS list FROM '{path}') TO '{copy}'"
            " (FORMAT parquet)"
        )
    rules = text(file_extra="ignore: [rate, list]")
    found = reconcile(tmp_path, rules, ROWS, [], more={"b": [copy]})
    assert not found.file_breaks


def test_what_would_unpack_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MOST_UNPACKED", 100)
    (refused,) = outcome(tmp_path, ROWS).file_breaks
    assert "would unpack to" in refused.detail


def test_a_name_with_signs_of_the_shell_is_one_file(tmp_path: Path) -> None:
    other = write(tmp_path / "b1.parquet", [row("Z")])
    path = write(tmp_path / "made.parquet", ROWS).rename(tmp_path / "b[1]'.parquet")
    found = reconcile(tmp_path, text(), ROWS, [], more={"b": [path]})
    assert other.exists()
    assert not found.file_breaks
    assert sum(total.count for total in found.totals if total.side == "right") == len(ROWS)
