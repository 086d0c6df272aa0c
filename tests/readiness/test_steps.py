"""Steps of the plan: assigned, dated, ticked with a note, and never overwritten."""

import json
from datetime import date

import pytest

from evidence.models import LedgerEntry
from readiness import steps
from readiness.errors import ChangedMeanwhileError, NotAllowedError, StepError, UnknownEntryError
from readiness.models import StepVersion
from tests import cast
from tests.readiness.ground import Ground

pytestmark = pytest.mark.django_db
STEP = "step-1-1"
DAY = date(2026, 12, 1)


def test_a_step_is_given_to_somebody_until_a_day(ground: Ground) -> None:
    version = steps.assign(STEP, owner=ground.alice, due_on=DAY, seen=0, by=ground.alice)
    assert (version.number, version.owner, version.due_on) == (1, ground.alice, DAY)
    leaf = json.loads(version.ledger_entry.leaf)
    assert (leaf["kind"], leaf["subject"]) == ("readiness.step", f"readiness:{STEP}")
    assert leaf["body"]["owner"] == f"user:{ground.alice.pk}"
    assert steps.standing()[STEP] == version


def test_a_tick_keeps_owner_and_day_and_its_note_stays_out_of_the_leaf(ground: Ground) -> None:
    steps.assign(STEP, owner=ground.alice, due_on=DAY, seen=0, by=ground.alice)
    ticked = steps.tick(STEP, note="Eve has seen it.", seen=1, by=ground.alice)
    assert (ticked.is_ticked, ticked.owner, ticked.due_on) == (True, ground.alice, DAY)
    assert "Eve" not in ticked.ledger_entry.leaf
    opened = steps.untick(STEP, note="It was another product.", seen=2, by=ground.alice)
    assert (opened.is_ticked, opened.number) == (False, 3)
    assert StepVersion.objects.count() == 3


def test_a_tick_needs_a_note_and_is_given_once(ground: Ground) -> None:
    for note in ("", "  ", "x" * 1001, "4111 1111 1111 1111"):
        with pytest.raises(StepError):
            steps.tick(STEP, note=note, seen=0, by=ground.alice)
    with pytest.raises(StepError, match="not ticked"):
        steps.untick(STEP, note="No.", seen=0, by=ground.alice)
    steps.tick(STEP, note="Done.", seen=0, by=ground.alice)
    with pytest.raises(StepError, match="ticked already"):
        steps.tick(STEP, note="Done.", seen=1, by=ground.alice)


def test_strangers_and_late_comers_change_nothing(ground: Ground) -> None:
    executive = cast.person("executive")
    with pytest.raises(NotAllowedError):
        steps.assign(STEP, owner=None, due_on=DAY, seen=0, by=executive)
    with pytest.raises(NotAllowedError):
        steps.tick(STEP, note="Done.", seen=0, by=executive)
    with pytest.raises(NotAllowedError):
        steps.lay_out(DAY, by=executive)
    with pytest.raises(ChangedMeanwhileError):
        steps.assign(STEP, owner=None, due_on=DAY, seen=4, by=ground.alice)
    with pytest.raises(UnknownEntryError):
        steps.assign("step-9-9", owner=None, due_on=DAY, seen=0, by=ground.alice)
    assert not StepVersion.objects.exists()


def test_an_auditor_owns_no_step(ground: Ground) -> None:
    with pytest.raises(StepError, match="no access to this workspace"):
        steps.assign(STEP, owner=cast.person("auditor"), due_on=DAY, seen=0, by=ground.alice)


def test_the_plan_is_laid_out_over_29_weeks_with_one_leaf(ground: Ground) -> None:
    steps.assign(STEP, owner=ground.alice, due_on=None, seen=0, by=ground.alice)
    steps.assign("step-1-2", owner=None, due_on=DAY, seen=0, by=ground.alice)
    leaves = LedgerEntry.objects.count()
    assert steps.lay_out(date(2026, 1, 5), by=ground.alice) == 35
    assert LedgerEntry.objects.count() == leaves + 1
    found = steps.standing()
    assert len(found) == 36
    assert found[STEP].owner == ground.alice
    assert found["step-1-2"].due_on == DAY
    assert found["step-1-7"].due_on == date(2026, 1, 25)
    assert found["step-5-6"].due_on == date(2026, 7, 26)
    with pytest.raises(StepError, match="has a due day already"):
        steps.lay_out(DAY, by=ground.alice)


def test_a_day_beyond_the_calendar_is_refused(ground: Ground) -> None:
    with pytest.raises(StepError, match="too far away"):
        steps.lay_out(date(9999, 12, 1), by=ground.alice)
    assert not StepVersion.objects.exists()
