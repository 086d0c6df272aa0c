"""The health pages: whether this installation can do its work, for a load balancer or a person."""

import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from evidence import keepers, standing, stores
from evidence.errors import StoreError
from jobs import wakeup
from jobs.models import Beat
from reports import pdf_engine

LEAST_FREE_BYTES = 1024**3
LONGEST_SILENCE = timedelta(minutes=5)
"""Some periodic work is due every half minute; so long nothing ran only where nobody ticks."""


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "The database does not answer."
    return ""


def _store() -> str:
    try:
        is_failing = bool(stores.current().problem())
    except StoreError:
        is_failing = True
    # What exactly is wrong may name a bucket or an address: `manage.py up` says it at the start.
    return "The store of evidence cannot be written." if is_failing else ""


def _mail() -> str:
    return (
        "" if settings.MAIL_IS_ON else "No mail server is set (EMAIL_HOST): notices are not sent."
    )


def _log() -> str:
    try:
        log = standing.of_log()
    except DatabaseError:
        return "The database does not answer."
    if log.refusal:
        return "The log is not signed. Staff sees the reason on the overview."
    if log.problems:
        return "A check of the log found problems. Staff sees them on the overview."
    if log.is_unchecked:
        return "The log was not checked to its end for days."
    return "A checkpoint could not be left outside." if log.a_place_fails else ""


def _keys() -> str:
    if not keepers.in_use().problem():
        return ""
    return "The key keeper does not answer. Staff sees the reason on the page Key of the log."


def _broker() -> str:
    return "The broker does not answer: work waits." if wakeup.unread() is None else ""


def _schedule() -> str:
    try:
        ran_at = Beat.objects.aggregate(latest=Max("last_run_at"))["latest"]
    except DatabaseError:
        return "The database does not answer."
    if ran_at is None or timezone.now() - ran_at > LONGEST_SILENCE:
        return "The schedule stands still: start a beat and a worker."
    return ""


def _disk() -> str:
    try:
        free = shutil.disk_usage(settings.VAR_DIR).free
    except OSError:
        return "The disk of the installation cannot be read."
    return "The disk of the installation is nearly full." if free < LEAST_FREE_BYTES else ""


NEEDED: dict[str, Callable[[], str]] = {"database": _database, "store": _store}
WORKING: dict[str, Callable[[], str]] = {
    "broker": _broker,
    "schedule": _schedule,
    "disk": _disk,
}
"""Without these pages still answer, but work stands still or soon will."""

OPTIONAL: dict[str, Callable[[], str]] = {
    "pdf_engine": pdf_engine.missing_libraries,
    "mail": _mail,
    "keys": _keys,
    "log": _log,
}


@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything needed works, else 503; a missing option is named, and harmless.

    The answer tells no version, path or number, because anybody may ask.
    """
    return _answer(_asked(NEEDED), _asked(OPTIONAL))


@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process answers at all; nothing else is looked at."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when pages answer and work goes on too: broker, schedule and disk."""
    return _answer(_asked(NEEDED | WORKING), {})


def looks() -> dict[str, bool]:
    """Say of each look whether it found nothing wrong."""
    return {name: not problem() for name, problem in (NEEDED | WORKING | OPTIONAL).items()}


def _asked(some: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    return {name: problem() or "ok" for name, problem in some.items()}


def _answer(needed: Mapping[str, str], optional: Mapping[str, str]) -> JsonResponse:
    working = set(needed.values()) == {"ok"}
    body = {"status": "ok" if working else "failing", **needed, **optional}
    return JsonResponse(body, status=200 if working else 503)
