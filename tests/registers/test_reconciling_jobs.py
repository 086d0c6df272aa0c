"""Runs in the background: one job for the same files, its progress, tried again, done once."""

import pytest

from jobs.models import Job
from jobs.performing import drain
from jobs.work import Work
from registers import tasks
from registers.errors import ReconcilingError, ReconcilingNotAllowedError
from registers.models import Reconciliation, ReconciliationRun
from registers.reconciling import asking, definitions, running
from tests.audits.world import clock
from tests.registers.reconciled import DAY, MONDAY, RULES, Accounting, morning, row

pytestmark = pytest.mark.usefixtures("var_dir")


@pytest.fixture
def ready(books: Accounting, cards: Reconciliation) -> Reconciliation:
    """Both files of Monday are there."""
    books.hand_in(cards, "a", [row("s1")])
    books.hand_in(cards, "b", [row("s1")])
    return cards


def test_the_same_files_are_one_job_whoever_asks(books: Accounting, ready: Reconciliation) -> None:
    with clock(morning(MONDAY)):
        first = asking.ask(ready, day=MONDAY, by=books.olga)
        assert asking.ask(ready, day=MONDAY, by=books.alice) == first
        tasks.reconcile_days(morning(MONDAY))
        assert Job.objects.filter(kind=asking.KIND).count() == 1
        assert asking.standing(ready, MONDAY).is_working
        drain()
    run = ReconciliationRun.objects.get()
    assert run.by == books.olga
    first.refresh_from_db()
    assert first.state == Job.State.DONE
    assert first.result == {
        "reconciliation": "REC-1",
        "reconciled": 1,
        "state": "complete",
        "evidence": run.evidence.ref,
    }
    with clock(morning(MONDAY)):
        now = asking.standing(ready, MONDAY)
    assert (now.is_working, now.has_failed, now.obstacle) == (False, False, "")


def test_a_job_that_runs_twice_makes_one_run(ready: Reconciliation) -> None:
    with clock(morning(MONDAY)):
        job = asking.ask(ready, day=MONDAY)
        for _ in range(2):
            tasks.reconcile_day(Work(job.pk, job.key, job.payload))
    run = ReconciliationRun.objects.get()
    assert run.by is None


def test_it_is_told_how_far_a_run_is(ready: Reconciliation) -> None:
    heard: list[tuple[int, int, str]] = []
    with clock(morning(MONDAY)):
        running.perform(ready, day=MONDAY, progress=lambda *told: heard.append(told))
    notes = [note for _, _, note in heard]
    assert notes[:2] == ["Unsealing the files"] * 2
    assert [note for note in notes[2:] if not note.startswith("Reading")] == [
        "Matching a-b",
        "Proving the identities",
        "Digesting the outcome",
        "Writing the report",
    ]
    known = [done / total for done, total, _ in heard]
    assert known == sorted(known)
    assert known[-1] == 0.9


def test_a_failed_one_is_tried_again_when_somebody_asks_again(
    books: Accounting, ready: Reconciliation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    with clock(morning(MONDAY)):
        with monkeypatch.context() as patch:
            patch.setattr(running, "perform", broken)
            asking.ask(ready, day=MONDAY, by=books.olga)
            drain()
        now = asking.standing(ready, MONDAY)
        assert now.has_failed
        assert now.job
        assert "the disk is full" in now.job.error
        # The schedule does not try for ever; a person does.
        asking.ask(ready, day=MONDAY)
        assert asking.standing(ready, MONDAY).has_failed
        asking.ask(ready, day=MONDAY, by=books.olga)
        assert asking.standing(ready, MONDAY).is_working
        drain()
    assert ReconciliationRun.objects.get().state == "complete"


def test_new_rules_are_another_job(books: Accounting, ready: Reconciliation) -> None:
    with clock(morning(MONDAY)):
        tasks.reconcile_days(morning(MONDAY))
        drain()
        later = RULES.replace("version: 1", "version: 2").replace("grace_days: 3", "grace_days: 4")
        rules = definitions.propose_rules(ready, text=later, reason="Slow.", by=books.alice)
        definitions.approve_rules(rules, note="Ran it.", by=books.ivan)
        tasks.reconcile_days(morning(MONDAY))
        drain()
    assert ReconciliationRun.objects.count() == 2


def test_what_cannot_run_says_so(books: Accounting, cards: Reconciliation) -> None:
    with clock(morning(MONDAY)):
        assert "No file of 2026-03-02" in asking.standing(cards, MONDAY).obstacle
        with pytest.raises(ReconcilingError):
            asking.ask(cards, day=MONDAY, by=books.olga)
        with pytest.raises(ReconcilingNotAllowedError):
            asking.ask(cards, day=MONDAY, by=books.ivan)
    with clock(morning(MONDAY - DAY)):
        assert asking.standing(cards, MONDAY).job is None
