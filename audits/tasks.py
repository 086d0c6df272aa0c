"""What the workers do for audits: look for results of checks that open findings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audits import deviations, rests
from audits.models import Engagement
from jobs import queue
from jobs.handlers import handler
from jobs.periodic import every
from jobs.work import Work


@handler(deviations.KIND)
def look_for_findings(work: Work) -> Mapping[str, Any]:
    """Look through the results of one engagement, or of every open one that may have new ones."""
    named = work.payload.get("engagement")
    engagements = (
        list(Engagement.objects.filter(pk=named)) if named is not None else deviations.waiting()
    )
    return {"results": sum(deviations.look(each, tell=work.progress) for each in engagements)}


@every(seconds=60, name="audits.findings")
def ask_for_findings(now: datetime) -> None:
    """Enqueue a look where the log has grown, once a minute at most."""
    if deviations.waiting():
        queue.enqueue(deviations.KIND, key=f"{deviations.KIND}:{now:%Y-%m-%dT%H:%M}", payload={})


@every(seconds=600, name="audits.calendar")
def keep_the_calendar(now: datetime) -> None:
    """Record the holidays of the settings where they changed."""
    rests.record(now)
