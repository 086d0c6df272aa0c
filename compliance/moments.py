"""Moments as every door shows them: by the clocks of who looks, with UTC behind each.

Whole days are another matter: a period, a due day or a freeze date is a day of the organisation,
and no person's zone moves it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import preferences
from accounts.models import User

_looking: ContextVar[ZoneInfo | None] = ContextVar("zone_of_who_looks", default=None)


@contextmanager
def seen_by(user: User) -> Iterator[None]:
    """Show all moments of a block by the clocks of a person."""
    token = _looking.set(preferences.zone_of(user))
    try:
        yield
    finally:
        _looking.reset(token)


def zone() -> ZoneInfo:
    """Return the zone of who looks; where nobody in particular does, that of the organisation."""
    return _looking.get() or ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def day(value: date) -> str:
    """5 Oct 2026"""
    return f"{value.day} {value:%b %Y}"


def clock(value: datetime, pattern: str = "%H:%M") -> str:
    """10:04 CET"""
    local = value.astimezone(zone())
    name = local.tzname() or ""
    # Some zones have no letters of their own, only the distance to UTC.
    return f"{local:{pattern}} {f'UTC{name}' if name[:1] in {'+', '-'} else name}"


def said(value: datetime, pattern: str = "%H:%M") -> str:
    """21 Nov 2026, 10:04 CET"""
    return f"{day(value.astimezone(zone()).date())}, {clock(value, pattern)}"


def exact(value: datetime) -> str:
    """2026-11-21 09:04:05 UTC"""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def moment(value: datetime | None) -> SafeString | str:
    """A moment to the minute."""
    return marked(value, said(value)) if value else ""


def to_the_second(value: datetime | None) -> SafeString | str:
    """A moment to the second, where the order of things within a minute tells something."""
    return marked(value, said(value, "%H:%M:%S")) if value else ""


def marked(value: datetime, words: object) -> SafeString:
    """Words for a moment, with the exact instant for programs and, in UTC, for people."""
    stamp = value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return format_html(
        '<time class="moment" datetime="{}" title="{}">{}</time>', stamp, exact(value), words
    )
