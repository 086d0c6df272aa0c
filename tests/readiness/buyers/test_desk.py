"""Receiving a workbook of a buyer: hostile input, columns, and proposals that answer nothing."""

import zipfile
from pathlib import Path

import pytest

from accounts.models import User
from evidence.errors import EvidenceError, QuarantinedError
from evidence.models import Evidence
from evidence.quarantine_models import Quarantined
from jobs.models import Job
from readiness.buyers import desk
from readiness.buyers.layout import Mapped
from readiness.errors import NotAllowedError, QuestionnaireError
from readiness.models import BuyerQuestion, BuyerQuestionnaire
from registers.models import Entry
from tests import cast
from tests.readiness.buyers import asking, workbooks

pytestmark = pytest.mark.django_db
State = BuyerQuestionnaire.State


def take(path: Path, by: User, buyer: str = "Globex") -> BuyerQuestionnaire:
    return desk.receive(path, filename=path.name, buyer=buyer, engagement=None, by=by)


def test_a_workbook_comes_in_as_evidence_with_a_guess_of_its_columns(
    alice: User, var_dir: Path, tmp_path: Path
) -> None:
    made = asking.received(tmp_path, alice)
    assert (made.ref, made.state) == ("QST-1", State.MAPPING)
    assert made.original.filename == "globex.xlsx"
    (mapped,) = desk.mappings(made)
    assert (mapped.sheet, mapped.heading_row, mapped.layout) == ("CAIQ", 4, "caiq")
    assert [one.title for one in desk.looks(made)] == ["Introduction", "CAIQ", "Hidden notes"]


def test_proposals_answer_nothing(opened: BuyerQuestionnaire, mfa: Entry) -> None:
    assert opened.state == State.OPEN
    first, other = asking.question(opened, "IAM-14.1"), asking.question(opened, "BCR-08.1")
    assert (first.state, first.proposed_id, first.score) == ("proposed", mfa.pk, 100)
    assert (other.state, other.proposed_id) == ("open", None)
    assert not any(one.replies.exists() for one in opened.questions.all())


def test_a_job_that_runs_twice_finds_the_questions(opened: BuyerQuestionnaire) -> None:
    before = list(opened.questions.values_list("pk", flat=True))
    desk.propose(opened.pk)
    assert list(opened.questions.values_list("pk", flat=True)) == before
    assert Job.objects.get(kind=desk.PROPOSE).payload == {"questionnaire": opened.pk}


def test_columns_are_confirmed_once_and_must_fit(
    alice: User, var_dir: Path, tmp_path: Path
) -> None:
    made = asking.received(tmp_path, alice)
    (mapped,) = desk.mappings(made)
    for wrong in (
        [],
        [type(mapped)("CAIQ", 4, 2)],
        [type(mapped)("CAIQ", 4, 2, answer=2)],
        [type(mapped)("CAIQ", 4, 0, answer=3)],
    ):
        with pytest.raises(QuestionnaireError):
            desk.map_columns(made, mapped=wrong, by=alice)
    desk.map_columns(made, mapped=[mapped], by=alice)
    with pytest.raises(QuestionnaireError, match="confirmed already"):
        desk.map_columns(made, mapped=[mapped], by=alice)


def test_columns_without_a_question_are_refused_by_the_worker(
    alice: User, var_dir: Path, tmp_path: Path
) -> None:
    made = asking.received(tmp_path, alice)
    desk.map_columns(made, mapped=[Mapped("CAIQ", 400, 2, answer=3)], by=alice)
    assert "no question in the columns" in desk.propose(made.pk).problem
    made.refresh_from_db()
    assert made.state == State.REFUSED


def test_two_thousand_questions_are_looked_up_with_progress(
    mfa: Entry, alice: User, tmp_path: Path
) -> None:
    rows = [["Question", "Answer"], *([f"Is point {n} of the list met?", ""] for n in range(2000))]
    made = take(workbooks.plain(tmp_path / "long.xlsx", rows), alice)
    desk.map_columns(made, mapped=desk.mappings(made), by=alice)
    told: list[tuple[int, int]] = []
    desk.propose(made.pk, progress=lambda done, total, _note: told.append((done, total)))
    assert made.questions.count() == 2000
    assert (200, 2000) in told
    assert told[-1] == (2000, 2000)


