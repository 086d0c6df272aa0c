"""Reports of a signed day and a signed month say what the papers of the signature say."""

from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import User
from registers.models import Break, DaySignature
from registers.reconciling import files, months, working
from reports.errors import AskedError
from tests.audits.world import World, clock
from tests.registers.reconciled import MONDAY, Accounting, morning, reasons_for, row
from tests.reports.test_reconciliation_month import APRIL
from tests.reports.written.reading import Read

Ask = Callable[..., Read]


@pytest.fixture
def books(alice: User, world: World, tmp_path: Path) -> Accounting:
    world.expect(world.access, files.FILES, kind="event", cadence="business_daily")
    return Accounting(alice, tmp_path)


@pytest.fixture
def signed(books: Accounting) -> DaySignature:
    cards = books.define()
    run = books.both(cards, [row("s1"), row("=s2")], [row("s1")])
    working.assign(list(Break.objects.all()), to=books.olga, by=books.olga)
    return books.sign(run)


def test_a_signed_day_is_told_as_it_was_signed(ask: Ask, signed: DaySignature) -> None:
    ref = signed.run.reconciliation.ref
    said = ask("reconciliation_day", subject=f"{ref} {MONDAY}")
    assert said.figures["Breaks"] == 1
    assert len(said.sheets["Files"]) == 3
    (broken,) = said.sheets["Breaks"][1:]
    assert "=s2" in broken
    assert signed.by.email in said.words
    assert signed.run.output_digest in said.words


def test_a_signed_month_is_told_day_by_day(
    ask: Ask, signed: DaySignature, books: Accounting
) -> None:
    cards = signed.run.reconciliation
    with clock(morning(APRIL)):
        why = reasons_for(cards, MONDAY)
        months.sign(cards, MONDAY, note="All of it.", reasons=why, by=books.ivan)
    said = ask("reconciliation_month", subject=f"{cards.ref.lower()} {MONDAY:%Y-%m}")
    days = said.sheets["Days"][1:]
    assert said.figures["Days to sign"] == len(days)
    assert said.figures["Signed"] == 1
    assert said.figures["Without a signature"] == len(days) - 1
    assert len(said.sheets["Open breaks"]) == 2
    assert "Nothing was written off in the month." in said.words


@pytest.mark.parametrize(
    ("slug", "rest", "words"),
    [
        ("reconciliation_day", "2020-01-01", "not signed; the last one is"),
        ("reconciliation_day", "", "Name the day after the reference"),
        ("reconciliation_month", "2020-01", "not signed; none was signed yet"),
        ("reconciliation_month", "May", "Name the month after the reference"),
    ],
)
def test_what_is_not_signed_is_said(
    ask: Ask, signed: DaySignature, slug: str, rest: str, words: str
) -> None:
    with pytest.raises(AskedError, match=words):
        ask(slug, subject=f"{signed.run.reconciliation.ref} {rest}")


def test_an_unknown_reconciliation_is_said(ask: Ask, signed: DaySignature) -> None:
    with pytest.raises(AskedError, match=f"known: {signed.run.reconciliation.ref}"):
        ask("reconciliation_day", subject="REC-99 2026-01-01")
