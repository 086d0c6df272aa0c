"""`manage.py reconcile` prints totals and digest, and its exit code says how the run ended."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from evidence.reconcile.errors import ReconcileError
from tests.evidence.reconcile.small import HEADER, row, rule_text


def write(folder: Path, left: Sequence[str], right: Sequence[str]) -> list[str]:
    (folder / "rules.yaml").write_text(rule_text(), encoding="utf-8")
    for name, rows in (("a", left), ("b", right)):
        (folder / f"{name}.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return [
        f"--rules={folder / 'rules.yaml'}",
        f"--left={folder / 'a.csv'}",
        f"--right={folder / 'b.csv'}",
        "--as-of=2026-03-20",
    ]


def test_a_clean_run_prints_its_digest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = write(tmp_path, [row("A"), row("B")], [row("B"), row("A")])
    call_command("reconcile", *arguments)
    first = capsys.readouterr().out
    assert "a-b left (a) matched: 2 items, 20.00 EUR" in first
    assert "state    clean: 0 breaks, 0 of files" in first
    call_command("reconcile", *write(tmp_path, [row("B"), row("A")], [row("A"), row("B")]))
    again = capsys.readouterr().out
    assert first.splitlines()[-1] == again.splitlines()[-1]
    assert first.splitlines()[-1].startswith("digest   ")


def test_breaks_end_with_exit_code_1_and_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = write(tmp_path, [row("A")], [row("A", "10.01")])
    with pytest.raises(SystemExit) as caught:
        call_command("reconcile", *arguments, f"--out={tmp_path / 'report.json'}")
    assert caught.value.code == 1
    out = capsys.readouterr().out
    assert "A 10.00 EUR (a.csv:2) / A 10.01 EUR (b.csv:2)" in out
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert [each["reason"] for each in report["breaks"]] == ["amount"]
    with pytest.raises(SystemExit):
        call_command("reconcile", *arguments, f"--opening={tmp_path / 'report.json'}")
    assert "identities hold" in capsys.readouterr().out


def test_inputs_of_a_signed_day_tell_which_files_lead_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = write(tmp_path, [row("A")], [row("A"), row("B")])
    listed = [{"name": "a.csv", "leads_in": False}, {"name": "b.csv", "leads_in": True}]
    (tmp_path / "inputs.json").write_text(json.dumps(listed), "utf-8")
    call_command("reconcile", *arguments, f"--inputs={tmp_path / 'inputs.json'}")
    assert "a-b right (b) out_of_scope: 1 items" in capsys.readouterr().out
    (tmp_path / "inputs.json").write_text('["a.csv"]', "utf-8")
    with pytest.raises(CommandError, match=r"inputs\.json is no list of inputs"):
        call_command("reconcile", *arguments, f"--inputs={tmp_path / 'inputs.json'}")


def test_a_run_that_cannot_be_ends_with_exit_code_2(tmp_path: Path) -> None:
    good = write(tmp_path, [row("A")], [row("A", "10.01")])
    for arguments, words in (
        ([*good, "--leg=c=x.csv"], "no leg c"),
        ([*good, "--leg=c"], "must look like"),
        ([*good, f"--opening={tmp_path / 'none.json'}"], "no report of an earlier run"),
        ([*good, f"--out={tmp_path / 'none' / 'x.json'}"], "No such file"),
        (good[:2], "No file was given for the leg b"),
        ([*good[:2], f"--right={tmp_path / 'none.csv'}"], "No such file"),
        ([f"--rules={tmp_path / 'a.csv'}", *good[1:]], "a.csv, line"),
        ([*good, "--engine=postgresql", "--database=no string"], "PostgreSQL gave up"),
    ):
        with pytest.raises(CommandError, match=words) as caught:
            call_command("reconcile", *arguments)
        assert caught.value.returncode == 2


def test_the_engine_that_was_asked_for_does_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[object, ...]] = []

    def refuse(*arguments: object, **named: object) -> None:
        asked.append((*arguments, *named.values()))
        raise ReconcileError("It was asked.")

    place = "compliance.management.commands.reconcile"
    for name in ("postgresql_engine", "spark_engine"):
        monkeypatch.setattr(f"{place}.{name}", refuse)
    good = write(tmp_path, [row("A")], [row("A", merchant="M2")])
    call_command("reconcile", *good, "--engine=duckdb")
    assert "state    clean" in capsys.readouterr().out
    for arguments in (
        ["--engine=postgresql", "--database=dbname=books"],
        ["--engine=spark", "--spark-master=local[2]"],
    ):
        with pytest.raises(CommandError, match="It was asked"):
            call_command("reconcile", *good, *arguments)
    assert [each[-1] for each in asked] == ["dbname=books", "local[2]"]


def test_a_folder_stands_for_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, left, right, day = write(tmp_path, [row("A")], [row("A", merchant="M2")])
    folder = tmp_path / "b"
    folder.mkdir()
    (tmp_path / "b.csv").rename(folder / "b.csv")
    call_command("reconcile", rules, left, f"--leg=b={folder}", day)
    assert "b/b.csv" in capsys.readouterr().out
    assert right.endswith("b.csv")
