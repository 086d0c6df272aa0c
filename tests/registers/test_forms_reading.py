"""Reading what was typed: every type, the shared rules, and never a crash."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from hypothesis import given as some
from hypothesis import settings
from hypothesis import strategies as st

from registers.forms import reading, registry
from registers.forms.base import Asks, Attached, Question
from registers.forms.reading import Clock
from tests.registers import filled
from tests.registers.filled import GOOD, NOW

BERLIN = ZoneInfo("Europe/Berlin")
FORMS = sorted(registry.forms())


def clock(zone: ZoneInfo = BERLIN) -> Clock:
    return Clock(NOW, zone, BERLIN)


@pytest.mark.parametrize("slug", FORMS)
def test_a_form_that_is_filled_in_well_is_read(slug: str) -> None:
    assert filled.read(slug).problems == {}


@pytest.mark.parametrize("slug", FORMS)
def test_an_empty_form_names_all_that_is_required(slug: str) -> None:
    kind = registry.get(slug)
    found = reading.read(kind, {}, {}, clock=filled.CLOCK)
    wanted = {name for name, asked in kind.questions.items() if asked.required}
    assert set(found.problems) == wanted
    assert all(sentence.endswith("is missing.") for sentence in found.problems.values())


@pytest.mark.parametrize("slug", FORMS)
@settings(deadline=None)
@some(data=st.data())
def test_whatever_is_typed_is_read_or_told_beside_its_question(
    slug: str, data: st.DataObject
) -> None:
    kind = registry.get(slug)
    place = data.draw(st.sampled_from(sorted(GOOD[slug])))
    typed = {**GOOD[slug], place: data.draw(st.text(max_size=30))}
    found = reading.read(kind, typed, {}, clock=filled.CLOCK)
    assert (found.answers is None) == bool(found.problems)
    for where, sentence in found.problems.items():
        assert reading.question(kind, where) is not None
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("sorted | By name. | 1 -> 1", ""),
        ("filtered | Only ours. | 3 -> 2 | Asked for.", "The table has 1 rows, and 2 came out"),
        ("filtered | Only ours. | 3 -> 1", "say why something was filtered"),
        ("by hand", "is not of the form"),
    ],
    ids=["fits", "not-the-list", "no-reason", "words"],
)
def test_steps_after_the_export_lead_to_the_lines(typed: str, said: str) -> None:
    kind = registry.get("access_request")
    given = {**GOOD["access_request"], "list_steps": typed}
    found = reading.read(kind, given, {}, clock=filled.CLOCK)
    assert said in found.problems.get("list_steps", "")
    assert bool(found.problems) == bool(said)
    if found.answers:
        told = reading.handling_of(found.answers)
        assert told
        assert told.steps[0].rows_after == 1


@pytest.mark.parametrize(
    ("typed", "minutes"), [("90", 90), ("1:30", 90), ("0:05", 5), ("100:00", 6000)]
)
def test_a_duration_is_minutes_or_hours_and_minutes(typed: str, minutes: int) -> None:
    assert filled.answers("tabletop_exercise", lasted=typed).values["lasted"] == minutes


@pytest.mark.parametrize("typed", ["1:60", "an hour", "-5", "1.5", "1:5", "\u0663"])
def test_another_duration_is_refused(typed: str) -> None:
    assert "is no duration" in filled.problems("tabletop_exercise", lasted=typed)["lasted"]


def read_moment(typed: str, zone: ZoneInfo = BERLIN) -> datetime:
    asked = Question(name="x", label="X", asks=Asks.MOMENT)
    kind = registry.get("restore_test")
    typed_form = {**GOOD["restore_test"], "backup_at": typed}
    found = reading.read(kind, typed_form, {}, clock=clock(zone))
    if "backup_at" in found.problems:
        raise ValueError(found.problems["backup_at"])
    assert found.answers
    moment = found.answers.values["backup_at"]
    assert isinstance(moment, datetime)
    assert reading.words(asked, moment).endswith(")")
    return moment


def test_a_moment_is_meant_by_the_clocks_that_the_form_names() -> None:
    assert read_moment("2026-08-11T02:00") == datetime(2026, 8, 11, 0, 0, tzinfo=UTC)
    told = read_moment("2026-08-11 02:00", ZoneInfo("UTC"))
    assert told == datetime(2026, 8, 11, 2, 0, tzinfo=UTC)
    assert told.isoformat() == "2026-08-11T04:00:00+02:00"


def test_an_hour_that_the_clocks_left_out_is_refused() -> None:
    with pytest.raises(ValueError, match="was left out"):
        read_moment("2026-03-29T02:30")


def test_an_hour_that_was_struck_twice_is_refused_and_can_be_told_in_utc() -> None:
    with pytest.raises(ValueError, match="struck twice when the clocks of Europe/Berlin"):
        read_moment("2025-10-26T02:30")
    assert read_moment("2025-10-26T00:30", ZoneInfo("UTC")).hour == 2


@pytest.mark.parametrize(
    "typed", ["yesterday", "2026-02-30T10:00", "2026-08-11", "0001-01-01T00:00"]
)
def test_what_is_no_moment_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"is no day with a time|is too far away"):
        read_moment(typed)


@settings(deadline=None)
@some(st.datetimes(datetime(2020, 1, 1), datetime(2026, 11, 20)))  # noqa: DTZ001  as it is typed
def test_every_hour_is_read_as_the_clock_shows_it_or_refused(naive: datetime) -> None:
    asked = Question(name="x", label="X", asks=Asks.MOMENT)
    try:
        value = reading._read(asked, f"{naive:%Y-%m-%dT%H:%M}", clock())
    except ValueError as error:
        assert "clocks of Europe/Berlin" in str(error)  # noqa: PT017
    else:
        assert isinstance(value, datetime)
        assert f"{value:%Y-%m-%dT%H:%M}" == f"{naive:%Y-%m-%dT%H:%M}"


def test_what_happened_cannot_lie_ahead_and_what_is_due_may() -> None:
    assert (
        "lies in the future"
        in filled.problems("tabletop_exercise", held_on="2026-11-22")["held_on"]
    )
    assert filled.problems("tabletop_exercise", lines_0_due_on="2031-01-01") == {}
    late = filled.problems("restore_test", ended_at="2026-11-21T09:31")
    assert "lies in the future" in late["ended_at"]


def test_people_are_addresses_each_once() -> None:
    found = filled.answers(
        "tabletop_exercise", took_part="B@example.org a@example.org;b@example.org"
    )
    assert found.values["took_part"] == "a@example.org b@example.org"
    told = filled.problems("tabletop_exercise", took_part="a@example.org Bob")
    assert "is no e-mail address: 'Bob'" in told["took_part"]


def test_days_must_be_in_order_and_a_year_at_most() -> None:
    assert (
        "end before they begin"
        in filled.problems("leaver_check", covers_to="2026-09-30")["covers_to"]
    )
    assert (
        "a year at most" in filled.problems("leaver_check", covers_from="2025-10-30")["covers_to"]
    )


def test_a_list_has_as_many_lines_as_its_source_counts() -> None:
    told = filled.problems("leaver_check", list_count="2")
    assert told == {
        "list_count": "The source counts 2, the form has 1 lines. Add what is missing, or say what "
        "the source really counts."
    }


def test_a_list_may_be_empty_by_fact() -> None:
    empty = {name: None for name in GOOD["leaver_check"] if name.startswith("lines-")}
    kept = {name: text for name, text in GOOD["leaver_check"].items() if name not in empty}
    kind = registry.get("leaver_check")
    found = reading.read(kind, {**kept, "list_count": "0"}, {}, clock=filled.CLOCK)
    assert found.answers
    assert list(kind.declared.table(found.answers)) == []


def test_empty_lines_between_are_left_out_and_places_stay_right() -> None:
    moved = {
        name.replace("lines-0-", "lines-4-"): text for name, text in GOOD["leaver_check"].items()
    }
    kind = registry.get("leaver_check")
    found = reading.read(kind, moved, {}, clock=filled.CLOCK)
    assert found.answers
    assert [number for number, _ in found.answers.lines] == [4]
    wrong = reading.read(kind, {**moved, "lines-4-last_day": "x"}, {}, clock=filled.CLOCK)
    assert set(wrong.problems) == {"lines-4-last_day"}


def test_a_state_speaks_for_the_day_on_which_it_is_handed_in() -> None:
    found = filled.answers("vendor_review")
    assert found.covers_from == found.covers_to == date(2026, 11, 21)


def test_days_are_those_of_the_organisation() -> None:
    late = Clock(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), ZoneInfo("UTC"), BERLIN)
    kind = registry.get("vendor_review")
    found = reading.read(kind, GOOD["vendor_review"], {}, clock=late)
    assert found.answers
    assert found.answers.covers_to == date(2026, 11, 22)


def test_a_form_of_one_day_covers_that_day() -> None:
    assert filled.answers("reconciliation").covers_to == date(2026, 11, 19)


def test_a_file_is_an_answer() -> None:
    file = Attached("log.txt", 5, "0" * 64)
    files = {"record": file, "unknown": file}
    found = reading.read(
        registry.get("restore_test"), GOOD["restore_test"], files, clock=filled.CLOCK
    )
    assert found.answers
    assert found.answers.values["record"] == file
    assert "unknown" not in found.answers.values


@pytest.mark.parametrize(
    ("asks", "value", "told"),
    [
        (Asks.TEXT, None, ""),
        (Asks.BOOLEAN, True, "yes"),
        (Asks.BOOLEAN, False, "no"),
        (Asks.DURATION, 90, "1 h 30 min"),
        (Asks.DURATION, 9, "9 min"),
        (Asks.INTEGER, 90, "90"),
        (Asks.DECIMAL, Decimal("1.50"), "1.50"),
        (Asks.DATE, date(2026, 1, 31), "2026-01-31"),
        (Asks.MOMENT, NOW, "2026-11-21 09:30 UTC"),
        (Asks.MOMENT, NOW.astimezone(BERLIN), "2026-11-21 10:30 CET (UTC+0100)"),
        (Asks.FILE, Attached("a.txt", 3, "f" * 64), f"a.txt (3 bytes, SHA-256 {'f' * 64})"),
    ],
)
def test_answers_are_told_in_words(asks: Asks, value: object, told: str) -> None:
    asked = Question(name="x", label="X", asks=asks, choices=())
    assert reading.words(asked, value) == told  # type: ignore[arg-type]


def test_no_more_lines_are_read_than_a_form_takes() -> None:
    kind = registry.get("leaver_check")
    typed = {**GOOD["leaver_check"], "lines-999-person_id": "P-1"}
    assert reading.line_count(typed) == 1000
    found = reading.read(kind, typed, {}, clock=filled.CLOCK)
    assert found.answers
    assert len(found.answers.lines) == 1
    assert timedelta(days=366) == reading.LONGEST_SPAN


@pytest.mark.parametrize("slug", FORMS)
def test_a_form_with_all_its_lines_can_be_sent_by_a_browser(slug: str) -> None:
    kind = registry.get(slug)
    fields = len(kind.questions) + reading.MOST_LINES * len(kind.line_questions)
    assert fields + 10 <= django_settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
