"""What a run hands in."""

from typing import Any

import pytest

from collectors.base import Answer, Ask
from collectors.models import Run
from controls.models import Control
from tests.collectors import world
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]


def test_without_expectations_the_declaration_tells_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.install(monkeypatch)
    run = world.collect(world.source(environment="corporate"))
    evidence = run.evidence
    assert evidence
    assert (evidence.evidence_type, evidence.kind) == ("population_export", "state")
    assert (evidence.area, evidence.owner) == (Control.Area.ACCESS_CONTROL, "")
    assert evidence.environment == "corporate"
    assert evidence.sensitivity == "internal"
    assert evidence.media_type == "text/csv"
    assert not evidence.claims.exists()


def test_the_file_name_tells_source_and_days(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    source = world.source()
    run = world.collect(source)
    assert run.evidence
    assert run.evidence.filename == f"{source.slug}_2026-11-21_2026-11-21.csv"


def test_several_expectations_are_claimed_by_one_item(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    wanted = [items.expectation(slug, collector="doors") for slug in ("a-state", "b-state")]
    run = world.collect(world.source(expectations=wanted))
    assert run.evidence
    assert [claim.expectation for claim in run.evidence.claims.order_by("pk")] == wanted


@pytest.mark.parametrize(("count", "partial"), [(2, False), (3, True)])
def test_a_claim_says_when_the_answer_was_not_whole(
    monkeypatch: pytest.MonkeyPatch, count: int, partial: bool
) -> None:
    def short(ask: Ask[Any]) -> Answer:
        ask.trail.source_count = count
        return world.answer()

    world.install(monkeypatch, short)
    expectation = items.expectation(collector="doors")
    run = world.collect(world.source(expectations=[expectation]))
    assert run.evidence
    assert run.evidence.claims.get().is_partial is partial


def test_a_long_name_of_a_system_is_shortened_in_the_item_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "https://example.org/" + "x" * 400
    world.install(monkeypatch, lambda _ask: world.answer(source_system=name))
    run = world.collect(world.source())
    assert run.state == Run.State.COMPLETE, run.reason
    assert run.evidence
    assert run.evidence.source_system == name[:200]
    assert run.ipe["source_system"] == name


def test_the_period_of_the_question_is_in_the_parameters_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.install(monkeypatch, lambda ask: world.answer(parameters={"day": str(ask.period)}))
    run = world.collect(world.source(time_zone="Asia/Tokyo"))
    assert run.ipe["parameters"] == {"day": "2026-11-21", "time_zone": "Asia/Tokyo"}


def test_a_failed_run_knows_the_days_that_it_was_about(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch, world.failing(OSError("broken")))
    run = world.collect(world.source())
    assert run.state == Run.State.FAILED
    assert (str(run.period_from), str(run.period_to)) == ("2026-11-21", "2026-11-21")
