"""Periodic work of the evidence room."""

from datetime import datetime

from evidence import checkpoint
from jobs.periodic import every


@every(seconds=3600, name="evidence.checkpoint")
def sign_checkpoint(_now: datetime) -> None:
    """Sign the log as it stands; where nothing was added since, nothing happens."""
    checkpoint.sign()
