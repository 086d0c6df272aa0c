"""Dates, moments and digests: short for people, exact for programs."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from compliance import moments
from compliance.portal.templatetags import portal


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (date(2026, 7, 1), date(2026, 7, 31), "1 to 31 Jul 2026"),
        (date(2026, 6, 29), date(2026, 7, 5), "29 Jun to 5 Jul 2026"),
        (date(2025, 12, 29), date(2026, 1, 4), "29 Dec 2025 to 4 Jan 2026"),
        (date(2026, 7, 1), date(2027, 7, 1), "1 Jul 2026 to 1 Jul 2027"),
        (date(2026, 7, 1), date(2026, 7, 1), "1 Jul 2026"),
    ],
)
def test_a_period_says_no_more_than_is_needed(start: date, end: date, shown: str) -> None:
    html = portal.period(start, end)
    assert text(html) == shown
    assert f'datetime="{start}"' in html
    assert f'datetime="{end}"' in html


def text(html: str) -> str:
    return "".join(part.rpartition(">")[2] for part in html.split("<"))


def test_a_day_is_a_day() -> None:
    assert portal.day(date(2026, 10, 5)) == '<time datetime="2026-10-05">5 Oct 2026</time>'


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_a_moment_is_told_in_utc(zone: timezone) -> None:
    at = datetime(2026, 10, 5, 23, 59, 58, 999, tzinfo=UTC).astimezone(zone)
    stamp = '<time class="moment" datetime="2026-10-05T23:59:58Z" title="2026-10-05 23:59:58 UTC">'
    stamp += "5 Oct 2026, "
    assert moments.moment(at) == f"{stamp}23:59 UTC</time>"
    assert moments.to_the_second(at) == f"{stamp}23:59:58 UTC</time>"


def test_a_digest_is_grouped_and_copies_as_one_word() -> None:
    html = portal.digest("0123456789abcdef")
    assert html == (
        '<code class="digest grouped"><span>01234567</span><wbr><span>89abcdef</span><wbr></code>'
    )
    assert text(html) == "0123456789abcdef"


def test_a_digest_is_text() -> None:
    assert "<b>" not in portal.digest("<b>x</b>")
    assert portal.digest("") == '<code class="digest grouped"></code>'
