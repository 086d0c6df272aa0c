"""The filled questionnaire: each answer with its source in its place, all else on own sheets."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

from accounts.models import User
from readiness.buyers.backing import Backed
from readiness.buyers.layout import Mapped
from readiness.buyers.outcome import Line
from registers import entries, registry
from registers.models import Entry
from reports.filled import answers
from tests.readiness.buyers import asking, workbooks
from tests.readiness.ground import Ground

PROVEN = Backed(("EV-7",), None)
OPEN = Backed(lacks=("nothing came",))
CAIQ = Mapped("CAIQ", 4, 2, 1, 3, 4, "caiq")


def line(row: int, **said: Any) -> Line:
    return Line("CAIQ", row, f"N-{row}", f"Question {row}?", **said)


def filled(tmp_path: Path, mapped: Mapped, *lines: Line) -> Any:
    source, out = workbooks.caiq(tmp_path / "in.xlsx"), tmp_path / "out.xlsx"
    answers.write(source, out, mapped=[mapped], lines=lines)
    return load_workbook(out)


def rows(sheet: Any) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(min_row=2, values_only=True))


def test_one_word_and_the_source_go_into_their_columns(tmp_path: Path) -> None:
    proven = line(
        5, short="not applicable", said="We have none.", controls=("A", "B"), backed=PROVEN
    )
    book = filled(tmp_path, CAIQ, proven, line(6, said="In words only.", backed=OPEN))
    sheet = book["CAIQ"]
    assert sheet["C5"].value == "NA"
    assert sheet["D5"].value == "We have none.\nSource: A, B; EV-7; evidence as of None."
    assert sheet["C6"].value == "In words only."
    assert sheet["D6"].value == "Source: our own words; not backed by evidence."


def test_without_a_column_for_comments_sources_stand_beside(tmp_path: Path) -> None:
    mapped = Mapped("CAIQ", 4, 2, 1, 3, 0, "plain")
    sheet = filled(tmp_path, mapped, line(5, short="yes", said="Yes, all.", backed=OPEN))["CAIQ"]
    assert sheet["C5"].value == "Yes, all."
    assert sheet["E4"].value == "Source of the answer"
    assert "not backed by evidence" in sheet["E5"].value


def test_what_is_unanswered_and_what_could_not_be_written_is_listed(tmp_path: Path) -> None:
    said = line(5, short="yes", said="=1+1", backed=OPEN)
    mapped = Mapped("CAIQ", 4, 1, 0, 3, 2, "caiq")
    book = filled(tmp_path, mapped, said, line(6, missing="No answer is near."))
    (row,) = rows(book["Answers and sources"])
    assert row[4:7] == ("Yes", "=1+1", "not backed by evidence")
    assert row[11] == "here only: the cell holds words already"
    (missing,) = rows(book["Unanswered"])
    assert missing[3:] == ("Question 6?", "No answer is near.")


def test_where_everything_or_nothing_is_answered_the_sheets_say_so(tmp_path: Path) -> None:
    nothing = filled(tmp_path, CAIQ, line(5, missing="None."))
    assert nothing["Answers and sources"]["D2"].value == "No question was answered."
    everything = filled(tmp_path, CAIQ, line(5, said="Yes.", backed=OPEN))
    assert everything["Unanswered"]["D2"].value == "Every question was answered."


@pytest.mark.usefixtures("var_dir")
class TestCommand:
    @pytest.fixture(autouse=True)
    def mfa(self, alice: User) -> Entry:
        ground = Ground(alice)
        ground.expect("staff-mfa-state", control="AC-01")
        ground.show("staff-mfa-state")
        given = asking.answer(controls="AC-01", kinds="staff-mfa-state")
        return entries.add(registry.get("buyer_answers"), given=given, by=alice)

    def run(self, source: Path, out: Path, **options: Any) -> str:
        said = io.StringIO()
        call_command("answer_questionnaire", str(source), out=out, stdout=said, **options)
        return said.getvalue()

    def test_it_fills_what_is_recorded_and_nothing_that_is_near(self, tmp_path: Path) -> None:
        near = (("A", workbooks.MFA), ("B", "Do all staff sign in with a second factor always?"))
        source, out = workbooks.caiq(tmp_path / "in.xlsx", near), tmp_path / "out.xlsx"
        said = self.run(source, out)
        assert "CAIQ: read as CAIQ-like" in said
        assert "2 questions: 1 answered, 1 of them backed by evidence; 1 wait for a person" in said
        book = load_workbook(out)
        assert [book["CAIQ"].cell(row, 3).value for row in (5, 6)] == ["Yes", None]
        assert "waits for a person" in book["Unanswered"]["E2"].value

    def test_what_is_wrong_is_said(self, tmp_path: Path) -> None:
        source = workbooks.caiq(tmp_path / "in.xlsx")
        plain = workbooks.plain(tmp_path / "plain.xlsx", [["Item", "Price"], ["a", 1]])
        for file, out, options, words in (
            (tmp_path / "gone.xlsx", "o.xlsx", {}, "There is no file"),
            (source, "in.xlsx", {}, "is there already"),
            (plain, "o.xlsx", {}, "No sheet has headings that are known"),
            (source, "o.xlsx", {"engagement": "ENG-9"}, "known: none"),
        ):
            with pytest.raises(CommandError, match=words):
                self.run(file, tmp_path / out, **options)
        assert not (tmp_path / "o.xlsx").exists()
