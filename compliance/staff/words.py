"""Dates, sizes, digests and states as people read them; the same words on every page."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance import moments

_KILO = 1000
_SHOWN_OF_DIGEST = 12
NOTHING = "\N{EN DASH}"
UNDO = "undo:"
"""Begins the tag of a message that has a button; the rest is what the button sends."""


def zone() -> ZoneInfo:
    """The time zone in which the organisation counts its days."""
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def today() -> date:
    return timezone.now().astimezone(zone()).date()


def day(value: date | None) -> str:
    """5 Oct 2026"""
    return moments.day(value) if value else ""


def period(start: date | None, end: date | None) -> str:
    """1 to 31 Oct 2026, with no more words than needed."""
    if start is None or end is None:
        return ""
    if start == end:
        return day(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {day(end)}"
    if start.year == end.year:
        return f"{start.day} {start:%b} to {day(end)}"
    return f"{day(start)} to {day(end)}"


def clock(value: datetime | None) -> str:
    """21 Nov 2026, 10:04 UTC, by the clocks of who looks; for where no tag can stand."""
    return moments.said(value) if value else ""


def in_list(value: datetime | None) -> SafeString | str:
    """A moment in two short lines, as lists show it."""
    if value is None:
        return ""
    local = value.astimezone(moments.zone())
    return moments.marked(value, lines(day(local.date()), moments.clock(value)))


def duration(value: timedelta | None) -> str:
    """under 0.1 s, 0.4 s, 12 s, 3 min 20 s, 2 h 5 min"""
    if value is None:
        return ""
    seconds = value.total_seconds()
    if seconds < 0.1:
        return "under 0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: int | None) -> str:
    """12 kB in powers of ten, as sizes of files are told."""
    if count is None:
        return ""
    value, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < _KILO:
            break
        value, unit = value / _KILO, larger
    return f"{count:,} bytes" if unit == "bytes" else f"{value:.3g} {unit}"


def spoken(code: str) -> str:
    """Return the name of a kind as people write it: timing_overdue is timing overdue."""
    return code.replace("_", " ")


def short_digest(digest: str) -> SafeString | str:
    if not digest:
        return ""
    shown = digest[:_SHOWN_OF_DIGEST]
    return format_html('<span class="cs-mono" title="{}">{}…</span>', digest, shown)


def badge(state: str, label: str) -> SafeString:
    """A state as sign, word and colour; the style sheet knows the sign and the colour."""
    return format_html('<span class="cs-badge cs-sign s-{}">{}</span>', state, label)


def tag(label: str) -> SafeString:
    return format_html('<span class="cs-tag">{}</span>', label)


def lines(first: object, second: object) -> SafeString:
    """Two lines in one cell of a list, the second one quieter."""
    return format_html('{}<span class="cs-soft cs-small cs-block">{}</span>', first, second)


def stacked(first: object, second: object) -> SafeString:
    """Two badges in one cell, one below the other."""
    return format_html('<span class="cs-stacked">{}{}</span>', first, second)


def whole(text: object) -> SafeString:
    """Words that stay on one line."""
    return format_html('<span class="cs-nowrap">{}</span>', text)


def at_most(count: int, limit: int) -> str:
    """A number that was counted only so far: 5,000 or more."""
    return f"{limit:,}+" if count > limit else f"{count:,}"


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def link(url: str, label: str) -> SafeString:
    return format_html('<a class="cs-link" href="{}">{}</a>', url, label)
