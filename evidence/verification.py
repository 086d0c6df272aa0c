"""A check of the whole log: recomputes what the leaves tell, step by step, and can be broken off.

Where a check stands is kept in its row, so that another process goes on where one stopped; two at
once do no harm, because a step counts only if nobody has moved the check on meanwhile.
"""

import time
from collections.abc import Callable, Iterator

from django.db import transaction
from django.utils import timezone

from evidence import ledger
from evidence import verification_stages as stages
from evidence.errors import LedgerError
from evidence.log_models import LogCheck, LogProblem
from evidence.verification_step import Problem
from jobs import queue
from jobs.models import Job

KIND = "evidence.verify"
SLICE_SECONDS = 60
SLICES_A_NIGHT = 120
KEPT_PROBLEMS = 1000

Progress = Callable[[int, int, str], None]


def begin() -> LogCheck:
    """Return the check that is not finished yet, or begin one over the log as it stands."""
    with transaction.atomic():
        head = ledger.lock()
        unfinished = LogCheck.objects.filter(finished_at__isnull=True).first()
        return unfinished or LogCheck.objects.create(
            started_at=timezone.now(), size=head.size, stage=next(iter(stages.STAGES))
        )


def go_on(
    check: LogCheck, *, seconds: float | None = None, progress: Progress | None = None
) -> LogCheck:
    """Go on with a check until it is finished or the seconds are over; return how it stands."""
    end = None if seconds is None else time.monotonic() + seconds
    total = stages.things(check.size)
    while check.finished_at is None and (end is None or time.monotonic() < end):
        _step(check)
        check.refresh_from_db()
        if progress:
            progress(min(check.done, total), total, check.stage)
    return check


def look_through(progress: Progress | None = None) -> Iterator[Problem]:
    """Look at everything that the log tells, in one go and without a row of it."""
    size = ledger.size()
    total, done = stages.things(size), 0
    for name, stage in stages.STAGES.items():
        cursor, is_over = "", False
        while not is_over:
            found = stage(cursor, size)
            yield from found.problems
            cursor, done = found.following, done + found.looked
            is_over = not cursor
            if progress:
                progress(min(done, total), total, name)


def ask(*, requested_by: str = "system") -> Job:
    """Have workers go on with the check of the log, or begin one."""
    check = begin()
    return _enqueue(check, 0, requested_by=requested_by)


def ask_for_more(check: LogCheck, part: int) -> None:
    """Ask for the next slice of a check; a night has so many."""
    if check.finished_at is None and part < SLICES_A_NIGHT:
        _enqueue(check, part)


def _enqueue(check: LogCheck, part: int, *, requested_by: str = "system") -> Job:
    # The place in the key lets the same check be asked for again once it has moved on.
    key = f"verify:{check.pk}:{timezone.now():%Y-%m-%d}:{check.done}:{part}"
    payload = {"check": check.pk, "part": part}
    return queue.enqueue(KIND, key=key, payload=payload, requested_by=requested_by)


def _step(check: LogCheck) -> None:
    """Do one step and move the check on, unless somebody else has done so meanwhile."""
    found = stages.STAGES[check.stage](check.cursor, check.size)
    names = list(stages.STAGES)
    place = names.index(check.stage)
    is_last = not found.following and place + 1 == len(names)
    stage = check.stage if found.following or is_last else names[place + 1]
    now = timezone.now()
    with transaction.atomic():
        ledger.lock()
        moved = LogCheck.objects.filter(
            pk=check.pk, stage=check.stage, cursor=check.cursor, finished_at__isnull=True
        ).update(
            stage=stage,
            cursor=found.following,
            done=check.done + found.looked,
            problem_count=check.problem_count + len(found.problems),
            finished_at=now if is_last else None,
        )
        if not moved:
            return
        room = max(0, KEPT_PROBLEMS - check.problem_count)
        LogProblem.objects.bulk_create(
            LogProblem(
                check_ref=check,
                stage=check.stage,
                subject=one.subject[:120],
                sentence=one.sentence,
                found_at=now,
            )
            for one in found.problems[:room]
        )
        if is_last:
            _tell(check, check.problem_count + len(found.problems))


def _tell(check: LogCheck, problems: int) -> None:
    """Leave a leaf that the log was checked; a tree too damaged to grow keeps the row alone."""
    body = {"size": check.size, "problems": problems, "started_at": ledger.stamp(check.started_at)}
    try:
        with transaction.atomic():
            ledger.append("log.checked", subject="log", body=body, actor="system")
    except (LedgerError, ValueError):
        return
