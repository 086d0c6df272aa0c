"""From schedule to run: what is enqueued when, and what comes of a job."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from collectors import connections, due, tasks
from collectors.base import AsksFor
from collectors.connections import Wishes
from collectors.errors import SourceBusyError, SourceDeniedError, SourceUnreachableError
from collectors.models import ProbeSample, Run, Source
from collectors.period import Period
from evidence.models import Evidence
from jobs import performing, periodic
from jobs.models import Job
from jobs.work import Work
from tests.collectors import world
from tests.collectors.loopback import Loopback, Reply

pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 10, tzinfo=UTC)

    def to(self, text: str) -> datetime:
        self.now = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return self.now

    def on(self, **passed: float) -> datetime:
        self.now += timedelta(**passed)
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.now)
    # The field holds the function itself, so that it would go on asking the real clock.
    connected = Source._meta.get_field("created_at")
    monkeypatch.setattr(connected, "_get_default", lambda: made.now)
    return made


def keys() -> list[str]:
    return list(Job.objects.filter(kind=due.RUN).order_by("pk").values_list("key", flat=True))


def test_a_new_source_is_asked_at_once(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    world.install(monkeypatch)
    source = world.source()
    due.enqueue_due(clock.on(minutes=1))
    assert keys() == [f"run:{source.pk}:{source.created_at.isoformat()}"]
    performing.drain()
    run = Run.objects.get()
    assert (run.state, run.ticket) == (Run.State.COMPLETE, keys()[0])
    assert run.job_id == Job.objects.get().pk
    result = Job.objects.get().result
    assert run.evidence
    assert result == {"run": run.ref, "state": "complete", "evidence": run.evidence.ref}


def test_then_it_is_asked_by_its_schedule(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    world.install(monkeypatch)
    source = world.source()
    due.enqueue_due(clock.on(minutes=1))
    assert due.enqueue_due(clock.to("2026-11-22T02:29:00")) == []
    due.enqueue_due(clock.to("2026-11-22T02:30:00"))
    assert keys()[1:] == [f"run:{source.pk}:2026-11-22T02:30:00+00:00"]


def test_a_tick_that_runs_twice_asks_once(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    world.install(monkeypatch)
    source = world.source()
    due.enqueue_due(clock.on(minutes=1))
    Source.objects.filter(pk=source.pk).update(asked_until=None)
    due.enqueue_due(clock.now)
    assert len(keys()) == 1


def test_missed_times_are_made_up_for_once(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    world.install(monkeypatch)
    source = world.source()
    due.enqueue_due(clock.on(minutes=1))
    due.enqueue_due(clock.to("2026-11-30T09:00:00"))
    due.enqueue_due(clock.on(minutes=1))
    assert keys()[1:] == [f"run:{source.pk}:2026-11-30T02:30:00+00:00"]


def test_a_disabled_source_is_not_asked(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    world.install(monkeypatch)
    connections.disable(world.source(), by=world.BY)
    assert due.enqueue_due(clock.on(days=2)) == []


def test_every_closed_window_gets_a_job_of_its_own(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
    source = world.source()
    due.enqueue_due(clock.to("2027-01-05T09:00:00"))
    performing.drain()
    found = Run.objects.order_by("number").values_list("period_from", "period_to")
    assert list(found) == [
        (date(2026, 10, 1), date(2026, 10, 31)),
        (date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 12, 1), date(2026, 12, 31)),
    ]
    assert keys()[0].endswith(":2026-10-01")
    assert due.enqueue_due(clock.on(days=1)) == []
    source.refresh_from_db()
    assert source.asked_until == datetime(2027, 1, 6, 2, 30, tzinfo=UTC)


def test_a_broken_row_does_not_keep_others_from_being_asked(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    world.install(monkeypatch)
    broken, good = world.source(), world.source()
    Source.objects.filter(pk=broken.pk).update(schedule="often", asked_until=clock.now)
    due.enqueue_due(clock.on(minutes=1))
    assert [job.payload["source"] for job in Job.objects.all()] == [good.pk]
    assert broken.slug in caplog.text


def test_a_collector_that_is_gone_shows_as_a_failed_run(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    with monkeypatch.context() as patch:
        world.install(patch)
        world.source()
    due.enqueue_due(clock.on(minutes=1))
    performing.drain()
    assert "no collector 'doors'" in Run.objects.get().reason


def test_what_may_pass_is_tried_again_later(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    world.install(monkeypatch, world.failing(SourceUnreachableError("silence")))
    world.source()
    due.enqueue_due(clock.on(minutes=1))
    performing.drain()
    job = Job.objects.get()
    assert (job.state, job.error) == (Job.State.WAITING, "silence")
    assert job.run_after > clock.now
    clock.now = job.run_after
    performing.drain()
    runs = Run.objects.order_by("number")
    assert [(run.attempt, run.state) for run in runs] == [(1, "failed"), (2, "complete")]
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_a_pause_that_the_source_asks_for_is_kept(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    pause = timedelta(hours=3)
    world.install(monkeypatch, world.failing(SourceBusyError("later", retry_after=pause)))
    world.source()
    due.enqueue_due(clock.on(minutes=1))
    performing.drain()
    assert Job.objects.get().run_after == clock.now + pause


def test_what_does_not_pass_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    world.install(monkeypatch, world.failing(SourceDeniedError("renew the token")))
    world.source()
    due.enqueue_due(clock.on(minutes=1))
    performing.drain()
    job = Job.objects.get()
    assert (job.state, job.error, job.attempt) == (Job.State.FAILED, "renew the token", 1)
    assert Run.objects.count() == 1


def test_it_is_given_up_after_the_last_attempt(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    world.install(monkeypatch, world.failing(*[SourceUnreachableError("silence")] * 9))
    world.source()
    due.enqueue_due(clock.on(minutes=1))
    for _ in range(8):
        performing.drain()
        clock.on(days=1)
    job = Job.objects.get()
    assert job.state == Job.State.FAILED
    assert [run.attempt for run in Run.objects.order_by("number")] == [1, 2, 3, 4, 5]


def test_a_job_that_lost_its_worker_after_the_answer_ends_with_that_answer(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Killed between the commit and the end of the job: it runs again and collects nothing."""
    world.install(monkeypatch)
    world.source()
    due.enqueue_due(clock.on(minutes=1))
    job = Job.objects.get()
    work = Work(job_id=job.pk, key=job.key, payload=job.payload, attempt=1)
    tasks.collect(work)
    performing.drain()
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert (Run.objects.count(), Evidence.objects.count()) == (1, 1)


