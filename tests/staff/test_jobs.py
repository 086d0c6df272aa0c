"""The page of jobs, the page of one job, and trying a failed one again."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from audits import packs
from compliance.staff import jobs as job_pages
from evidence import intake
from jobs.models import Job
from reports import issue
from tests import cast
from tests.audits.world import World
from tests.collectors import world as collecting
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

BOARD = "job_board"
PAGE = "job"


def job(state: Job.State = Job.State.WAITING, **facts: Any) -> Job:
    now = timezone.now()
    by_state: dict[str, Any] = {
        Job.State.RUNNING: {
            "lease_id": uuid.uuid4(),
            "lease_until": now + timedelta(hours=1),
            "started_at": now,
        },
        Job.State.DONE: {"finished_at": now},
        Job.State.FAILED: {"finished_at": now, "error": "The source refused our credentials."},
    }
    key = facts.pop("key", uuid.uuid4().hex)
    whole = {"kind": "collectors.run", "key": key, **by_state.get(state, {}), **facts}
    return Job.objects.create(state=state, **whole)


def test_an_idle_installation_says_so(alices: Desk) -> None:
    text = alices.text(BOARD)
    for part in ("Nothing runs just now.", "Nothing failed.", "Nothing waits.", "Nothing was done"):
        assert part in text


def test_jobs_are_shown_by_what_they_need(alices: Desk) -> None:
    running = job(Job.State.RUNNING, progress_done=640, progress_total=1000, progress_note="640 of")
    waiting = job(run_after=timezone.now() + timedelta(hours=2))
    failed = job(Job.State.FAILED)
    done = job(Job.State.DONE)
    page = alices.get(BOARD)
    shown = {
        name: [each.pk for each in page.context[name]]
        for name in ("running", "waiting", "failed", "done")
    }
    assert shown == {
        "running": [running.pk],
        "waiting": [waiting.pk],
        "failed": [failed.pk],
        "done": [done.pk],
    }
    text = words(page)
    assert "64 % 640 of" in text
    assert "not before" in text
    assert "The source refused our credentials." in text
    assert text.count("Try again") == 1


def test_progress_without_a_known_end_has_no_percentage(alices: Desk) -> None:
    job(Job.State.RUNNING, progress_done=5, progress_total=0, progress_note="reading")
    html = alices.get(BOARD).content.decode()
    assert '<progress class="cs-progress"  aria-label' in html
    assert "value=" not in html.split("<progress")[1].split(">")[0]


def test_progress_never_goes_beyond_the_end(alices: Desk) -> None:
    job(Job.State.RUNNING, progress_done=30, progress_total=10)
    assert "100 %" in alices.text(BOARD)


def test_the_page_renews_itself_without_inline_script(alices: Desk) -> None:
    html = alices.get(BOARD).content.decode()
    assert '<div id="jobs" data-refresh="3">' in html
    running = job(Job.State.RUNNING)
    assert 'id="job" data-refresh="3"' in alices.get(PAGE, running.pk).content.decode()
    done = job(Job.State.DONE)
    assert "data-refresh" not in alices.get(PAGE, done.pk).content.decode()


def test_a_full_board_costs_few_queries(alices: Desk) -> None:
    for state in Job.State:
        for number in range(30):
            job(state, key=f"{state}:{number}", result={"run": f"RUN-{number:06d}"})
    alices.get(BOARD)
    with at_most(14):
        page = alices.get(BOARD)
    assert len(page.context["failed"]) == job_pages.SHOWN
    assert "Failed (30)" in words(page)


def test_a_result_is_a_click_away(
    alices: Desk, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    collecting.install(monkeypatch)
    run = collecting.collect(collecting.source())
    assert run.evidence
    collected = job(Job.State.DONE, result={"run": run.ref, "evidence": run.evidence.ref})
    pack = packs.freeze(world.engagement(), by=alices.user)
    packed = job(Job.State.DONE, kind=issue.KIND, payload={"pack": pack.pk})
    html = alices.get(PAGE, collected.pk).content.decode()
    assert desk.url("collectors_run_change", run.pk) in html
    assert desk.url("evidence_evidence_change", run.evidence.pk) in html
    assert desk.url("audits_pack_change", pack.pk) in alices.get(PAGE, packed.pk).content.decode()
    assert f"Open Pack {pack.ref}" in alices.text(PAGE, packed.pk)


@pytest.mark.parametrize(
    "result", [None, [], "text", {"run": "RUN-999999"}, {"run": 7}, {"evidence": None}]
)
def test_a_result_that_leads_nowhere_has_no_link(alices: Desk, result: Any) -> None:
    odd = job(Job.State.DONE, result=result)
    assert alices.get(PAGE, odd.pk).context["job"].links == []


def test_the_page_of_a_job_tells_who_asked(alices: Desk) -> None:
    mine = job(Job.State.FAILED, requested_by=f"user:{alices.user.pk}", attempt=3)
    text = alices.text(PAGE, mine.pk)
    assert "Asked for by Alice Lindqvist" in text
    assert "Attempt 3 of 5" in text
    assert "Asked for by the schedule" in alices.text(PAGE, job().pk)
    assert "user:999" in alices.text(PAGE, job(requested_by="user:999").pk)


def test_a_failed_job_is_tried_again(alices: Desk) -> None:
    failed = job(Job.State.FAILED)
    answer = alices.post("job_retry", failed.pk, follow=True)
    assert "The job is tried again." in told(answer)
    failed.refresh_from_db()
    assert failed.state == Job.State.WAITING
    assert failed.requested_by == f"user:{alices.user.pk}"


def test_a_job_that_did_not_fail_is_left_alone(alices: Desk) -> None:
    done = job(Job.State.DONE)
    answer = alices.post("job_retry", done.pk, follow=True)
    assert "Only a failed job can be tried again" in told(answer)
    done.refresh_from_db()
    assert done.state == Job.State.DONE


def test_retrying_leads_back_to_the_job_where_it_was_asked_there(alices: Desk) -> None:
    failed = job(Job.State.FAILED)
    page = desk.url(PAGE, failed.pk)
    assert alices.post("job_retry", failed.pk, next=page).url == page
    assert alices.post("job_retry", failed.pk, next="//evil.example").url == desk.url(BOARD)


def test_who_may_not_see_jobs_sees_the_one_that_they_asked_for(db: None) -> None:
    reviewer = desk.at(cast.person("reviewer"))
    failed = job(Job.State.FAILED)
    assert reviewer.get(BOARD).status_code == 403
    assert "Try again" not in reviewer.text(PAGE, failed.pk)
    assert reviewer.post("job_retry", failed.pk).status_code == 403


def test_a_job_that_is_not_there_is_not_found(alices: Desk) -> None:
    assert alices.get(PAGE, 999).status_code == 404
    assert alices.post("job_retry", 999).status_code == 404


def test_hostile_words_of_a_source_are_shown_as_text(alices: Desk) -> None:
    failed = job(Job.State.FAILED, error="<script>alert(1)</script>")
    for name, key in ((BOARD, ()), (PAGE, (failed.pk,))):
        assert "<script>alert(1)" not in alices.get(name, *key).content.decode()


def test_pages_refuse_the_wrong_method(alices: Desk) -> None:
    waiting = job()
    assert alices.post(BOARD).status_code == 405
    assert alices.post(PAGE, waiting.pk).status_code == 405
    assert alices.get("job_retry", waiting.pk).status_code == 405


def test_strangers_are_refused(strangers: tuple[User, ...]) -> None:
    waiting = job()
    desk.assert_refused(BOARD, strangers=strangers)
    desk.assert_refused(PAGE, waiting.pk, strangers=strangers)
    desk.assert_refused("job_retry", waiting.pk, strangers=strangers)


def test_evidence_named_by_a_result_is_found_by_its_reference(alices: Desk) -> None:
    evidence = intake.receive(items.submission(), actor="system")
    done = job(Job.State.DONE, result={"evidence": evidence.ref})
    assert alices.get(PAGE, done.pk).context["job"].links == [
        (evidence.ref, desk.url("evidence_evidence_change", evidence.pk))
    ]