def test_an_outsider_brings_nothing_in(charlie: User, var_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(NotAllowedError):
        asking.received(tmp_path, charlie)
    assert not Evidence.objects.exists()
    with pytest.raises(NotAllowedError):
        asking.received(tmp_path, cast.person("control-owner"))


class TestHostileFiles:
    """Each is refused with a sentence, and nothing of it is kept."""

    pytestmark = pytest.mark.usefixtures("var_dir")

    def refused(self, path: Path, by: User, words: str) -> None:
        with pytest.raises((EvidenceError, QuestionnaireError), match=words):
            take(path, by)
        assert not BuyerQuestionnaire.objects.exists()
        assert not BuyerQuestion.objects.exists()
        assert not Evidence.objects.exists()

    def test_a_bomb(self, alice: User, tmp_path: Path) -> None:
        path = workbooks.caiq(tmp_path / "bomb.xlsx")
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/worksheets/sheet9.xml", b" " * 8_000_000)
        self.refused(path, alice, "more than a table may")

    @pytest.mark.parametrize("part", ["xl/vbaProject.bin", "xl/macrosheets/sheet1.xml"])
    def test_macros(self, alice: User, tmp_path: Path, part: str) -> None:
        path = workbooks.caiq(tmp_path / "macros.xlsx")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(part, b"<x/>")
        self.refused(path, alice, "has macros")

    def test_entities(self, alice: User, tmp_path: Path) -> None:
        path = workbooks.caiq(tmp_path / "entities.xlsx")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("xl/other.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
        self.refused(path, alice, "entities")

    def test_too_many_rows(
        self, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(desk, "MOST_ROWS", 500)
        path = workbooks.plain(tmp_path / "long.xlsx", [["Question", "Answer"]] * 501)
        self.refused(path, alice, "more than 500 rows; the sheet Questions")

    def test_rows_without_end(
        self, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(desk, "MOST_ROWS", 20)
        path = workbooks.plain(tmp_path / "far.xlsx", [["Question"], *[[None, ""]] * 500, ["x"]])
        self.refused(path, alice, "more than 20 rows")

    def test_an_old_or_locked_file(self, alice: User, tmp_path: Path) -> None:
        path = tmp_path / "old.xls"
        path.write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
        self.refused(path, alice, "password or in the old .xls form")

    @pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04 broken"])
    def test_no_workbook(self, alice: User, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "none.xlsx"
        path.write_bytes(content)
        self.refused(path, alice, "no readable XLSX")

    def test_a_workbook_without_text(self, alice: User, tmp_path: Path) -> None:
        self.refused(workbooks.plain(tmp_path / "empty.xlsx", []), alice, "no sheet with text")

    def test_without_a_buyer(self, alice: User, tmp_path: Path) -> None:
        path = workbooks.caiq(tmp_path / "a.xlsx")
        with pytest.raises(QuestionnaireError, match="which buyer"):
            take(path, alice, buyer="  ")

    def test_a_card_number(self, alice: User, tmp_path: Path) -> None:
        number = "-".join(["4111", "1111", "1111", "1111"])
        path = workbooks.plain(
            tmp_path / "card.xlsx", [["Question", "Answer"], [f"Is {number} safe?", ""]]
        )
        with pytest.raises(QuarantinedError):
            take(path, alice)
        assert Quarantined.objects.count() == 1
        assert not BuyerQuestionnaire.objects.exists()


def test_formulas_and_codes_are_read_as_words(alice: User, var_dir: Path, tmp_path: Path) -> None:
    formula = '=HYPERLINK("https://example.org", "Is it safe?")'
    rows = [["No", "Question", "Answer"], ["1", formula, ""], ["2", "Is _x005F_x0041_ kept?", ""]]
    made = take(workbooks.plain(tmp_path / "formulas.xlsx", rows), alice)
    desk.map_columns(made, mapped=desk.mappings(made), by=alice)
    desk.propose(made.pk)
    # A formula without a stored value holds no question.
    assert [one.text for one in made.questions.all()] == ["Is _x0041_ kept?"]
