"""Work of the room that happens by itself: a snapshot of each register in use, every week."""

from datetime import datetime

from jobs import queue
from jobs.handlers import handler
from jobs.periodic import every
from jobs.work import Work
from registers import registry, snapshot
from registers.models import Entry

SNAPSHOT = "registers.snapshot"


@every(seconds=3600, name="registers.weekly")
def weekly(now: datetime) -> None:
    """Ask once in each ISO week for a snapshot of every register that has entries."""
    year, week, _ = now.isocalendar()
    for slug in Entry.objects.order_by().values_list("register", flat=True).distinct():
        key = f"register:{slug}:{year}-W{week:02d}"
        queue.enqueue(SNAPSHOT, key=key, payload={"register": slug})


@handler(SNAPSHOT)
def take(work: Work) -> dict[str, object]:
    """Take the snapshot that a job names; a second run of the same job takes no second one."""
    register = registry.get(str(work.payload["register"]))
    evidence = snapshot.take_once(register, key=work.key)
    return {"evidence": evidence.ref}
