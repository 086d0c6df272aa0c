"""The sheet of requests: what is written out can be read in again, and changes nothing."""

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audits import request_list, requests
from audits.errors import RequestError
from audits.models import Engagement
from audits.request_terms import Owner, Wording, cleaned
from evidence import spreadsheet
from evidence.errors import SpreadsheetError
from reports import request_list as paper
from tests.audits.asking import admit, answered, asked
from tests.audits.world import World, hand_in_staff

DAY = datetime.combine(date(2026, 9, 1), time())
"""A day as openpyxl gives it back."""


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.xlsx"


def read(path: Path) -> list[request_list.Line]:
    with spreadsheet.opened(path, name="list.xlsx", formulas=False) as rows:
        return request_list.read(rows)


def sheet(path: Path) -> Iterator[list[object]]:
    book = openpyxl.load_workbook(path)
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield list(row)
    finally:
        book.close()


def test_it_holds_everything_that_a_reader_wants(
    engagement: Engagement, world: World, bob: User, path: Path
) -> None:
    request = asked(
        engagement, bob, "=SUM(A1)", text="@all\nof them", refs=("AC-01",), due=date(2026, 9, 1)
    )
    item = hand_in_staff(world, date(2026, 6, 30))
    answered(request, item, world.alice)
    answered(request, item, world.alice)
    requests.comment(request, text="+1 thanks", by=bob)
    paper.write(engagement, path)
    header, first = sheet(path)
    assert header == [*request_list.READ, *request_list.WRITTEN]
    assert first == [
        *(1, "=SUM(A1)", "@all\nof them", "AC-01", DAY, None, "Answered"),
        *(f"{item.ref} {item.title}", "Bob Achterberg: +1 thanks"),
    ]


@pytest.mark.parametrize("side", ["alice", "bob"])
def test_reading_our_own_file_changes_nothing(
    engagement: Engagement, world: World, bob: User, path: Path, side: str
) -> None:
    asked(engagement, bob, "=1+1", text=" a\n\n  b\tc ", refs=("AC-01", "CC6.1"))
    for owner in (Owner(person=world.alice), Owner(role="engineer"), Owner()):
        requests.ask(engagement, Wording("_x0041_ 'A'"), by=world.alice, owner=owner)
    done = asked(engagement, bob, "Done")
    seen = answered(done, hand_in_staff(world, date(2026, 6, 30)), world.alice)
    requests.accept(done, seen=seen.pk, by=bob)
    paper.write(engagement, path)
    by = {"alice": world.alice, "bob": bob}[side]
    plan = request_list.plan(engagement, read(path), by=by)
    assert (plan.problems, plan.unchanged) == ((), 5)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(title=st.text(min_size=1, max_size=60), text=st.text(max_size=200))
def test_every_text_that_is_taken_comes_back(
    engagement: Engagement, bob: User, path: Path, title: str, text: str
) -> None:
    engagement.requests.model.objects.filter(entries__isnull=True).delete()
    try:
        made = asked(engagement, bob, title, text=text)
    except RequestError:
        return
    paper.write(engagement, path)
    found = {line.number: line for line in read(path)}[made.number]
    assert (found.title, found.text) == (made.title, made.text)
    assert cleaned("text", made.text) == made.text


def test_formulas_and_merged_cells_are_refused_with_their_row(
    engagement: Engagement, bob: User, path: Path
) -> None:
    asked(engagement, bob, "Users")
    asked(engagement, bob, "Leavers")
    paper.write(engagement, path)
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["B3"] = "=A1"
    book.save(path)
    with pytest.raises(SpreadsheetError, match=r"list.xlsx, row 3: B3 holds a formula"):
        read(path)
    book.worksheets[0]["B3"] = "Leavers"
    book.worksheets[0].merge_cells("B3:C3")
    book.save(path)
    book.close()
    with pytest.raises(SpreadsheetError, match="merged cells in row 3"):
        read(path)


def test_an_empty_list_has_its_header(engagement: Engagement, path: Path) -> None:
    paper.write(engagement, path)
    assert list(sheet(path)) == [[*request_list.READ, *request_list.WRITTEN]]
