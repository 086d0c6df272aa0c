"""The survey: questions with their proof, the score, gaps with the next deed, and the plan."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from controls.readiness_file import Kind
from evidence import review
from readiness import answers, programme, steps
from readiness.errors import DetectorError
from readiness.gaps import Deed, Gap, GapKind
from readiness.score import Verdict
from readiness.standing import Backing
from readiness.survey import Survey
from tests import cast
from tests.readiness.ground import Ground, ago
from tests.staff.desk import at_most

pytestmark = pytest.mark.django_db
STANDARD = "api-authentication-standard"


def gap(name: str) -> Gap | None:
    return next((gap for gap in Survey().gaps if gap.name == name), None)


def say(ground: Ground, question: str, value: str = "yes", reason: str = "", seen: int = 0) -> None:
    answers.answer(question, value=value, reason=reason, seen=seen, by=ground.alice)


def test_an_empty_installation_is_not_ready_and_says_why(ground: Ground) -> None:
    survey = Survey()
    assert (survey.score.points, survey.score.is_ready) == (0, False)
    words = " ".join(one.words for one in survey.score.hindrances)
    assert "22 questions are not answered yet." in words
    assert "13 common mistakes are not judged" in words
    assert Counter(one.kind for one in survey.gaps) == {GapKind.QUESTION: 22}
    assert list(survey.groups) == ["security", "availability", "processing_integrity"]


def test_claims_alone_do_not_move_the_score(ground: Ground) -> None:
    for entry in programme.programme().entries(Kind.QUESTION):
        say(ground, entry.id)
    assert (Survey().score.points, Survey().score.is_ready) == (0, False)


def test_a_question_rises_with_accepted_evidence_and_falls_with_its_age(ground: Ground) -> None:
    ground.expect(STANDARD)
    say(ground, "q-sec-01")
    assert Survey().questions[0].backing is Backing.CLAIM
    item = ground.show(STANDARD, accepted=False)
    assert Survey().questions[0].backing is Backing.UNREVIEWED
    assert Survey().score.points == 0
    review.accept(item, reviewer=cast.person("reviewer"))
    assert Survey().questions[0].backing is Backing.PROVEN
    assert Survey().score.points > 0


def test_an_old_item_shows_nothing(ground: Ground) -> None:
    ground.show(STANDARD, age=92 + 5 + 1)
    assert Survey().questions[0].backing is Backing.CLAIM


def test_a_gap_of_a_question_leads_to_the_next_deed(ground: Ground) -> None:
    expectation = ground.expect(STANDARD)
    found = gap("q-sec-01")
    assert found
    assert (found.deed, found.key, found.why) == (Deed.ANSWER, "q-sec-01", "Not answered yet.")
    say(ground, "q-sec-01")
    found = gap("q-sec-01")
    assert found
    assert (found.deed, found.key) == (Deed.HAND_IN, str(expectation.pk))
    item = ground.show(STANDARD, accepted=False)
    found = gap("q-sec-01")
    assert found
    assert (found.deed, found.key) == (Deed.REVIEW, str(item.pk))
    review.accept(item, reviewer=cast.person("reviewer"))
    assert gap("q-sec-01") is None


def test_what_does_not_apply_is_no_gap_and_a_no_is_one(ground: Ground) -> None:
    say(ground, "q-sec-01", "not_applicable", "There is no API.")
    say(ground, "q-sec-02", "no")
    assert gap("q-sec-01") is None
    found = gap("q-sec-02")
    assert found
    assert found.why.startswith("Answered no.")


def test_a_failed_check_leads_to_the_item(ground: Ground) -> None:
    ground.expect(STANDARD)
    ground.check("standard-read", STANDARD)
    say(ground, "q-sec-01")
    item = ground.show(STANDARD, exceptions=1)
    found = gap("q-sec-01")
    assert found
    assert (found.deed, found.key) == (Deed.READ, str(item.pk))
    assert "did not pass standard-read" in found.why


def test_a_control_without_any_evidence_is_one_gap(ground: Ground) -> None:
    ground.expect("one-list", control="PI-04", since=ago(80), cadence="monthly")
    ground.expect("two-list", control="PI-04", collector="csv_import")
    found = gap("PI-04")
    assert found
    assert (found.kind, found.weight, found.deed) == (GapKind.CONTROL, 5, Deed.HAND_IN)
    assert "One list, and 1 more." in found.why
    assert gap("one-list") is None
    ground.show("two-list")
    assert gap("PI-04") is None
    missed = gap("one-list")
    assert missed
    assert (missed.kind, missed.weight) == (GapKind.OCCURRENCE, 5)
    assert "missed" in missed.why


def test_a_collector_is_connected_rather_than_a_file_handed_in(ground: Ground) -> None:
    ground.expect("the-list", control="ZZ-01", collector="csv_import")
    found = gap("ZZ-01")
    assert found
    assert (found.deed, found.key, found.weight) == (Deed.CONNECT, "csv_import", 2)


def test_a_mistake_that_is_found_is_a_gap_and_one_not_judged_is_none(ground: Ground) -> None:
    ground.token(scopes="*")
    found = gap("mistake-broad-scopes")
    assert found
    assert (found.deed, found.weight) == (Deed.LOOK, 4)
    assert "Rows: 1." in found.why
    assert gap("mistake-no-reconciliation") is None
    verdicts = {one.entry.id: one.judgement.verdict for one in Survey().mistakes}
    assert verdicts["mistake-no-reconciliation"] is Verdict.NOT_JUDGED


def test_the_plan_tells_facts_from_ticks(ground: Ground) -> None:
    phases = Survey().phases
    assert [len(phase.steps) for phase in phases] == [7, 8, 8, 7, 6]
    assert sum(phase.done for phase in phases) == 0
    ground.show(STANDARD)
    steps.tick("step-1-1", note="Written down.", seen=0, by=ground.alice)
    found = {step.entry.id: step for phase in Survey().phases for step in phase.steps}
    assert (found["step-2-1"].is_shown, found["step-2-1"].is_ticked) == (True, False)
    assert (found["step-1-1"].is_shown, found["step-1-1"].is_ticked) == (False, True)
    assert found["step-1-1"].is_done
    assert "No pack was finished yet." in found["step-5-1"].fact


def test_a_step_is_overdue_only_while_it_is_open(ground: Ground) -> None:
    steps.assign("step-1-1", owner=None, due_on=ago(1), seen=0, by=ground.alice)
    today = ago(0)
    assert Survey().phases[0].steps[0].is_overdue(today)
    steps.tick("step-1-1", note="Done.", seen=1, by=ground.alice)
    assert not Survey().phases[0].steps[0].is_overdue(today)


def test_all_gaps_are_found_with_few_queries(ground: Ground) -> None:
    for number in range(10, 40):
        ground.expect(f"list-{number}", control=f"AC-{number}")
    for number in range(10, 20):
        ground.show(f"list-{number}")
        ground.token(scopes="*")
    with at_most(9):
        assert len(Survey().gaps) > 40


def test_a_programme_that_names_an_unknown_detector_is_refused(
    settings: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "readiness"
    folder.mkdir()
    (folder / "questions.yaml").write_text(
        "kind: question\ntitle: Q\nentries:\n"
        "  - {id: q-1, text: Why so, controls: [AC-01], detector: crystal_ball}\n",
        "utf-8",
    )
    settings.CATALOGUE_DIR = tmp_path
    with pytest.raises(DetectorError, match="no detector crystal_ball"):
        programme.programme()
