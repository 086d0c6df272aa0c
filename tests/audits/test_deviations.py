"""A result that did not pass opens a finding of its occurrence; looking again adds nothing."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from audits import deviations, engagements, finding_deeds, findings, tasks
from audits.finding_entries import record_of
from audits.finding_record import Kind, Part, State
from audits.models import Engagement, Finding, FindingScan
from controls.models import ControlMapping, Expectation
from evidence import checks
from evidence.models import Evidence
from jobs import performing
from jobs.models import Job
from jobs.work import Work
from tests.audits import findings as cases
from tests.audits.world import (
    World,
    clock,
    hand_in,
    hand_in_staff,
    moment,
    submission,
)
from tests.staff.desk import at_most

JUNE, JULY = date(2026, 6, 10), date(2026, 7, 10)


def run_job(**payload: object) -> None:
    tasks.look_for_findings(Work(job_id=1, key="x", payload=payload))


def not_a_table(world: World, day: date) -> Evidence:
    """An item that the check cannot be run on."""
    item = hand_in(submission(b"a picture", day, None, world.mfa, collected=day))
    with clock(item.received_at):
        checks.run(item, actor="system")
    return item


def test_a_failing_result_opens_a_finding_of_its_occurrence(world: World) -> None:
    engagement = world.engagement()
    item = hand_in_staff(world, JUNE, without_mfa=2)
    run_job()
    finding = findings.of_occurrence(
        engagement, world.mfa.slug, date(2026, 6, 1), date(2026, 6, 30)
    ).get()
    assert Finding.objects.get() == finding
    assert (finding.end, finding.source) == (date(2026, 6, 30), "check")
    record = record_of(finding)
    [seen] = record.observations
    assert seen.evidence == item.ref
    assert "returned 2 exceptions in a population of 3" in seen.text
    extent = record.current(Part.EXTENT)
    assert extent
    assert (extent.exceptions, extent.population) == (2, 3)


def test_a_pass_opens_nothing_and_a_later_pass_closes_nothing(world: World) -> None:
    world.engagement()
    hand_in_staff(world, JULY)
    run_job()
    assert not Finding.objects.exists()
    failing = hand_in_staff(world, JUNE, without_mfa=1)
    run_job()
    hand_in_staff(world, JUNE + timedelta(days=1), supersedes=failing)
    run_job()
    assert Finding.objects.get().state is State.OPEN


def test_a_repeated_failure_of_the_occurrence_is_another_observation(world: World) -> None:
    world.engagement()
    for day in (JUNE, JUNE + timedelta(days=3), JULY):
        hand_in_staff(world, day, without_mfa=1)
    run_job()
    counts = {
        finding.start.month: len(record_of(finding).observations)
        for finding in Finding.objects.all()
    }
    assert counts == {6: 2, 7: 1}


def test_a_check_that_could_not_run_opens_one_of_its_own_kind(world: World) -> None:
    world.engagement()
    not_a_table(world, JUNE)
    run_job()
    finding = Finding.objects.get()
    assert record_of(finding).kind is Kind.COULD_NOT_RUN
    assert "could not run" in finding.title
    hand_in_staff(world, JUNE + timedelta(days=1), without_mfa=1)
    run_job()
    assert record_of(finding).kind is Kind.DEVIATION


def test_looking_again_adds_nothing(world: World) -> None:
    engagement = world.engagement()
    hand_in_staff(world, JUNE, without_mfa=1)
    run_job()
    steps = Finding.objects.get().entries.count()
    FindingScan.objects.all().delete()
    assert deviations.look(engagement) == 1
    assert Finding.objects.get().entries.count() == steps


def test_a_failure_that_comes_after_a_closed_finding_reopens_it(world: World, root: object) -> None:
    engagement = world.engagement()
    hand_in_staff(world, JUNE, without_mfa=1)
    deviations.look(engagement)
    proof = hand_in(submission(b"proof", JUNE, None, world.mfa))
    case = cases.Case(world, engagement, Finding.objects.get(), world.alice, proof).remedied()
    finding_deeds.retest(case.finding, passed=True, evidence=proof, text="x", by=root)  # type: ignore[arg-type]
    finding_deeds.close(case.finding, conclusion="x", by=world.alice)
    hand_in_staff(world, JUNE + timedelta(days=5), without_mfa=1)
    deviations.look(engagement)
    assert record_of(case.finding).state is State.REOPENED


def test_what_lies_outside_window_or_scope_opens_nothing(world: World) -> None:
    engagement = world.engagement()
    hand_in_staff(world, date(2026, 5, 31), without_mfa=1)
    hand_in_staff(world, date(2026, 9, 1), without_mfa=1)
    ControlMapping.objects.filter(control=world.access).delete()
    hand_in_staff(world, JUNE, without_mfa=1)
    assert deviations.look(engagement) == 0
    assert not Finding.objects.exists()


def test_a_wider_scope_is_looked_through_from_the_start(world: World) -> None:
    engagement = world.engagement("Security", "Availability")
    mapping = ControlMapping.objects.get(control=world.access)
    mapping.delete()
    hand_in_staff(world, JUNE, without_mfa=1)
    deviations.look(engagement)
    assert not Finding.objects.exists()
    ControlMapping.objects.create(
        control=world.access, criterion=world.criteria["CC6.1"], reason="Again."
    )
    deviations.look(engagement)
    assert Finding.objects.exists()


def test_an_engagement_that_opens_later_finds_what_was_there(world: World) -> None:
    hand_in_staff(world, JUNE, without_mfa=1)
    engagement = world.engagement()
    job = Job.objects.get(kind=deviations.KIND)
    assert job.payload == {"engagement": engagement.pk}
    assert performing.perform(job.pk)
    assert Finding.objects.get().engagement == engagement


def test_every_open_engagement_gets_its_own(world: World) -> None:
    first, second, closed = (world.engagement() for _ in range(3))
    engagements.close_engagement(closed, by=world.alice)
    hand_in_staff(world, JUNE, without_mfa=1)
    run_job()
    assert {one.engagement for one in Finding.objects.all()} == {first, second}
    run_job(engagement=closed.pk)
    assert not Finding.objects.filter(engagement=closed).exists()


def test_a_state_speaks_for_its_moment_and_an_event_for_all_its_days(world: World) -> None:
    engagement = world.engagement()
    for kind, months in ((Expectation.Kind.STATE, {8}), (Expectation.Kind.EVENT, {6, 7, 8})):
        Expectation.objects.filter(pk=world.mfa.pk).update(kind=kind)
        with clock(moment(date(2026, 8, 20))):
            item = hand_in(
                submission(
                    kind.encode(),
                    date(2026, 6, 15),
                    date(2026, 8, 20),
                    world.mfa,
                    collected=date(2026, 8, 20),
                )
            )
            checks.run(item, actor="system")
        deviations.look(engagement)
        assert {one.start.month for one in Finding.objects.all()} == months


def test_nothing_new_costs_two_queries_and_no_job(world: World) -> None:
    world.engagement()
    hand_in_staff(world, JUNE, without_mfa=1)
    run_job()
    run_job()
    Job.objects.all().delete()
    with at_most(2):
        tasks.ask_for_findings(timezone.now())
    assert not Job.objects.exists()
    hand_in_staff(world, JULY)
    tasks.ask_for_findings(timezone.now())
    tasks.ask_for_findings(timezone.now())
    assert Job.objects.count() == 1


def test_a_long_list_is_looked_through_in_batches(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    engagement: Engagement = world.engagement()
    monkeypatch.setattr(deviations, "_BATCH", 2)
    for place in range(5):
        hand_in_staff(world, JUNE + timedelta(days=place), without_mfa=1)
    told: list[int] = []
    assert deviations.look(engagement, tell=lambda done, _all, _note: told.append(done)) == 5
    assert told == [2, 4, 5]
    assert len(record_of(Finding.objects.get()).observations) == 5
