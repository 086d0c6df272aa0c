"""A run that cannot prove its equations has failed, and the equation is named."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from evidence.reconcile import (
    findings,
    identities,
    opening,
    passes,
    plain,
    residue,
    rules,
    run,
    tables,
)
from evidence.reconcile.engine import Engine
from evidence.reconcile.errors import OpeningError
from evidence.reconcile.outcome import Outcome, State
from tests.evidence.reconcile.small import reconcile, row, rule_text
from tests.evidence.reconcile.writing import Line, Sheet, camt053

LEDGER = rule_text(roles=("platform", "ledger")).replace("fee: fee", "entry_id: fee")


def failed(found: Outcome) -> set[str]:
    assert found.state is State.FAILED
    return {identity.name for identity in found.failed_identities}


def test_a_pass_that_loses_items_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residue, "settle", lambda *_: None)
    found = reconcile(tmp_path, rule_text(), [row("A"), row("B")], [row("A")])
    assert failed(found) == {"classes"}


def test_a_pass_that_counts_twice_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = passes._record_pairs

    def twice(*arguments: object) -> None:
        once(*arguments)  # type: ignore[arg-type]
        once(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(passes, "_record_pairs", twice)
    # What is there twice is no plain pair, so that the exact pass has to match it.
    found = reconcile(tmp_path, rule_text(), [row("A"), row("B")], [row("A"), row("A")])
    assert failed(found) == {"classes", "once"}


def test_plain_pairs_that_count_twice_fail_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        plain,
        "_take_out_repeated",
        lambda engine, _buckets: engine.show("meeting", "SELECT * FROM met"),
    )
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A"), row("A"), row("B")])
    assert failed(found) == {"classes", "once"}


def test_plain_pairs_that_were_never_counted_fail_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = plain._keep_others

    def forgetful(engine: Engine, place: tables.Place, never: str) -> None:
        keep(engine, place, never)
        engine.execute("DELETE FROM plain")

    monkeypatch.setattr(plain, "_keep_others", forgetful)
    found = reconcile(tmp_path, rule_text(), [row("A"), row("B")], [row("A")])
    assert failed(found) == {"classes", "once"}


def test_a_pass_that_matches_unlike_amounts_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "SAME", "l.kind = r.kind")
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A", "10.01")])
    assert failed(found) == {"matched"}


def test_rows_that_vanish_on_the_way_in_fail_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = tables.create

    def lossy(engine: Engine) -> None:
        create(engine)
        engine.execute("DELETE FROM loaded WHERE own_id = 'B'")

    monkeypatch.setattr(tables, "create", lossy)
    found = reconcile(tmp_path, rule_text(), [row("A"), row("B")], [row("A")])
    assert failed(found) == {"files"}


def test_an_entry_of_the_ledger_sums_to_zero(tmp_path: Path) -> None:
    even = [row("A", fee="e1"), row("B", "-10.00", fee="e1")]
    found = reconcile(tmp_path, LEDGER, [row("A")], even)
    assert found.failed_identities == []
    odd = [row("A", fee="e1"), row("B", "-9.99", fee="e1")]
    found = reconcile(tmp_path, LEDGER, [row("A")], odd)
    assert failed(found) == {"ledger"}
    (identity,) = found.failed_identities
    assert (identity.left, identity.right) == ((1, 1), (0, 0))


def statements(folder: Path, changes: Callable[[list[Sheet]], list[Sheet]]) -> Outcome:
    """Run over three camt statements of one account after a change."""
    sheets, balance = [], 1000
    for number in (1, 2, 3):
        day = date(2026, 3, number + 1)
        sheet = Sheet(
            "ACC", "EUR", number, balance, day, [Line(f"R{number}", f"b{number}", 5, day)]
        )
        sheets.append(sheet)
        balance = sheet.closing
    paths: list[Path] = []
    for sheet in changes(sheets):
        path = folder / f"b{sheet.number}-{len(paths)}.xml"
        path.write_text(camt053(sheet, message=f"M{len(paths)}"), encoding="utf-8")
        paths.append(path)
    head, mark, tail = rule_text(roles=("processor", "bank")).rpartition('- name: "b*.csv"')
    assert mark
    file_rule = '- {name: "*.xml", format: camt053, fixed: {kind: sale, status: done}}'
    rule_file = folder / "rules.yaml"
    rule_file.write_text(
        head + file_rule + "\ncomparisons:" + tail.partition("comparisons:")[2], encoding="utf-8"
    )
    left = folder / "a.csv"
    left.write_text("id,other\n", encoding="utf-8")
    return run.reconcile(rules.read(rule_file), {"a": [left], "b": paths}, scratch=folder)


def test_statements_follow_each_other(tmp_path: Path) -> None:
    found = statements(tmp_path, lambda sheets: sheets)
    assert found.failed_identities == []
    (chain,) = [identity for identity in found.identities if identity.name == "chain"]
    assert chain.left == (2, 0)


def test_a_statement_that_is_missing_is_told_by_its_number(tmp_path: Path) -> None:
    found = statements(tmp_path, lambda sheets: [sheets[0], sheets[2]])
    told = [each.subject for each in found.file_breaks if each.reason == "file_missing"]
    assert told == ["ACC 2"]
    assert found.failed_identities == []


def test_balances_that_do_not_follow_fail_the_run(tmp_path: Path) -> None:
    def forged(sheets: list[Sheet]) -> list[Sheet]:
        second = sheets[1]
        other = Sheet("ACC", "EUR", 2, second.opening + 1, second.day, second.lines)
        return [sheets[0], other, sheets[2]]

    found = statements(tmp_path, forged)
    assert failed(found) == {"chain"}
    assert len(found.failed_identities) == 2


def test_open_breaks_roll_forward(tmp_path: Path) -> None:
    first = reconcile(tmp_path, rule_text(), [row("A"), row("B")], [row("C")])
    before = {each.id: opening.of(each) for each in first.breaks}
    found = reconcile(tmp_path, rule_text(), [row("A"), row("B")], [row("B")], opening=before)
    (rolled,) = [identity for identity in found.identities if identity.name == "roll_forward"]
    assert rolled.holds
    assert (rolled.left, len(found.breaks)) == ((1, 1000), 1)
    assert found.breaks[0].id in before


def test_an_amount_that_changed_under_an_open_break_fails_the_run(tmp_path: Path) -> None:
    first = reconcile(tmp_path, rule_text(), [row("A")], [])
    before = {each.id: opening.Open("EUR", 999) for each in first.breaks}
    found = reconcile(tmp_path, rule_text(), [row("A")], [], opening=before)
    assert failed(found) == {"roll_forward"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"breaks": [{"id": 1}]}'])
def test_what_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OpeningError, match="no report of an earlier run"):
        opening.read(path)


@pytest.mark.parametrize(
    ("due", "bucket"),
    [(20, "0-1"), (19, "0-1"), (18, "2-3"), (17, "2-3"), (16, "4-7"), (13, "4-7"), (12, "8-30")],
)
def test_breaks_age_from_their_due_day(due: int, bucket: str) -> None:
    assert findings.age(date(2026, 3, due), date(2026, 3, 20)) == bucket
    assert findings.age(date(2026, 2, 17), date(2026, 3, 20)) == "over 30"
    assert findings.age(None, date(2026, 3, 20)) == ""


def test_every_name_of_an_identity_is_told_in_its_module() -> None:
    told = identities.__doc__ or ""
    names = ("files", "once", "classes", "matched", "settlement", "ledger", "chain", "roll_forward")
    assert all(name in told for name in names)
