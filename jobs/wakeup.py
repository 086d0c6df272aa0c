"""Wake-up calls: messages that carry a job's id and may be lost, doubled or stale."""

import logging
import time
from typing import Any

from celery import current_app
from kombu.exceptions import ChannelError, KombuError

from jobs import handlers
from jobs.errors import UnknownKindError

log = logging.getLogger(__name__)

QUEUE = "jobs"
TASK = "jobs.perform"
# A handler that does not stop at its limit is killed this many seconds later.
KILL_GRACE_SECONDS = 30
# Waiting for a broker that is away takes seconds; after that nobody else waits for so long.
SILENCE_SECONDS = 10.0

_silence = {"until": 0.0}


def send(job_id: int, kind: str) -> bool:
    """Tell the workers of a job; a broker that does not answer costs time, never the job."""
    if time.monotonic() < _silence["until"]:
        return False
    try:
        limit = handlers.find(kind).limit_seconds
    except UnknownKindError:
        limit = handlers.DEFAULT_LIMIT_SECONDS
    try:
        current_app.send_task(
            TASK,
            args=[job_id],
            # One name per job, so that repeated calls for it coalesce in the mailbox.
            task_id=f"job-{job_id:012d}",
            queue=QUEUE,
            retry=False,
            ignore_result=True,
            soft_time_limit=limit,
            time_limit=limit + KILL_GRACE_SECONDS,
        )
    except (KombuError, ChannelError, OSError) as error:
        _silence["until"] = time.monotonic() + SILENCE_SECONDS
        log.warning("The broker did not take job %s (%s); the sweep sends it again.", job_id, error)
        return False
    return True


def unread() -> int | None:
    """Return how many wake-up calls lie unread; None where the broker does not answer."""
    connection: Any
    with current_app.connection_for_write() as connection:
        try:
            connection.connect()
            answer = connection.channel().queue_declare(queue=QUEUE, passive=True)
        except connection.channel_errors:
            return 0  # A queue that nobody has used yet does not exist.
        except (*connection.connection_errors, KombuError) as error:
            log.warning("The broker does not answer: %s", error)
            return None
        return int(answer.message_count)
