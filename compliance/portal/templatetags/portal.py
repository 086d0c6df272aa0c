"""Dates, moments and digests as the portal shows them: read by people, exact for programs."""

from datetime import date, datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from audits import gates
from audits.coverage import Occurrence, State
from audits.flags import Flag, Flags
from audits.models import Engagement
from compliance import moments
from compliance.portal.signs import SIGNS

register = template.Library()

register.filter("moment", moments.moment)
register.filter("exact", moments.to_the_second)

_GROUP = 8


@register.filter
def day(value: date) -> SafeString:
    """5 Oct 2026"""
    return _time(value, moments.day(value))


@register.simple_tag
def period(start: date, end: date) -> SafeString:
    """1 to 31 Oct 2026, with no more words than needed."""
    if start == end:
        return day(end)
    words = f"{start.day}"
    if start.year != end.year:
        words = f"{start.day} {start:%b %Y}"
    elif start.month != end.month:
        words = f"{start.day} {start:%b}"
    return format_html("{} to {}", _time(start, words), day(end))


@register.filter
def sign(state: str) -> str:
    """The sign of a state, which tells it without colour."""
    return SIGNS[State(state)]


@register.simple_tag
def flag(known: Flags, one: Occurrence, last: Occurrence | None = None) -> Flag | None:
    """What is bound to an expected time, or to all from it to a last one."""
    return known.of_occurrences([one, last or one])


@register.filter
def digest(value: str) -> SafeString:
    """A digest in groups that the eye can compare; copied, it is one word again."""
    groups = [value[start : start + _GROUP] for start in range(0, len(value), _GROUP)]
    parts = format_html_join("", "<span>{}</span><wbr>", ((group,) for group in groups))
    return format_html('<code class="digest grouped">{}</code>', parts)


@register.filter
def after_freeze(received_at: datetime, engagement: Engagement) -> bool:
    """Whether an item came after the scope of the engagement was frozen."""
    return gates.came_after_freeze(engagement, received_at)


def _time(value: date, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words)
