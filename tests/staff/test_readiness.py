"""Readiness in the staff door: score, answers, mistakes with their rows, gaps, and the plan."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from controls.readiness_file import Kind
from evidence.models import Evidence
from readiness import answers, steps
from readiness.models import Answer, StepVersion
from readiness.programme import programme
from tests import cast
from tests.readiness.ground import Ground, ago
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

pytestmark = pytest.mark.django_db
QUESTION, STEP = "q-sec-01", "step-1-1"
STANDARD = "api-authentication-standard"
READ = ["readiness", "readiness_programme", "gaps", "plan"]


@pytest.fixture
def ground(alice: User, alices: Desk) -> Ground:
    return Ground(alice)


@pytest.fixture
def executives(db: None) -> Desk:
    return desk.at(cast.person("executive"))


def send(who: Desk, page: str, *args: Any, **data: Any) -> Any:
    return who.client.post(desk.url(page, *args), data)


def test_an_empty_installation_is_told_what_keeps_it_from_being_ready(alices: Desk) -> None:
    text = alices.text("readiness")
    assert "Not ready" in text
    assert "22 questions are not answered yet." in text
    assert "13 common mistakes are not judged, because there is no data." in text
    assert "Does a standard say how callers of the API prove who they are?" in text


def test_a_question_is_answered_and_shown_with_what_backs_it(alices: Desk, ground: Ground) -> None:
    item = ground.show(STANDARD)
    answer = send(alices, "readiness_answer", QUESTION, value="yes", reason="", seen=0)
    assert answer.status_code == 302
    text = alices.text("readiness_question", QUESTION)
    assert f"Backed at that moment by {item.ref}." in text
    assert "Shown by evidence" in text
    assert str(alices.user) in text
    assert "Answered yes, and shown by accepted evidence." in text
    assert "1 of 22 questions that apply are shown" in alices.text("readiness")


def test_questions_are_answered_one_after_the_other(alices: Desk) -> None:
    assert "Answer the questions" in alices.text("readiness")
    first, second = (entry.id for entry in programme().entries(Kind.QUESTION)[:2])
    form = alices.text("readiness_answer", first)
    assert "Still to answer after this one: 21." in form
    assert "Answer and go on" in form
    done = send(alices, "readiness_answer", first, value="no", reason="", seen=0, then="next")
    assert done["location"] == desk.url("readiness_answer", second)


def test_the_last_answer_leads_to_what_is_missing(alices: Desk) -> None:
    *others, last = (entry.id for entry in programme().entries(Kind.QUESTION))
    for question in others:
        answers.answer(question, value="no", reason="", seen=0, by=alices.user)
    form = alices.text("readiness_answer", last)
    assert ("Answer and go on" in form, "Answer and see the gaps" in form) == (False, True)
    done = alices.client.post(
        desk.url("readiness_answer", last), {"value": "no", "seen": 0, "then": "next"}, follow=True
    )
    assert done.redirect_chain[-1][0] == desk.url("gaps")
    assert "Every question is answered." in told(done)
    assert "Answer the questions" not in alices.text("readiness")
    assert "Answer and see the gaps" not in alices.text("readiness_answer", last)


def test_where_nobody_claims_anything_nothing_is_called_a_claim(alices: Desk) -> None:
    assert "A mere claim" not in alices.text("readiness")
    assert "Nothing yet" in alices.text("readiness_question", QUESTION)


def test_a_claim_is_called_a_claim(alices: Desk, ground: Ground) -> None:
    ground.expect(STANDARD)
    answers.answer(QUESTION, value="yes", reason="", seen=0, by=alices.user)
    text = alices.text("readiness_question", QUESTION)
    assert "A mere claim" in text
    assert "No evidence has come yet." in text
    assert "Add evidence" in text
    assert "answered yes with nothing to show for it: a mere claim" in alices.text("readiness")


def test_what_the_room_refuses_stands_on_the_form_and_nothing_is_lost(alices: Desk) -> None:
    page = send(alices, "readiness_answer", QUESTION, value="not_applicable", reason=" ", seen=0)
    assert "Say why it does not apply" in words(page)
    answers.answer(QUESTION, value="no", reason="", seen=0, by=alices.user)
    page = send(alices, "readiness_answer", QUESTION, value="yes", reason="It is there", seen=0)
    assert "Somebody else has changed this" in words(page)
    assert "It is there" in page.content.decode()
    assert Answer.objects.count() == 1
    form = alices.get("readiness_answer", QUESTION).context["form"]
    assert (form["value"].value(), form["seen"].value()) == ("no", 1)


def test_a_mistake_names_its_rows_with_links(alices: Desk, ground: Ground) -> None:
    entry = ground.token(scopes="*")
    page = alices.get("readiness_mistake", "mistake-broad-scopes")
    assert desk.url("entry", "service_accounts", entry.number) in page.content.decode()
    assert "scopes: *" in words(page)
    silent = alices.text("readiness_mistake", "mistake-old-keys")
    assert "Nothing shows it" in silent
    blind = alices.text("readiness_mistake", "mistake-no-vendor-map")
    assert "It was not judged" in blind


def test_rows_of_each_kind_lead_to_their_page(alices: Desk, ground: Ground) -> None:
    item = ground.show("evidence-review", age=1, came_after=40)
    expectation = ground.expect("daily-reconciliation")
    answers.answer(QUESTION, value="yes", reason="", seen=0, by=alices.user)
    scattered = alices.get("readiness_mistake", "mistake-scattered-evidence").content.decode()
    assert desk.url("evidence_evidence_change", item.pk) in scattered
    assert desk.url("readiness_question", QUESTION) in scattered
    missing = alices.get("readiness_mistake", "mistake-no-reconciliation").content.decode()
    assert f"{desk.url('hand_in')}?expectation={expectation.pk}" in missing


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("readiness_question", ["q-none"]),
        ("readiness_answer", ["q-none"]),
        ("readiness_mistake", ["mistake-none"]),
        ("plan_step", ["step-9-9"]),
    ],
)
def test_what_the_programme_does_not_have_is_not_found(
    name: str, args: list[str], alices: Desk
) -> None:
    assert alices.get(name, *args).status_code == 404


def test_gaps_come_by_weight_with_the_next_deed(alices: Desk, ground: Ground) -> None:
    ground.expect("vault-settings", control="API-06", collector="register_vendors")
    ground.expect("the-list", control="ZZ-01", collector="staff_mfa")
    ground.expect("some-list", control="ZZ-02", collector="nobody_knows")
    ground.token(scopes="*")
    page = alices.get("gaps")
    shown = page.context["lines"]
    assert [gap.weight for gap, _ in shown] == sorted((g.weight for g, _ in shown), reverse=True)
    ways = {gap.name: way for gap, way in shown}
    assert ways["mistake-broad-scopes"].url == desk.url("readiness_mistake", "mistake-broad-scopes")
    assert ways[QUESTION][:2] == (desk.url("readiness_answer", QUESTION), "Answer")
    assert ways["API-06"][:2] == (desk.url("register", "vendors"), "Open the register")
    assert ways["ZZ-01"][:2] == (desk.url("source_connect", "staff_mfa"), "Connect a source")
    assert ways["ZZ-02"].label == "See sources"


def test_a_gap_leads_to_the_typed_form_that_closes_it(alices: Desk, ground: Ground) -> None:
    ground.expect("restore-practice", control="ZZ-01")
    address = desk.url("form_kind", "restore_test")
    assert f'href="{address}"' in alices.get("gaps").content.decode()
    executive = desk.at(cast.person("executive"))
    assert address not in executive.get("gaps").content.decode()


def test_gaps_are_narrowed_and_paged(alices: Desk, ground: Ground) -> None:
    for number in range(10, 65):
        ground.expect(f"list-{number}", control=f"ZZ-{number}")
    first = alices.get("gaps")
    assert len(first.context["lines"]) == 50
    assert "page 1 of 2" in words(first)
    seen = [gap.name for gap, _ in first.context["lines"]]
    second = alices.get("gaps", page="2")
    seen += [gap.name for gap, _ in second.context["lines"]]
    assert len(seen) == len(set(seen)) == 77
    assert len(alices.get("gaps", kind="question").context["lines"]) == 22
    assert "No gap of this kind" in alices.text("gaps", kind="mistake")
    assert alices.get("gaps", page="x", kind="y").status_code == 200


def test_the_plan_is_laid_out_assigned_and_ticked(alices: Desk, ground: Ground) -> None:
    assert "0 of 36 steps done" in alices.text("plan")
    page = alices.post("plan_lay_out", start="2026-01-05", follow=True)
    assert "Every step has a due day now." in told(page)
    assert "25 Jan 2026" in words(page)
    assert "36 overdue" in words(page)
    send(alices, "plan_step", STEP, owner=alices.user.pk, due_on=ago(-5), seen=1)
    assert StepVersion.objects.filter(step=STEP).first().owner == alices.user  # type: ignore[union-attr]
    send(alices, "plan_tick", STEP, "tick", note="The list is signed.", seen=2)
    text = alices.text("plan_step", STEP)
    assert "Ticked by hand" in text
    assert "The list is signed." in text
    assert "1 of 36 steps done" in alices.text("plan")
    send(alices, "plan_tick", STEP, "untick", note="It was the old one.", seen=3)
    assert "0 of 36 steps done" in alices.text("plan")


def test_wrong_days_notes_and_deeds_change_nothing(alices: Desk) -> None:
    page = alices.post("plan_lay_out", start="soon", follow=True)
    assert "Say on which day the first phase begins" in told(page)
    page = alices.post("plan_tick", STEP, "tick", note=" ", seen="0", follow=True)
    assert "Say in a note what shows it" in told(page)
    assert send(alices, "plan_tick", STEP, "burn", note="x", seen="0").status_code == 404
    assert send(alices, "plan_tick", STEP, "tick", note="x", seen="-1").status_code == 404
    page = send(alices, "plan_step", STEP, owner="", due_on="", seen=7)
    assert "Somebody else has changed this" in words(page)
    assert not StepVersion.objects.exists()


def test_an_executive_reads_all_and_changes_nothing(executives: Desk, var_dir: Any) -> None:
    for name in READ:
        assert executives.get(name).status_code == 200
    assert "Lay out" not in executives.text("plan")
    assert "The compliance lead answers it." in executives.text("readiness_question", QUESTION)
    assert "Answer anew" not in executives.text("readiness")
    text = executives.text("plan_step", STEP)
    assert "Tick it by hand" not in text
    ways = {gap.name: way for gap, way in executives.get("gaps").context["lines"]}
    assert ways[QUESTION].label == "See the question"
    assert executives.get("readiness_answer", QUESTION).status_code == 403
    assert send(executives, "plan_tick", STEP, "tick", note="x", seen=0).status_code == 403
    assert send(executives, "plan_lay_out", start="2026-01-05").status_code == 403
    assert send(executives, "readiness_snapshot").status_code == 403
    refused = send(executives, "plan_step", STEP, owner="", due_on="2026-01-05", seen=0)
    assert refused.status_code == 403
    assert not Answer.objects.exists()
    assert not StepVersion.objects.exists()


@pytest.mark.parametrize(
    ("name", "args"),
    [
        *((name, []) for name in READ),
        ("plan_lay_out", []),
        ("readiness_snapshot", []),
        ("readiness_question", [QUESTION]),
        ("readiness_answer", [QUESTION]),
        ("readiness_mistake", ["mistake-old-keys"]),
        ("plan_step", [STEP]),
        ("plan_tick", [STEP, "tick"]),
    ],
)
def test_nobody_from_outside_gets_in(
    name: str, args: list[str], strangers: tuple[User, ...]
) -> None:
    desk.assert_refused(name, *args, strangers=strangers)


def test_the_answers_are_kept_as_evidence(alices: Desk) -> None:
    page = alices.post("readiness_snapshot", follow=True)
    assert "The answers are kept as they stand now" in told(page)
    assert Evidence.objects.get().title.startswith("Readiness questions with answers")


@pytest.mark.parametrize("name", READ)
def test_a_fault_in_the_files_of_the_programme_is_told_in_words(
    name: str, alices: Desk, settings: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "readiness"
    folder.mkdir()
    (folder / "questions.yaml").write_text("kind: question\ntitle: Q\n", "utf-8")
    settings.CATALOGUE_DIR = tmp_path
    page = alices.get(name)
    assert page.status_code == 503
    assert "readiness/questions.yaml, line 1: entries is missing" in words(page)


@pytest.mark.parametrize("name", READ)
def test_pages_without_a_programme_say_what_to_do(
    name: str, alices: Desk, settings: Any, tmp_path: Path
) -> None:
    settings.CATALOGUE_DIR = tmp_path
    text = alices.text(name)
    assert "The catalogue" in text or "No gap is left" in text


@pytest.mark.parametrize("name", READ)
def test_pages_to_read_refuse_other_methods(name: str, alices: Desk) -> None:
    assert alices.client.post(desk.url(name)).status_code == 405


def test_deeds_refuse_to_be_read(alices: Desk) -> None:
    assert alices.get("plan_lay_out").status_code == 405
    assert alices.get("readiness_snapshot").status_code == 405
    assert alices.get("plan_tick", STEP, "tick").status_code == 405


@pytest.mark.parametrize("name", READ)
def test_pages_ask_the_database_little(name: str, alices: Desk, ground: Ground) -> None:
    for number in range(10, 30):
        ground.expect(f"list-{number}", control=f"ZZ-{number}", collector="staff_mfa")
    ground.expect("key-rotation")
    ground.check("keys-past-lifetime", "key-rotation")
    ground.show("key-rotation", exceptions=1)
    ground.token(scopes="*")
    ground.vendor()
    steps.lay_out(ago(3), by=alices.user)
    answers.answer(QUESTION, value="yes", reason="", seen=0, by=alices.user)
    alices.get(name)
    with at_most(12):
        assert alices.get(name).status_code == 200


def test_the_menu_leads_to_readiness_and_marks_one_place_only(alices: Desk) -> None:
    page = alices.get("gaps").content.decode()
    for name in ("readiness", "gaps", "plan"):
        assert f'href="{desk.url(name)}"' in page
    assert Client().get(desk.url("gaps")).status_code == 302
