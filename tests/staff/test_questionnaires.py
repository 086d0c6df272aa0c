"""Questionnaires of buyers in the staff door: in, columns, proposals, own words, the copy."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from accounts.models import User
from evidence import store
from jobs.models import Job
from readiness.buyers import desk as asking_desk
from readiness.buyers import library
from readiness.models import BuyerQuestionnaire, BuyerReply, LearntWording
from registers import entries, registry
from registers.models import Entry
from reports.filled import issue
from tests import cast
from tests.readiness.buyers import asking, workbooks
from tests.readiness.ground import Ground
from tests.staff import desk
from tests.staff.desk import Desk


@pytest.fixture
def mfa(alices: Desk) -> Entry:
    ground = Ground(alices.user)
    ground.expect("staff-mfa-state", control="AC-01")
    ground.show("staff-mfa-state")
    given = asking.answer(controls="AC-01", kinds="staff-mfa-state")
    return entries.add(registry.get("buyer_answers"), given=given, by=alices.user)


@pytest.fixture
def opened(mfa: Entry, alices: Desk, tmp_path: Path) -> BuyerQuestionnaire:
    return asking.opened(tmp_path, alices.user)


def upload(path: Path) -> SimpleUploadedFile:
    return SimpleUploadedFile(path.name, path.read_bytes(), asking_desk.MEDIA_TYPE)


def send(at: Desk, path: Path) -> str:
    """Hand a workbook in and return what is read on the page that comes."""
    form = {"file": upload(path), "buyer": "Globex", "engagement": ""}
    return desk.words(at.client.post(desk.url("questionnaire_new"), form, follow=True))


def test_an_empty_house_says_how_to_begin(alices: Desk) -> None:
    Ground(alices.user).control("AC-01")
    with desk.at_most(14):
        said = alices.text("questionnaires")
    assert "No questionnaire came in yet" in said
    assert "Begin with 1 answer" in said


def test_the_library_begins_with_one_press(alices: Desk) -> None:
    for one in library.starters():
        for ref in one.controls:
            Ground(alices.user).control(ref)
    assert library.starters()[0].answer in alices.text("answer_library")
    answer = alices.post("answer_library", read_by=alices.user.email)
    assert "Another person must have read it" in desk.words(answer)
    answer = alices.post("answer_library", read_by="eve@example.org")
    assert answer.url == desk.url("register", "buyer_answers")
    assert "has answers already" in alices.text("answer_library")


def test_a_questionnaire_comes_in_and_its_columns_are_confirmed(
    alices: Desk, mfa: Entry, tmp_path: Path
) -> None:
    said = send(alices, workbooks.caiq(tmp_path / "globex.xlsx"))
    assert "What the columns hold" in said
    assert workbooks.MFA in said
    made = BuyerQuestionnaire.objects.get()
    columns = {"question": 2, "number": 1, "answer": 3, "comment": 4}
    sheet = {"is_read": "on", "heading_row": 4, "words": "caiq", **columns}
    sent: dict[str, Any] = {f"sheet1-{name}": value for name, value in sheet.items()}
    for place in (0, 2):
        sent |= {f"sheet{place}-heading_row": 1, f"sheet{place}-words": "plain"}
    shown = alices.post("questionnaire_columns", made.pk, then="look", **sent)
    assert workbooks.MFA in desk.words(shown)
    answer = alices.post("questionnaire_columns", made.pk, then="propose", **sent)
    assert answer.url == desk.url("questionnaire", made.pk)
    assert "waiting for a worker" in alices.text("questionnaire", made.pk)
    asking_desk.propose(made.pk)
    assert made.questions.count() == len(workbooks.QUESTIONS)


def test_proposals_are_confirmed_and_a_copy_is_filled(
    alices: Desk, opened: BuyerQuestionnaire, mfa: Entry, tmp_path: Path
) -> None:
    with desk.at_most(20):
        said = alices.text("questionnaire", opened.pk)
    assert "asked in these words before" in said
    assert "Backed EV-" in said
    seen = asking.seen(question := asking.question(opened, "IAM-14.1"))
    sent = f"{question.pk}:{seen.entry}:{seen.version}"
    alices.post("questionnaire_confirm", opened.pk, question=sent, teach="1")
    assert BuyerReply.objects.get().text == mfa.values["answer"]
    alices.post("questionnaire_fill", opened.pk)
    key = Job.objects.get(kind=issue.JOB).payload["key"]
    assert "The workbook is being filled" in alices.text("questionnaire", opened.pk)
    filled = issue.make(opened.pk, key=key, by=alices.user.pk)
    assert issue.make(opened.pk, key=key, by=alices.user.pk) == filled
    assert filled.ref in alices.text("questionnaire", opened.pk)
    assert "1 of 4" in alices.text("questionnaires")
    out = tmp_path / "filled.xlsx"
    out.write_bytes(b"".join(store.stream(filled.blob_id)))
    book = load_workbook(out)
    assert book.sheetnames[-3:] == ["Hidden notes", "Answers and sources", "Unanswered"]
    assert book["CAIQ"].cell(workbooks.FIRST, 3).value == "Yes"
    assert "Source: AC-01; EV-" in str(book["CAIQ"].cell(workbooks.FIRST, 4).value)


def test_a_button_for_the_wrong_question_changes_nothing(
    alices: Desk, opened: BuyerQuestionnaire
) -> None:
    for sent in ("x", "1:2", "9:9:9", "1:1:1:1"):
        answer = alices.post("questionnaire_confirm", opened.pk, question=sent, follow=True)
        assert desk.told(answer)
    assert not BuyerReply.objects.exists()


def test_own_words_begin_from_the_proposal(alices: Desk, opened: BuyerQuestionnaire) -> None:
    place = asking.question(opened, "IAM-14.1").place
    page = alices.get("questionnaire_reply", opened.pk, place).content.decode()
    assert "A sign-in without one is refused." in page
    answer = alices.post(
        "questionnaire_reply", opened.pk, place, short="yes", text="Yes, always.", seen=0
    )
    assert answer.url == desk.url("questionnaire", opened.pk)
    assert "Yes, always." in alices.text("questionnaire", opened.pk, show="answered")
    assert BuyerReply.objects.get().entry is None
    late = alices.post("questionnaire_reply", opened.pk, place, short="", text="Late.", seen=0)
    assert "Somebody else has changed this" in desk.words(late)


def test_own_words_that_say_the_same_keep_their_source(
    alices: Desk, opened: BuyerQuestionnaire, mfa: Entry
) -> None:
    place = asking.question(opened, "IAM-14.1").place
    said: dict[str, Any] = {
        "short": "yes",
        "text": "Yes, by everybody.",
        "seen": 0,
        "says_the_same": "on",
    }
    alices.post("questionnaire_reply", opened.pk, place, **said)
    assert BuyerReply.objects.get().entry == mfa
    assert "Backed EV-" in alices.text("questionnaire", opened.pk, show="answered")


def test_the_library_is_asked_again(alices: Desk, opened: BuyerQuestionnaire) -> None:
    given = asking.answer(question="Is there a statement about modern slavery?", controls="AC-01")
    entries.add(registry.get("buyer_answers"), given=given, by=alices.user)
    alices.post("questionnaire_propose", opened.pk)
    assert asking.question(opened, "BCR-08.1").state == "proposed"


@pytest.mark.parametrize(
    ("part", "content", "words"),
    [
        ("xl/vbaProject.bin", b"x", "has macros"),
        ("xl/worksheets/sheet9.xml", b" " * 8_000_000, "more than a table may"),
    ],
    ids=["macros", "bomb"],
)
def test_hostile_files_are_refused_on_the_form(
    alices: Desk, tmp_path: Path, part: str, content: bytes, words: str
) -> None:
    path = workbooks.caiq(tmp_path / "bad.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, content)
    assert words in send(alices, path)
    assert not BuyerQuestionnaire.objects.exists()


def test_too_many_rows_are_refused_clearly(alices: Desk, tmp_path: Path) -> None:
    rows = ([f"Question {n}?"] for n in range(20_001))
    path = workbooks.plain(tmp_path / "long.xlsx", [["Question", "Answer"], *rows])
    assert "more than 20,000 rows" in send(alices, path)


def test_who_may_only_look_has_no_buttons(opened: BuyerQuestionnaire) -> None:
    owner = desk.at(cast.person("control-owner"))
    page = owner.get("questionnaire", opened.pk).content.decode()
    assert "Own words" not in page
    assert "Fill the workbook" not in page
    assert owner.post("questionnaire_fill", opened.pk).status_code == 403


def test_who_keeps_no_registers_does_not_teach(opened: BuyerQuestionnaire) -> None:
    reviewer = desk.at(cast.person("reviewer"))
    question = asking.question(opened, "IAM-14.1")
    question.text = "Do all staff sign in with a second factor of any kind?"
    question.save()
    seen = asking.seen(question)
    sent = f"{question.pk}:{seen.entry}:{seen.version}"
    reviewer.post("questionnaire_confirm", opened.pk, question=sent, teach="1")
    assert BuyerReply.objects.count() == 1
    assert not LearntWording.objects.exists()


def test_strangers_stay_out(strangers: tuple[User, ...], opened: BuyerQuestionnaire) -> None:
    desk.assert_refused("questionnaire_columns", opened.pk, strangers=strangers)
