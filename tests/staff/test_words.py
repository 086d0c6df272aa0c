"""Dates, sizes and states as people read them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from compliance.staff import words

MOMENT = datetime(2026, 11, 21, 9, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2026, 10, 5), date(2026, 10, 5), "5 Oct 2026"),
        (date(2026, 10, 1), date(2026, 10, 31), "1 to 31 Oct 2026"),
        (date(2026, 9, 28), date(2026, 10, 4), "28 Sep to 4 Oct 2026"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 Dec 2026 to 3 Jan 2027"),
        (None, date(2026, 1, 1), ""),
        (date(2026, 1, 1), None, ""),
    ],
)
def test_a_period_is_said_without_needless_words(
    start: date | None, end: date | None, said: str
) -> None:
    assert words.period(start, end) == said


def test_a_moment_is_told_by_the_clocks_of_the_organisation(settings: Any) -> None:
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    assert words.clock(MOMENT) == "21 Nov 2026, 10:04 CET"
    assert words.in_list(MOMENT).count("10:04 CET") == 1
    assert 'title="2026-11-21 09:04:05 UTC"' in words.in_list(MOMENT)


def test_a_day_begins_where_the_organisation_is(settings: Any) -> None:
    settings.ORGANISATION_TIME_ZONE = "Pacific/Kiritimati"
    late = words.today()
    settings.ORGANISATION_TIME_ZONE = "Pacific/Pago_Pago"
    assert late - words.today() in {timedelta(days=1), timedelta(days=2)}


def test_what_is_not_known_leaves_no_words() -> None:
    assert words.clock(None) == words.in_list(None) == ""
    assert words.day(None) == words.duration(None) == words.size(None) == ""
    assert words.short_digest("") == ""


@pytest.mark.parametrize(
    ("took", "said"),
    [
        (timedelta(milliseconds=20), "under 0.1 s"),
        (timedelta(seconds=0.44), "0.4 s"),
        (timedelta(seconds=12), "12 s"),
        (timedelta(seconds=200), "3 min 20 s"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
    ],
)
def test_a_duration_is_told_in_the_unit_that_fits(took: timedelta, said: str) -> None:
    assert words.duration(took) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1450, "1.45 kB"),
        (12_300_000, "12.3 MB"),
        (5_000_000_000, "5 GB"),
    ],
)
def test_a_size_is_told_in_powers_of_ten(count: int, said: str) -> None:
    assert words.size(count) == said


def test_a_badge_says_its_state_in_a_word_as_well() -> None:
    assert words.badge("met", "Met") == '<span class="cs-badge cs-sign s-met">Met</span>'


@pytest.mark.parametrize("make", [words.tag, words.whole, lambda text: words.badge("met", text)])
def test_words_of_people_cannot_become_markup(make: object) -> None:
    assert "<b>" not in make("<b>bold</b>")  # type: ignore[operator]


def test_links_and_lines_cannot_be_broken_out_of() -> None:
    assert '"><' not in words.link('"><script>', "x")
    assert "<i>" not in words.lines("<i>", "<i>")


def test_a_number_that_was_counted_only_so_far_says_so() -> None:
    assert words.at_most(5_001, 5_000) == "5,000+"
    assert words.at_most(4_999, 5_000) == "4,999"


def test_one_and_many() -> None:
    assert words.plural(1, "row") == "1 row"
    assert words.plural(1200, "row") == "1,200 rows"
    assert words.plural(2, "criterion", "criteria") == "2 criteria"
