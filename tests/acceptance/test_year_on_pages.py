"""The heat maps that people see show the known gaps of the year and no others, on three days."""

import io
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from html import unescape

import openpyxl
import pytest
from django.test import Client

from accounts.models import User
from audits import packs
from audits.coverage import SHORTFALL, State, worst
from controls.models import Expectation
from reports import heat_map
from tests import cast
from tests.acceptance.year import EMPTY, KNOWN, SKIPPED, Year
from tests.portal.house import admit
from tests.reports.making import members, written

pytestmark = pytest.mark.slow

Gap = tuple[str, date, str]
Cells = Counter[tuple[str, str, str]]
"""How many occurrences of a control (or expectation) end in a month in a state."""

STAFF_CELL = re.compile(
    r'class="cs-sign s-\w+" href="[^"]*?([A-Z]+-\d+)/([\d-]{7})/[^"]*" title="([^"]*)"'
)
STAFF_MARK = re.compile(r'class="cs-sign s-(\w+)" href="[^"]*/expected/([\w-]+)/([\d-]{10})/')
PORTAL_CELL = re.compile(
    r'<td class="status-\w+[^"]*"><a href="[^"]*/([A-Z]+-\d+)/\?month=([\d-]{7})[^"]*"'
    r' title="([^"]*)"'
)
PORTAL_MARK = re.compile(r'<a class="status-(\w+)" href="[^"]*/coverage/([\w-]+)/([\d-]{10})/')


def short(found: Iterable[tuple[str, str, str]]) -> Cells:
    """Count what the words of cells (as in: 2 met, 1 missed) tell of lacking occurrences."""
    cells: Cells = Counter()
    for ref, month, told in found:
        for count, state in re.findall(r"(\d+) (\w+)", unescape(told)):
            if State(state) in SHORTFALL:
                cells[ref, month, state] += int(count)
    return cells


def by_month(gaps: set[Gap]) -> Cells:
    """The known gaps by control and the month in which their window ends."""
    cells: Cells = Counter()
    for slug, start, state in gaps:
        expectation = Expectation.objects.select_related("control").get(slug=slug)
        months = 2 if expectation.cadence == "quarterly" else 0
        cells[expectation.control.ref, f"{start.year}-{start.month + months:02d}", state] += 1
    return cells


def marks(page: str, pattern: re.Pattern[str]) -> set[Gap]:
    return {
        (slug, date.fromisoformat(start), state)
        for state, slug, start in pattern.findall(page)
        if State(state) in SHORTFALL
    }


def state_of(page: str, pattern: re.Pattern[str], slug: str, start: date) -> str:
    found = {(name, first): str(state) for state, name, first in pattern.findall(page)}
    return found[slug, start.isoformat()]


@pytest.fixture
def staff(year: Year) -> Client:
    return cast.sign_in(Client(), year.alice)


@pytest.fixture
def portal(year: Year, bob: User) -> Client:
    admit(year.engagement, bob, by=year.alice)
    return cast.sign_in(Client(), bob)


def text(client: Client, path: str, as_of: datetime, **query: str) -> str:
    answer = client.get(path, {"as_of": as_of.date().isoformat(), **query})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_maps_of_staff_show_the_gaps_and_no_others(year: Year, staff: Client) -> None:
    engagement = str(year.engagement.pk)
    for as_of, gaps in KNOWN:
        months = text(staff, "/admin/coverage/", as_of, engagement=engagement)
        assert short(STAFF_CELL.findall(months)) == by_month(gaps), as_of
        windows = text(staff, "/admin/coverage/windows/", as_of, engagement=engagement)
        assert marks(windows, STAFF_MARK) == gaps, as_of
        assert not short(STAFF_CELL.findall(windows))
        assert state_of(windows, STAFF_MARK, "restore-report", SKIPPED) == "exempt"
        empty = state_of(windows, STAFF_MARK, "incidents", EMPTY)
        assert empty == ("met" if as_of.month > EMPTY.month else "upcoming")


def test_the_maps_of_the_portal_show_the_gaps_and_no_others(year: Year, portal: Client) -> None:
    path = f"/portal/{year.engagement.ref}/"
    for as_of, gaps in KNOWN:
        months = text(portal, path, as_of)
        assert short(PORTAL_CELL.findall(months)) == by_month(gaps), as_of
        windows = text(portal, f"{path}coverage/", as_of)
        assert marks(windows, PORTAL_MARK) == gaps, as_of
        assert not short(PORTAL_CELL.findall(windows))
        assert state_of(windows, PORTAL_MARK, "restore-report", SKIPPED) == "exempt"


def worst_of(gaps: set[Gap]) -> dict[tuple[str, str], str]:
    """The state by which a map marks the month of a control, where it lacks something."""
    found: dict[tuple[str, str], list[State]] = {}
    for ref, month, state in by_month(gaps):
        found.setdefault((ref, month), []).append(State(state))
    return {cell: worst(states).value for cell, states in found.items()}


def test_the_maps_of_the_pack_show_the_gaps_and_no_others(year: Year) -> None:
    """The sheet of its index, and the picture of its cover."""
    for as_of, gaps in KNOWN:
        pack = packs.freeze(year.engagement, by=year.alice, as_of=as_of)
        book = openpyxl.load_workbook(io.BytesIO(members(written(pack))["index.xlsx"]))
        header, *rows = book["Coverage"].iter_rows(values_only=True)
        months = [
            place for place, name in enumerate(header) if re.fullmatch(r"\d{4}-\d\d", str(name))
        ]
        cells = {
            (str(row[0]), str(header[place])): str(row[place])
            for row in rows
            for place in months
            if row[place] and State(str(row[place])) in SHORTFALL
        }
        assert cells == worst_of(gaps), as_of
        lacking = Counter(state for _, _, state in gaps)
        totals = {
            str(name).lower(): sum(int(str(row[place])) for row in rows)
            for place, name in enumerate(header)
            if str(name).lower() in SHORTFALL
        }
        assert totals == {state: lacking[state] for state in SHORTFALL}, as_of
        selection = packs.selection_of(pack)
        drawn = heat_map.svg(
            [date.fromisoformat(month) for month in selection.months],
            [heat_map.Line(one.ref, one.title, one.months) for one in selection.controls],
        )
        found = Counter(re.findall(r'<rect class="(\w+)"', drawn))
        assert Counter(worst_of(gaps).values()) == Counter(
            {state: count for state, count in found.items() if state in SHORTFALL}
        )


def test_the_totals_of_the_portal_are_those_of_the_gaps(year: Year, portal: Client) -> None:
    for as_of, gaps in KNOWN:
        page = text(portal, f"/portal/{year.engagement.ref}/", as_of)
        shown = dict(re.findall(r'<span class="badge (\w+)">\1</span></dt><dd>(\d+)</dd>', page))
        lacking = Counter(state for _, _, state in gaps)
        assert {state: int(shown[state]) for state in SHORTFALL} == {
            state: lacking[state] for state in SHORTFALL
        }
