"""A business day in three browsers: a break is found, explained, approved; the day is signed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audits import engagements, packs
from audits.coverage import State
from audits.facts import coverage_of
from audits.models import Engagement
from controls.models import Criterion, Framework
from evidence.models import Evidence
from registers.models import Break, Reconciliation
from reports import reconciliation_day
from tests.e2e.desks import desk, go, said
from tests.registers.reconciled import DAY, Accounting, row, written
from tests.reports.making import members
from tests.reports.making import written as packed

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("var_dir"),
]


@dataclass
class House:
    """Olga works, Ivan approves and signs, Alice watches; `days` end with the day that is due."""

    books: Accounting
    cards: Reconciliation
    days: Sequence[date]
    olga: Page
    ivan: Page
    alice: Page


def business_days(count: int) -> list[date]:
    """The last business days before today, oldest first."""
    day, found = timezone.now().date(), list[date]()
    while len(found) < count:
        day -= DAY
        if day.weekday() < 5:
            found.insert(0, day)
    return found


@pytest.fixture
def house(
    alice: User,
    tmp_path: Path,
    chromium: str,
    live_server: LiveServer,
    monkeypatch: Any,
) -> Iterator[House]:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    call_command("load_catalogue", yes=True, verbosity=0)
    books, days = Accounting(alice, tmp_path), business_days(7)
    cards = books.define(starts_on=days[0])
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        desks = [desk(browser, live_server, one) for one in (books.olga, books.ivan, alice)]
        yield House(books, cards, days, *desks)
        browser.close()


def sign_the_days_before(house: House) -> date:
    """All days but the last are signed in time, but for one that nobody reconciled."""
    missed = house.days[1]
    for day in house.days[:-1]:
        if day != missed:
            own = row(f"s-{day}", day=day)
            house.books.sign(house.books.both(house.cards, [own], [own], day=day))
    return missed


def hand_in(house: House, leg: str, *rows: str) -> None:
    path = written(house.books.folder, leg, house.days[-1], rows)
    page = go(house.olga, f"reconciliations/1/days/{house.days[-1]}/files/")
    page.select_option("select[name=leg]", leg)
    page.set_input_files("input[name=file]", str(path))
    page.click("button:has-text('Only look at it')")
    assert "Nothing is kept yet" in said(page)
    page.select_option("select[name=leg]", leg)
    page.set_input_files("input[name=file]", str(path))
    page.click("button:has-text('Hand it in')")
    page.wait_for_url(f"**/days/{house.days[-1]}/")


def find_and_explain(house: House) -> None:
    """Olga runs the day, takes the break and says what it comes from."""
    page = go(house.olga, f"reconciliations/1/days/{house.days[-1]}/")
    page.click("button:has-text('Run it')")
    assert "1 open break has no owner" in said(go(house.ivan, page.url.partition("/admin/")[2]))
    page.click("section:has(h2:has-text('Largest open breaks')) a >> nth=0")
    page.select_option("#to", str(house.books.olga.pk))
    page.click("button:has-text('Give')")
    page.fill("#cause", "The processor took a fee from the amount.")
    page.click("button:has-text('Keep the cause')")
    page.check("input[name=proposal][value=accepted]")
    page.fill("#resolution", "Agreed in the contract; the fee stands in its own line.")
    page.click("button:has-text('Propose it')")
    page.wait_for_load_state()
    # Who proposed it is not offered the approval.
    assert page.locator("#approve").count() == 0


def approve_and_sign(house: House) -> None:
    page = go(house.ivan, f"breaks/{Break.objects.get().number}/")
    page.fill("#approve", "Read the contract.")
    page.click("button:has-text('Approve')")
    page.wait_for_load_state()
    assert "It is closed" in said(page)
    page = go(house.ivan, f"reconciliations/1/days/{house.days[-1]}/")
    page.fill("#note", "Totals, the break and the statement.")
    page.click("button:has-text('Sign run')")
    page.wait_for_load_state()
    assert "Signed" in said(page)


def open_audit(house: House) -> Engagement:
    """An audit of these days, whose criteria ask for whole and right processing."""
    framework = Framework.objects.get(slug="tsc_2017")
    needed = Criterion.objects.filter(framework=framework, ref__in=("CC6.1", "PI1.3", "PI1.4"))
    return engagements.open_engagement(
        "Processing",
        framework=framework,
        type="soc2_type2",
        window_from=house.days[0],
        window_to=house.days[-1],
        categories={one.category: "Customers ask for it." for one in needed},
        by=house.books.alice,
    )


def test_a_break_is_found_closed_by_two_and_the_day_is_evidence(house: House) -> None:
    missed, last = sign_the_days_before(house), house.days[-1]
    hand_in(house, "a", row("s1", "50.00", day=last), row("s2", day=last))
    hand_in(house, "b", row("s1", "49.50", day=last), row("s2", day=last))
    find_and_explain(house)
    approve_and_sign(house)
    reconciliation_day.issue(house.cards.runs.get(day=last).signature)

    audit = open_audit(house)
    report = coverage_of(audit, timezone.now())
    days = [one for one in report.occurrences if one.slug == "daily-reconciliation"]
    assert {one.start for one in days if one.state is State.MISSED} == {missed}
    assert {one.start for one in days if one.state is State.MET} == {*house.days} - {missed}
    serving = {ref for one in report.criteria for ref in [one.ref] if "PI-04" in one.controls}
    assert {"PI1.3", "PI1.4"} <= serving

    found = members(packed(packs.freeze(audit, by=house.books.alice)))
    held = {sha256(content).hexdigest() for content in found.values()}
    assert {file.sha256 for file in house.cards.files.all()} <= held
    assert {one.blob_id for one in Evidence.objects.filter(title__contains="REC-1")} <= held

    page = go(house.alice, f"reconciliations/{house.cards.number}/")
    assert "No run" in said(page)
