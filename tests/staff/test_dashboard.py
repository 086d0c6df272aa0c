"""The overview: the state of an engagement, what waits, what is wrong, and the first steps."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from audits import packs, summary
from audits.models import Engagement
from compliance.staff import dashboard
from controls.models import Expectation
from evidence import checkpoint, ledger, review, signing, verification
from jobs.models import Job
from readiness import answers
from registers import entries, registry
from reports import pdf_engine
from tests import cast
from tests.audits.world import World, clock, hand_in_staff, moment
from tests.collectors import world as collecting
from tests.registers.books import GOOD
from tests.staff import desk
from tests.staff.desk import Desk, at_most, words

PAGE = "index"


@pytest.fixture(autouse=True)
def whole_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_engine, "missing_libraries", lambda: "")


def tiles(response: Any) -> dict[str, int]:
    return {tile["state"]: tile["count"] for tile in response.context["tiles"]}


def steps(response: Any) -> dict[str, bool]:
    return {step.title: step.done for step in response.context["steps"]}


def test_a_fresh_installation_is_led_through_its_first_steps(alices: Desk) -> None:
    page = alices.get(PAGE)
    assert steps(page) == {
        "Load the catalogue": False,
        "Collect the first evidence": False,
        "Review it": False,
        "Open your first engagement": False,
        "Keep your vendors and tokens": False,
        "Answer the readiness questions": False,
        "Build a pack": False,
    }
    html = page.content.decode()
    assert desk.url("first_run") in html
    assert desk.url("collectors_source_changelist") in html
    text = words(page)
    assert "All is decided" in text
    assert "Every source that was asked has answered." in text
    assert "None yet: the first is signed" in text


def test_each_step_is_ticked_when_it_is_done(alices: Desk, world: World) -> None:
    evidence = hand_in_staff(world, date(2026, 6, 30))
    done = steps(alices.get(PAGE, overview=""))
    assert done["Load the catalogue"]
    assert done["Collect the first evidence"]
    assert not done["Review it"]
    review.accept(evidence, reviewer=alices.user)
    engagement = world.engagement()
    done = steps(alices.get(PAGE))
    assert done["Review it"]
    assert done["Open your first engagement"]
    entries.add(registry.get("vendors"), given=GOOD["vendors"], by=alices.user)
    assert steps(alices.get(PAGE))["Keep your vendors and tokens"]
    answers.answer("q-sec-01", value="no", reason="", seen=0, by=alices.user)
    assert steps(alices.get(PAGE))["Answer the readiness questions"]
    packs.freeze(engagement, by=alices.user)
    assert steps(alices.get(PAGE)) == {}


def test_nobody_is_led_where_they_may_not_go(db: None) -> None:
    html = desk.at(cast.person("executive")).get(PAGE).content.decode()
    assert desk.url("first_run") not in html
    assert desk.url("review_queue") not in html


def test_it_counts_the_states_of_the_newest_open_engagement(alices: Desk, world: World) -> None:
    hand_in_staff(world, date(2026, 6, 30))
    hand_in_staff(world, date(2026, 7, 31), without_mfa=1)
    engagement = world.engagement()
    page = alices.get(PAGE)
    assert tiles(page) == {
        "met": 1,
        "late": 0,
        "partial": 0,
        "failing": 1,
        "missed": 4,
        "upcoming": 0,
    }
    assert page.context["choice"].engagement == engagement
    assert f"{desk.url('coverage')}?engagement={engagement.pk}&amp;state=missed" in (
        page.content.decode()
    )


def test_another_engagement_can_be_chosen(alices: Desk, world: World) -> None:
    first, second = world.engagement(), world.engagement()
    assert alices.get(PAGE).context["choice"].engagement == second
    assert alices.get(PAGE, engagement=first.pk).context["choice"].engagement == first
    assert alices.get(PAGE, engagement=999).status_code == 404


def test_the_counts_follow_every_new_leaf(alices: Desk, world: World) -> None:
    world.engagement()
    assert tiles(alices.get(PAGE))["met"] == 0
    evidence = hand_in_staff(world, date(2026, 6, 30))
    assert tiles(alices.get(PAGE))["met"] == 1
    review.return_with_reason(evidence, reviewer=alices.user, reason="Wrong day.")
    assert tiles(alices.get(PAGE))["met"] == 0


def test_the_counts_are_not_computed_twice_for_the_same_log(
    alices: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    engagement = world.engagement()
    first = summary.of(engagement)
    monkeypatch.setattr(summary, "coverage_of", lambda *_: pytest.fail("computed again"))
    assert summary.of(engagement) == first


def test_it_shows_the_oldest_items_that_await_review(alices: Desk, world: World) -> None:
    items = [hand_in_staff(world, date(2026, 6, day)) for day in range(1, 8)]
    page = alices.get(PAGE, overview="")
    assert [each.pk for each in page.context["waiting"]["oldest"]] == [
        each.pk for each in items[:5]
    ]
    assert "Awaits review (7)" in words(page)


def test_it_shows_runs_that_failed_this_week(alices: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    collecting.install(monkeypatch, collecting.failing(ValueError("broken")))
    source = collecting.source()
    failed = collecting.collect(source)
    page = alices.get(PAGE)
    assert [run.pk for run in page.context["failed_runs"]] == [failed.pk]
    with clock(timezone.now() + timedelta(days=8)):
        assert dashboard.context_of(page.wsgi_request)["failed_runs"] == []


def test_it_shows_running_jobs_with_their_progress(alices: Desk) -> None:
    now = timezone.now()
    Job.objects.create(
        kind="reports.pack",
        key="pack",
        state=Job.State.RUNNING,
        lease_id=uuid.uuid4(),
        lease_until=now + timedelta(hours=1),
        started_at=now,
        progress_done=3,
        progress_total=4,
        progress_note="EV-000003",
    )
    page = alices.get(PAGE)
    assert "75 % EV-000003" in words(page)
    assert '<progress class="cs-progress" value="75" max="100"' in page.content.decode()
    reviewer = desk.at(cast.person("reviewer"))
    assert "Running jobs" not in reviewer.text(PAGE)


def test_it_shows_the_log_and_its_last_checkpoint(alices: Desk, world: World) -> None:
    hand_in_staff(world, date(2026, 6, 30))
    signed = checkpoint.sign()
    text = alices.text(PAGE, overview="")
    assert f"Leaves {ledger.size()}" in text
    assert f"Last signed checkpoint {signed.size} leaves" in text


def test_it_says_what_the_pdf_engine_lacks(alices: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_engine, "missing_libraries", lambda: "Install libpango-1.0-0.")
    assert "Install libpango-1.0-0." in alices.text(PAGE)


def test_it_names_sources_that_were_never_asked(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    collecting.install(monkeypatch)
    source = collecting.source(title="Doors of the annex")
    assert "Not asked yet: Doors of the annex." in alices.text(PAGE)
    collecting.collect(source)
    assert "Not asked yet" not in alices.text(PAGE)


def test_it_tells_of_failed_jobs(alices: Desk) -> None:
    now = timezone.now()
    Job.objects.create(kind="x", key="1", state=Job.State.FAILED, finished_at=now)
    assert "1 job has failed and waits for a person." in alices.text(PAGE)


def test_its_queries_do_not_grow(alices: Desk, world: World) -> None:
    world.engagement()
    for day in range(1, 9):
        hand_in_staff(world, date(2026, 6, day))
    alices.get(PAGE)
    with at_most(12):
        alices.get(PAGE)
    for day in range(9, 25):
        hand_in_staff(world, date(2026, 6, day))
    alices.get(PAGE)
    with at_most(12):
        alices.get(PAGE)


def test_it_works_where_the_expectations_are_not_active_yet(alices: Desk, world: World) -> None:
    Expectation.objects.update(active_from=date(2027, 1, 1))
    world.engagement()
    assert set(tiles(alices.get(PAGE)).values()) == {0}


def test_a_closed_engagement_is_the_last_resort(alices: Desk, world: World) -> None:
    engagement = world.engagement()
    Engagement.objects.update(closed_at=moment(date(2026, 11, 1)))
    assert alices.get(PAGE).context["choice"].engagement == engagement


def test_it_refuses_the_wrong_method(alices: Desk) -> None:
    assert alices.post(PAGE).status_code == 405


def test_strangers_are_refused(strangers: tuple[User, ...]) -> None:
    desk.assert_refused(PAGE, strangers=strangers)


def test_a_log_that_is_not_signed_is_told_with_the_way_out(alices: Desk) -> None:
    signing.remember_refusal("The log has 3 leaves; let an administrator take it up again.")
    assert "The log is not signed. The log has 3 leaves" in alices.text(PAGE)


def test_problems_that_a_check_of_the_log_found_are_told(alices: Desk) -> None:
    check = verification.begin()
    type(check).objects.update(problem_count=2)
    assert "The check of the log found 2 problems." in alices.text(PAGE)


def test_a_log_that_was_not_checked_for_days_is_told(alices: Desk) -> None:
    check = verification.begin()
    long_ago = timezone.now() - timedelta(days=4)
    type(check).objects.update(finished_at=long_ago)
    assert "No check of the log was finished for three days." in alices.text(PAGE)
