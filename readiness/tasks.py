"""What the workers do for readiness: tasks, silent sources, proposals for questions of buyers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from collectors import silence
from jobs import queue
from jobs.handlers import Result, handler
from jobs.periodic import every
from jobs.work import Work
from readiness import silences, tasklist
from readiness.buyers import desk


@every(seconds=10, name="readiness.tasks")
def prepare_tasks(_now: datetime) -> None:
    """Compute the tasks anew where the log has grown or a day has ended: else it is one lookup."""
    tasklist.prepare()


@handler(silences.KIND)
def look_for_silence(_work: Work) -> Mapping[str, Any]:
    """Open findings for sources that have stopped reporting."""
    return {"findings": silences.raise_findings(timezone.now())}


@every(seconds=3600, name="readiness.silences")
def ask_for_silence(now: datetime) -> None:
    """Enqueue a look where some source is silent, once an hour at most."""
    if silence.silent(now):
        queue.enqueue(silences.KIND, key=f"{silences.KIND}:{now:%Y-%m-%dT%H}", payload={})


@handler(desk.PROPOSE)
def propose_answers(work: Work) -> Result:
    """Look for an answer to each question of a buyer; a second run changes nothing."""
    found = desk.propose(work.payload["questionnaire"], progress=work.progress)
    return {"questionnaire": found.ref, "state": found.state}