def test_a_job_may_name_a_period(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
    period = Period(date(2026, 3, 1), date(2026, 3, 31))
    connections.ask_now(world.source(), by="user:7", period=period)
    performing.drain()
    run = Run.objects.get()
    assert (run.period_from, run.period_to, run.requested_by) == (
        period.start,
        period.end,
        "user:7",
    )


class TestFiles:
    @pytest.fixture
    def folder(self, clock: Clock, own_folders: Path) -> Path:
        clock.now = datetime.now(UTC)
        wishes = Wishes(title="Rosters", values={"columns": {"name": "text", "left": "date"}})
        connections.connect("csv_import", slug="rosters", wishes=wishes, by=world.BY)
        return own_folders / "inbox" / "rosters"

    @staticmethod
    def put(folder: Path, name: str, content: bytes) -> Path:
        path = folder / name
        path.write_bytes(content)
        settled = path.stat().st_mtime - 60
        os.utime(path, (settled, settled))
        return path

    def test_a_file_becomes_evidence_and_moves_on(self, folder: Path, clock: Clock) -> None:
        content = b"name,left\r\nAnn,2026-10-05\r\n"
        assert due.enqueue_search(clock.now) is None
        self.put(folder, "leavers__2026-10-01_2026-10-31.csv", content)
        assert due.enqueue_search(clock.now) == due.enqueue_search(clock.now)
        performing.drain()
        run = Run.objects.get()
        assert run.evidence
        assert run.evidence.blob.size == len(content)
        assert run.evidence.population.table_id != run.evidence.blob_id
        moved = [path.name for path in (folder / "processed").iterdir()]
        assert moved == [f"{run.ref}__leavers__2026-10-01_2026-10-31.csv"]
        assert [path.name for path in folder.glob("*.csv")] == []

    def test_a_refused_file_moves_with_the_reason(self, folder: Path, clock: Clock) -> None:
        self.put(folder, "leavers__2026-10-01_2026-10-31.csv", b"name,left\nAnn,soon\n")
        due.enqueue_arrivals(clock.now)
        performing.drain()
        run = Run.objects.get()
        assert run.state == Run.State.FAILED
        notes = list((folder / "refused").glob("*.reason.txt"))
        assert len(notes) == 1
        assert "line 2" in notes[0].read_text()
        assert Job.objects.get().state == Job.State.FAILED
        assert Evidence.objects.count() == 0

    def test_a_tick_that_runs_twice_takes_a_file_once(self, folder: Path, clock: Clock) -> None:
        self.put(folder, "leavers__2026-10-31.csv", b"name,left\nAnn,2026-10-05\n")
        first = due.enqueue_arrivals(clock.now)
        assert due.enqueue_arrivals(clock.now) == first

    def test_the_same_file_put_there_again_is_put_away(self, folder: Path, clock: Clock) -> None:
        content = b"name,left\nAnn,2026-10-05\n"
        for _ in range(2):
            self.put(folder, "leavers__2026-10-31.csv", content)
            due.enqueue_arrivals(clock.now)
            performing.drain()
        assert Run.objects.count() == 1
        assert len(list((folder / "processed").iterdir())) == 2

    def test_a_file_that_was_refused_may_be_put_there_again(
        self, folder: Path, clock: Clock
    ) -> None:
        for _ in range(2):
            self.put(folder, "leavers.csv", b"name,left\nAnn,2026-10-05\n")
            due.enqueue_arrivals(clock.now)
            performing.drain()
        sidecar = folder / "leavers.csv.yaml"
        sidecar.write_text("period_from: 2026-10-01\nperiod_to: 2026-10-31\n")
        self.put(folder, "leavers.csv", b"name,left\nAnn,2026-10-05\n")
        due.enqueue_arrivals(clock.now)
        performing.drain()
        states = [run.state for run in Run.objects.order_by("number")]
        assert states == [Run.State.FAILED, Run.State.FAILED, Run.State.COMPLETE]
        assert not sidecar.exists()


class TestProbe:
    @pytest.fixture
    def server(self) -> Iterator[Loopback]:
        with Loopback(Reply(b"ok")) as server:
            yield server

    def test_watched_addresses_are_sampled_every_minute(
        self, server: Loopback, clock: Clock
    ) -> None:
        wishes = Wishes(title="Shop", values={"url": f"{server.url}/health/"})
        source = connections.connect("uptime_probe", slug="shop", wishes=wishes, by=world.BY)
        for _ in range(3):
            due.enqueue_probe(clock.on(seconds=30))
        performing.drain()
        assert [asked.path for asked in server.asked] == ["/health/", "/health/"]
        # Both jobs ran in one minute of this clock, which has one sample.
        assert ProbeSample.objects.get().source == source

    def test_nothing_is_enqueued_where_nothing_is_watched(self, clock: Clock) -> None:
        assert due.enqueue_probe(clock.now) is None


def test_the_ticks_are_registered() -> None:
    names = {"collectors.due", "collectors.inbox", "collectors.probe", "collectors.prune"}
    assert names <= set(periodic.run_due(datetime.now(UTC)))


def test_old_samples_are_forgotten(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    world.install(monkeypatch)
    source = world.source()
    for days in (399, 401):
        ProbeSample.objects.create(source=source, at=clock.now - timedelta(days=days), up=True)
    tasks.forget_old_samples(clock.now)
    assert ProbeSample.objects.count() == 1


def test_a_payload_is_json(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    world.install(monkeypatch)
    world.source()
    jobs = due.enqueue_due(clock.on(minutes=1))
    assert json.loads(json.dumps(jobs[0].payload)) == jobs[0].payload
