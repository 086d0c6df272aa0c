"""Periodic work of the evidence room."""

import logging
from datetime import datetime

from evidence import checkpoint
from evidence.errors import SigningRefusedError
from jobs.periodic import every

log = logging.getLogger(__name__)


@every(seconds=3600, name="evidence.checkpoint")
def sign_checkpoint(_now: datetime) -> None:
    """Sign the log as it stands; where nothing was added since, nothing happens."""
    try:
        checkpoint.sign()
    except SigningRefusedError as error:
        # Said on the overview and by the health page; a traceback every hour would add nothing.
        log.error("The log was not signed: %s", error)  # noqa: TRY400
