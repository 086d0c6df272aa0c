"""Celery as a mere messenger: it carries job ids; the Job rows are the truth."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import beat_init, celeryd_init, setup_logging, worker_process_init

from compliance import lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.settings")

# Tells the processes of the pool who their parent is.
_WORKER = "COUNTERSIGN_WORKER"

# Celery warns whoever runs it as root, because messages could hold pickled code. Ours are JSON only
# (Celery's default), and on a terminal the warning would bury the sign-in link.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("countersign")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Not only for this thread: the threads of the web process send wake-up calls too.
app.set_default()


@celeryd_init.connect
def _tie_worker(**_: object) -> None:
    lifeline.hold_supervisor()
    os.environ[_WORKER] = str(os.getpid())


@beat_init.connect
def _tie_beat(**_: object) -> None:
    lifeline.hold_supervisor()


@setup_logging.connect
def _keep_logging(**_: object) -> None:
    """The settings say how logs are written; Celery would set up handlers past their rules."""


@worker_process_init.connect
def _tie_pool_process(**_: object) -> None:
    lifeline.watch(int(os.environ[_WORKER]))
