"""What the workers do for readiness: compute everybody's tasks before somebody asks for them."""

from datetime import datetime

from jobs.periodic import every
from readiness import tasklist


@every(seconds=10, name="readiness.tasks")
def prepare_tasks(_now: datetime) -> None:
    """Compute the tasks anew where the log has grown or a day has ended: else it is one lookup."""
    tasklist.prepare()
