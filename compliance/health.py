"""The health page: whether this installation can do its work, for a load balancer or a person."""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from evidence import keepers, standing, stores
from evidence.errors import StoreError
from reports import pdf_engine


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


NEEDED: dict[str, Callable[[], str]] = {"database": _database, "store": _store}
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
    needed = {name: problem() or "ok" for name, problem in NEEDED.items()}
    optional = {name: problem() or "ok" for name, problem in OPTIONAL.items()}
    working = set(needed.values()) == {"ok"}
    body = {"status": "ok" if working else "failing", **needed, **optional}
    return JsonResponse(body, status=200 if working else 503)
