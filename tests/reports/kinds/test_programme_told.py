"""Readiness, the summary for buyers and the briefing say what evidence shows, and no more."""

from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest

from accounts.models import User
from audits.facts import coverage_of
from audits.models import Engagement
from controls.readiness_file import Kind
from readiness import answers
from readiness.programme import programme
from readiness.survey import Survey
from reports.written import making
from reports.written.registry import Asked
from tests.audits.world import World
from tests.readiness.ground import Ground
from tests.reports.written.reading import AT, Read

Ask = Callable[..., Read]
QUESTION = programme().entries(Kind.QUESTION)[0].id


@pytest.fixture
def ground(alice: User, world: World) -> Ground:
    return Ground(alice)


def test_readiness_says_the_score_of_the_survey(ask: Ask, ground: Ground) -> None:
    answers.answer(QUESTION, value="yes", reason="", seen=0, by=ground.alice)
    survey = Survey()
    said = ask("readiness")
    counted = said.figures
    assert counted["Score in percent"] == survey.score.points
    assert counted["Ready"] is False
    assert counted["Gaps"] == len(survey.gaps) == len(said.sheets["Gaps"]) - 1
    assert [row[1] for row in said.sheets["Gaps"][1:4]] == [
        gap.kind.words for gap in survey.gaps[:3]
    ]
    assert len(said.sheets["Questions"]) - 1 == len(survey.questions)
    assert len(said.sheets["Plan"]) - 1 == sum(len(phase.steps) for phase in survey.phases)


def test_before_any_answer_readiness_says_so(ask: Ask, ground: Ground) -> None:
    assert "No question of the programme is answered yet" in ask("readiness").words


def test_a_buyer_gets_no_claim_for_proof(ask: Ask, ground: Ground) -> None:
    said = ask("trust_summary")
    rows = said.sheets["Questions of buyers"][1:]
    assert len(rows) == 8
    assert len(said.sheets["Closing questions"]) - 1 == 6
    assert {row[1] for row in rows} == {"not shown yet"}
    assert "0 of 14 questions are shown by evidence" in said.words
    assert "No document of assurance is recorded" in said.words


def test_a_buyer_is_shown_what_accepted_evidence_shows_whole(ask: Ask, ground: Ground) -> None:
    entry = programme().entries(Kind.BUYER_QUESTION)[0]
    for slug in entry.expectations:
        ground.expect(slug)
    *others, last = entry.expectations
    for slug in others:
        ground.show(slug)
    partly = ask("trust_summary").sheets["Questions of buyers"][1]
    ground.show(last)
    shown = ask("trust_summary").sheets["Questions of buyers"][1]
    assert (partly[1], shown[1]) == ("shown in part", "shown")
    assert shown[3]


def test_the_briefing_is_one_page_of_the_same_numbers(ask: Ask, audit: Engagement) -> None:
    said = ask("leadership_briefing", engagement=audit)
    report, survey = coverage_of(audit, AT), Survey()
    assert said.figures["Readiness in percent"] == survey.score.points
    assert said.figures["Fell short"] == len(report.shortfall)
    assert [row[0] for row in said.sheets["Controls that fell short most"][1:]] == [
        "AC-01",
        "AV-01",
    ]
    assert said.sheets["Highest risks"][1][0] == "The register of risks is empty."


@pytest.mark.usefixtures("pdf")
def test_the_briefing_fits_its_page(world: World, audit: Engagement, tmp_path: Path) -> None:
    asked = Asked(at=AT, by=world.alice, engagement=audit)
    files = making.write("leadership_briefing", asked, tmp_path)
    with pikepdf.open(files.paper) as paper:
        assert len(paper.pages) == 1
