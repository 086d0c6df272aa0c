"""P0 takes whole files or refuses them whole, with the line and the reason."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from evidence.reconcile import rules, run
from evidence.reconcile.errors import InputError
from evidence.reconcile.outcome import Outcome, State
from tests.evidence.reconcile.small import HEADER, reasons, reconcile, row, rule_text


def refused(found: Outcome) -> tuple[str, int]:
    """Return reason and line of the only refused file; none of its rows counts."""
    (each,) = [entry for entry in found.file_breaks if entry.reason == "file_rejected"]
    (facts,) = [facts for facts in found.files if facts.refused]
    assert facts.totals == {}
    assert (each.detail, each.line) == (facts.refused, facts.line)
    assert found.failed_identities == []
    assert not [total for total in found.totals if total.leg == facts.leg]
    return each.detail, each.line


def run_rows(folder: Path, right: Sequence[str], **how: str) -> Outcome:
    return reconcile(folder, rule_text(**how), [row("A")], right)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (row("B", currency="XXQ"), "'XXQ' is no currency of ISO 4217"),
        (row("B", currency="GBP"), "the rules know no GBP"),
        (row("B", "1,234.00"), "has"),
        (row("B", '"1,00"'), "is no number"),
        (row("B", "1.234"), "more decimals"),
        (row("B", "1.000"), "3 decimals where its currency has 2"),
        (row("B", "0.001"), "more decimals"),
        (row("B", "1e3"), "is no number"),
        (row("B", "NaN"), "is no number"),
        (row("B", "\u0661\u0662.00"), "is no number"),
        (row("B", "92233720368547758.08"), "larger than an amount may be"),
        (row("B", ""), "amount is empty"),
        (row("B", time="2026-03-02 10:00"), "no time like"),
        (row("B", time="2026-03-02T10:00:00"), "no time like"),
        (row("B", time="2031-03-02T10:00:00+00:00"), "does not take"),
        (row("B", time="2021-03-02T10:00:00+00:00"), "does not take"),
        (row("B", merchant='"a\tb"'), "control character"),
        (row("B", merchant="x" * 501), "longer than 500"),
        (row("B") + ",surplus", "13 cells, the header 12"),
        ('"B', "no valid CSV"),
        (row("B\0"), "NUL"),
    ],
)
def test_a_row_that_cannot_be_read_refuses_its_file(tmp_path: Path, line: str, words: str) -> None:
    reason, at = refused(run_rows(tmp_path, [row("A"), line, row("C")]))
    assert words in reason
    assert at == 3


def local_times(**how: object) -> str:
    """Rules of two legs whose files tell the time of Berlin without a zone."""
    said = {"leg_extra": "zone: Europe/Berlin", "file_extra": 'dates: "%d.%m.%Y %H:%M"'}
    return rule_text(**said, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("moment", ["29.03.2026 02:30", "25.10.2026 02:30"])
def test_an_hour_that_the_clock_skips_or_shows_twice_refuses_the_file(
    tmp_path: Path, moment: str
) -> None:
    left = [row("A", time="01.03.2026 10:00")]
    right = [row("A", time="01.03.2026 10:00"), row("B", time=moment)]
    as_of = date(2026, 10, 26)
    found = reconcile(tmp_path, local_times(), left, right, as_of=as_of)
    reason, at = refused(found)
    assert "no single moment in Europe/Berlin" in reason
    assert at == 3


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_on_which_the_clock_changes_is_one_business_day(tmp_path: Path, day: date) -> None:
    hours = ["00:00", "01:59", "03:00", "23:59"]
    rows = [row(f"s{place}", time=f"{day:%d.%m.%Y} {hour}") for place, hour in enumerate(hours)]
    late = [*rows, row("next", time=f"{day + timedelta(days=1):%d.%m.%Y} 00:00")]
    text = local_times(lags=(0, 0))
    found = reconcile(tmp_path, text, late, rows, as_of=day)
    assert found.failed_identities == []
    assert found.breaks == []
    counts = {(each.side, each.item_class): each.count for each in found.totals}
    assert counts == {("left", "matched"): 4, ("right", "matched"): 4, ("left", "not_due"): 1}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (HEADER.replace("fee", "fees"), "'fee' is missing"),
        (HEADER + ",surcharge", "'surcharge' is new"),
        (HEADER.replace("last4", "fee"), "'fee' is there twice"),
        ("", "no header"),
    ],
)
def test_a_header_that_drifted_refuses_the_file(tmp_path: Path, header: str, words: str) -> None:
    other = tmp_path / "b-other.csv"
    other.write_text(f"{header}\n" if header else "", encoding="utf-8")
    found = reconcile(tmp_path, rule_text(), [row("A")], [], more={"b": [other]})
    assert words in refused(found)[0]


def test_amounts_beyond_what_a_float_keeps_stay_exact(tmp_path: Path) -> None:
    huge = "90071992547409.93"
    found = reconcile(tmp_path, rule_text(), [row("A", huge)], [row("A", "90071992547409.92")])
    (each,) = found.breaks
    assert (each.left.amount, each.right.amount) == (9007199254740993, 9007199254740992)
    assert found.to_json()["breaks"][0]["left"]["amount"] == "9007199254740993"


def test_sums_beyond_64_bits_stay_exact(tmp_path: Path) -> None:
    most = "92233720368547758.07"
    found = reconcile(tmp_path, rule_text(), [row("A", most), row("B", most)], [])
    (total,) = found.totals
    assert total.amount == 2 * (2**63 - 1)
    assert found.failed_identities == []


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    again = tmp_path / "b-again.csv"
    again.write_text("\n".join([HEADER, row("A"), row("B")]) + "\n", encoding="utf-8")
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A"), row("B")], more={})
    assert found.file_breaks == []
    given = {"a": [tmp_path / "a.csv"], "b": [tmp_path / "b.csv", again]}
    twice = run.reconcile(
        rules.read(tmp_path / "rules.yaml"),
        given,
        scratch=tmp_path,
        terms=run.Terms(date(2026, 3, 20)),
    )
    assert [each.reason for each in twice.file_breaks] == ["file_rejected"]
    assert "the same bytes came before, as b-again.csv" in twice.file_breaks[0].detail
    assert reasons(twice) == reasons(found)


def test_the_same_bytes_on_two_sides_are_two_files(tmp_path: Path) -> None:
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A")])
    assert {each.sha256 for each in found.files} == {found.files[0].sha256}
    assert (found.state, found.file_breaks) == (State.CLEAN, [])


def test_what_an_earlier_run_read_is_refused_on_each_side(tmp_path: Path) -> None:
    before = reconcile(tmp_path, rule_text(), [row("A")], [row("A")])
    seen = {each.sha256 for each in before.files}
    again = reconcile(tmp_path, rule_text(), [row("A")], [row("A")], seen=seen)
    assert [(each.leg, each.reason) for each in again.file_breaks] == [
        ("a", "file_rejected"),
        ("b", "file_rejected"),
    ]


def test_a_file_that_an_earlier_run_took_is_refused(tmp_path: Path) -> None:
    first = run_rows(tmp_path, [row("A"), row("B")])
    seen = [facts.sha256 for facts in first.files if facts.leg == "b"]
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A"), row("B")], seen=seen)
    assert "as an earlier run" in refused(found)[0]


def test_a_row_of_the_sandbox_refuses_its_file(tmp_path: Path) -> None:
    mapped = rule_text().replace("merchant: merchant,", "environment: merchant,")
    found = reconcile(tmp_path, mapped, [row("A", merchant="live")], [row("B", merchant="test")])
    assert refused(found) == ("a row of 'test' stands in a file of 'live'", 2)


TRAILER = "trailer: {column: id, value: TOTAL, count: other, amount: amount}"


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (None, "was cut off"),
        (row("TOTAL", "20.00", other="3"), "state 3 rows, and 2 are there"),
        (row("TOTAL", "20.01", other="2"), "the rows make 2000"),
        (row("TOTAL", "twenty", other="2"), "is no number"),
    ],
)
def test_totals_that_do_not_agree_refuse_the_file(
    tmp_path: Path, last: str | None, words: str
) -> None:
    text = rule_text(file_extra=f"fixed: {{currency: EUR}}\n        {TRAILER}")
    rows = [row("A"), row("B")]
    left = [*rows, row("TOTAL", "20.00", other="2", merchant="x")]
    right = [*rows, *([last] if last else [])]
    assert words in refused(reconcile(tmp_path, text, left, right))[0]


def test_totals_that_agree_are_no_item(tmp_path: Path) -> None:
    text = rule_text(file_extra=f"fixed: {{currency: EUR}}\n        {TRAILER}")
    end = row("TOTAL", "20.00", other="2")
    left, right = [row("A"), row("B"), end], [row("B"), row("A"), end]
    assert reconcile(tmp_path, text, left, right).state is State.CLEAN
    late = [row("A"), row("B"), end, row("C")]
    assert "follows the row of totals" in refused(reconcile(tmp_path, text, left, late))[0]


def test_missing_numbers_and_days_of_files_are_told(tmp_path: Path) -> None:
    more = []
    for number in (1, 2, 5):
        path = tmp_path / f"b-{number:03}.csv"
        path.write_text(f"{HEADER}\n{row(f'N{number}')}\n", encoding="utf-8")
        more.append(path)
    text = rule_text(file_extra="sequence_pattern: '([0-9]+)'")
    text = text.replace("sequence_pattern: '([0-9]+)'", "", 1)
    rule_file = tmp_path / "rules.yaml"
    rule_file.write_text(text, encoding="utf-8")
    (tmp_path / "a.csv").write_text(f"{HEADER}\n", encoding="utf-8")
    given = {"a": [tmp_path / "a.csv"], "b": more}
    found = run.reconcile(rules.read(rule_file), given, scratch=tmp_path)
    told = [(each.reason, each.subject) for each in found.file_breaks]
    assert told == [("file_missing", "3"), ("file_missing", "4")]


def test_a_daily_source_lacks_no_business_day(tmp_path: Path) -> None:
    more = []
    for day in ("2026-04-02", "2026-04-08"):
        path = tmp_path / f"b-{day}.csv"
        path.write_text(f"{HEADER}\n{row(day)}\n", encoding="utf-8")
        more.append(path)
    text = rule_text(
        file_extra="sequence_pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}'",
        leg_extra="daily: true\n    calendar: easter",
    ).replace("legs:", "calendars: {easter: [2026-04-03, 2026-04-06]}\nlegs:", 1)
    rule_file = tmp_path / "rules.yaml"
    rule_file.write_text(text, encoding="utf-8")
    left = tmp_path / "a-2026-04-02.csv"
    left.write_text(f"{HEADER}\n", encoding="utf-8")
    found = run.reconcile(rules.read(rule_file), {"a": [left], "b": more}, scratch=tmp_path)
    assert [each.subject for each in found.file_breaks] == ["2026-04-07"]


def test_a_file_that_no_rule_takes_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "notes.csv"
    other.write_text("x\n", encoding="utf-8")
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A"), row("B")], more={})
    given = {"a": [tmp_path / "a.csv"], "b": [tmp_path / "b.csv", other]}
    found = run.reconcile(rules.read(tmp_path / "rules.yaml"), given, scratch=tmp_path)
    assert [each.subject for each in found.file_breaks] == ["notes.csv"]


def test_a_leg_that_the_rules_do_not_know_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no leg c; known: a, b"):
        reconcile(tmp_path, rule_text(), [row("A")], [], more={"c": []})


def write_sheet(path: Path, rows: Sequence[str], amounts: Sequence[object]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.split(","))
    for line, amount in zip(rows, amounts, strict=True):
        cells: list[object] = [cell or None for cell in line.split(",")]
        cells[HEADER.split(",").index("amount")] = amount
        sheet.append(cells)
    book.save(path)


def sheet_rules(folder: Path) -> Path:
    text = rule_text()
    head, mark, tail = text.partition('- name: "b*.csv"\n        format: csv')
    assert mark
    rule_file = folder / "rules.yaml"
    rule_file.write_text(head + '- name: "b*.xlsx"\n        format: xlsx' + tail, encoding="utf-8")
    (folder / "a.csv").write_text(f"{HEADER}\n{row('A', '0.30')}\n", encoding="utf-8")
    return rule_file


def test_a_workbook_matches_a_csv_file(tmp_path: Path) -> None:
    rule_file = sheet_rules(tmp_path)
    write_sheet(tmp_path / "b.xlsx", [row("A")], [0.3])
    given = {"a": [tmp_path / "a.csv"], "b": [tmp_path / "b.xlsx"]}
    found = run.reconcile(rules.read(rule_file), given, scratch=tmp_path)
    assert (found.state, found.file_breaks) == (State.CLEAN, [])


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (1234567890.1234567, "more digits than a spreadsheet keeps"),
        ("=1+1", "holds a formula"),
        (True, "is no number"),
    ],
)
def test_a_workbook_holds_no_amount_that_it_cannot_keep(
    tmp_path: Path, amount: object, words: str
) -> None:
    rule_file = sheet_rules(tmp_path)
    write_sheet(tmp_path / "b.xlsx", [row("A")], [amount])
    given = {"a": [tmp_path / "a.csv"], "b": [tmp_path / "b.xlsx"]}
    found = run.reconcile(rules.read(rule_file), given, scratch=tmp_path)
    assert words in refused(found)[0]
