"""Who left, joined with the lists of accounts that were collected around it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors import connections
from collectors.base import Ask, Row
from collectors.connections import Wishes
from collectors.files import inbox
from collectors.leaving import LIST
from collectors.models import Run, Source
from collectors.run import perform
from controls import loader
from controls.models import Expectation
from evidence.models import CheckResult
from tests.collectors import world

pytestmark = pytest.mark.django_db

COLUMNS = {"account": "text", "active": "boolean", "ended_at": "timestamp"}
NAME = "roster__2026-10-01_2026-10-31.csv"
ROSTER = """person_id,name,account,last_day
P-1,Ada,ada@x.org,2026-10-10
P-2,Jon,JON@x.org,2026-10-15
P-3,Mira,mira@x.org,
P-4,Old,old@x.org,2026-09-30
"""


class Lists:
    """A source of accounts whose lists are made at chosen times."""

    def __init__(self, patch: pytest.MonkeyPatch, title: str = "Our Okta") -> None:
        self.patch = patch
        self.rows: list[Row] = []

        def collect(ask: Ask[Any]) -> Any:
            return self._collect(ask)

        world.install(patch, collect, slug="people", columns=COLUMNS)
        self.source = world.source("people", title=title)
        self.number = 0

    def _collect(self, ask: Ask[Any]) -> Any:
        ask.trail.source_count = len(self.rows)
        return world.answer(list(self.rows))

    def made(self, at: datetime, *rows: Row) -> None:
        self.rows = list(rows)
        self.number += 1
        self.patch.setattr("django.utils.timezone.now", lambda: at)
        run = world.collect(self.source, key=f"list-{self.number}")
        assert run.state in {Run.State.COMPLETE, Run.State.EMPTY}, run.reason


def day(month: int, number: int, hour: int = 3) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


def account(name: str, *, active: bool = True, ended: datetime | None = None) -> Row:
    return (f"{name}@x.org", active, ended)


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> Lists:
    return Lists(monkeypatch)


def leavers(*sources: Source, roster: str = ROSTER, **wishes: Any) -> Run:
    wished = Wishes(
        **{
            "title": "Leavers",
            "values": {"sources": [source.slug for source in sources]},
            **wishes,
        }
    )
    own = connections.connect(
        "hr_leavers", slug=f"leavers-{Run.objects.count()}", wishes=wished, by=world.BY
    )
    path = inbox.folder_of(own) / NAME
    path.write_text(roster, encoding="utf-8")
    return perform(own, period=None, key=f"roster-{Run.objects.count()}", file=path)


def table(run: Run) -> list[list[str]]:
    assert run.evidence, run.reason
    lines = world.text(run.evidence).splitlines()
    return [line.split(",") for line in lines[1:]]


def test_an_account_ends_with_the_first_list_without_it(lists: Lists) -> None:
    lists.made(day(9, 30), account("ada"), account("jon"), account("mira"))
    lists.made(day(10, 11), account("jon"), account("mira"))
    lists.made(day(11, 1, 4), account("jon"), account("mira"))
    run = leavers(lists.source)
    assert (run.state, run.reason) == (Run.State.COMPLETE, "")
    title = lists.source.title
    assert table(run) == [
        ["P-1", "2026-10-10", title, "ada@x.org", "2026-10-11T03:00:00.000000Z", LIST],
        ["P-2", "2026-10-15", title, "jon@x.org", "", ""],
    ]


def test_what_the_system_says_itself_is_more_exact(lists: Lists) -> None:
    lists.made(day(9, 30), account("ada"), account("jon"))
    ended = day(10, 10, 17)
    lists.made(day(10, 14), account("ada", active=False, ended=ended), account("jon", active=False))
    lists.made(day(11, 1, 4), account("ada", active=False, ended=ended))
    rows = table(leavers(lists.source))
    assert [row[4:] for row in rows] == [
        ["2026-10-10T17:00:00.000000Z", "the system"],
        ["2026-10-14T03:00:00.000000Z", "the first list without it"],
    ]


def test_an_account_that_is_opened_again_has_not_ended(lists: Lists) -> None:
    lists.made(day(9, 30), account("ada"))
    lists.made(day(10, 11))
    lists.made(day(11, 1, 4), account("ada"))
    assert [row[4] for row in table(leavers(lists.source))] == [""]


def test_an_end_that_lies_ahead_is_none(lists: Lists) -> None:
    lists.made(day(9, 30), account("ada", ended=day(12, 1)))
    lists.made(day(11, 1, 4), account("ada", ended=day(12, 1)))
    assert [row[4] for row in table(leavers(lists.source))] == [""]


def test_who_had_no_account_is_no_row(lists: Lists) -> None:
    lists.made(day(9, 30), account("mira"))
    lists.made(day(11, 1, 4), account("mira"))
    run = leavers(lists.source)
    assert (run.state, run.rows) == (Run.State.EMPTY, 0)


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ([day(10, 2), day(11, 1, 4)], "no whole list from before 2026-10-01"),
        ([day(9, 30), day(10, 31)], "no whole list from after 2026-10-31"),
        ([], "no whole list from before"),
    ],
)
def test_lists_that_do_not_enclose_the_period_make_it_partial(
    lists: Lists, moments: list[datetime], words: str
) -> None:
    for moment in moments:
        lists.made(moment, account("ada"))
    run = leavers(lists.source)
    assert run.state == Run.State.PARTIAL
    assert words in run.reason


@pytest.mark.parametrize(
    ("roster", "words"),
    [
        ("person_id,account\nP-1,ada@x.org\n", "has no column 'last_day'"),
        ("person_id,account,last_day\nP-1,ada@x.org,soon\n", "line 2"),
        ("person_id,account,last_day\nP-1,,2026-10-10\n", "nothing to join by"),
        ("person_id,account,last_day\nP-1,a,2026-10-10\nP-2,A,2026-10-11\n", "twice"),
    ],
)
def test_a_roster_that_cannot_be_read_is_refused(lists: Lists, roster: str, words: str) -> None:
    run = leavers(lists.source, roster=roster)
    assert run.state == Run.State.FAILED
    assert words in run.reason


def test_a_source_that_is_not_there_is_told(lists: Lists) -> None:
    run = leavers(Source(slug="nobody"))
    assert (run.state, "no source 'nobody'" in run.reason) == (Run.State.FAILED, True)


def test_lists_without_the_column_are_told(lists: Lists) -> None:
    lists.made(day(9, 30), account("ada"))
    lists.made(day(11, 1, 4), account("ada"))
    values = {"sources": [lists.source.slug], "list_key": "person_id"}
    run = leavers(lists.source, values=values)
    assert (run.state, "no column 'person_id'" in run.reason) == (Run.State.FAILED, True)


def test_the_roster_itself_is_not_kept(lists: Lists) -> None:
    lists.made(day(9, 30), account("ada"))
    lists.made(day(11, 1, 4))
    run = leavers(lists.source)
    assert run.evidence
    assert "Mira" not in world.text(run.evidence)
    assert run.ipe["parameters"]["roster_sha256"] == run.ipe["raw_digests"][0]
    assert len(run.ipe["raw_digests"]) == 3


def test_the_check_of_the_catalogue_reads_it(lists: Lists, settings: Any) -> None:
    loader.apply(loader.plan(settings.CATALOGUE_DIR), actor="system", reword=False)
    lists.made(day(9, 30), account("ada"), account("jon"))
    lists.made(day(10, 14), account("jon"))
    lists.made(day(11, 1, 4))
    expectation = Expectation.objects.get(slug="leavers")
    run = leavers(lists.source, expectations=[expectation])
    result = CheckResult.objects.get(evidence=run.evidence)
    assert (result.state, result.exception_count) == (CheckResult.State.FAILED, 2)
    shown = repr(result.exceptions)
    assert "P-1" in shown
    assert "P-2" in shown


def test_a_cell_with_a_line_end_stays_one_cell(lists: Lists) -> None:
    lists.made(day(9, 30), ("first\nsecond@x.org", True, None), account("ada"))
    lists.made(day(11, 1, 4), ("first\nsecond@x.org", True, None), account("ada"))
    assert [row[3] for row in table(leavers(lists.source))] == ["ada@x.org"]


def test_no_file_is_told(scratch: Path, lists: Lists) -> None:
    own = connections.connect(
        "hr_leavers", slug="own", wishes=Wishes(title="x", values={"sources": ["a"]}), by=world.BY
    )
    run = perform(own, period=None, key="one")
    assert (run.state, "Put a roster" in run.reason) == (Run.State.FAILED, True)
