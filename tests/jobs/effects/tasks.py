"""Jobs for the kill tests: a good one that leaves its effect, a hung one and a poisonous one."""

import os
import signal
import time
from pathlib import Path

from django.conf import settings
from django.db import connection

from jobs.handlers import handler
from jobs.work import Work

STEPS = 20


def starts_file() -> Path:
    return Path(settings.VAR_DIR) / "starts.log"


@handler("effects.leave")
def leave(work: Work) -> dict[str, object]:
    note_start(work)
    for step in range(STEPS):
        time.sleep(work.payload["seconds"] / STEPS)
        work.progress(step + 1, STEPS)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO effect (name, attempt) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING",
            [work.key, work.attempt],
        )
    return {"attempt": work.attempt}


@handler("effects.hang", limit_seconds=1)
def hang(work: Work) -> None:
    note_start(work)
    time.sleep(900)


@handler("effects.poison")
def poison(work: Work) -> None:
    note_start(work)
    os.kill(os.getpid(), signal.SIGKILL)


def note_start(work: Work) -> None:
    """Append one line in one write, so that a kill leaves the whole line or none."""
    descriptor = os.open(starts_file(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{work.key} {work.attempt}\n".encode())
    finally:
        os.close(descriptor)
