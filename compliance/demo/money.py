"""The daily reconciliation of what the platform booked against what the processor settled.

Story: the processor leaves one settlement out; the break is explained, and stands for nine days
until the processor sends a file that makes up for it.
"""

import tempfile
from datetime import date
from functools import partial
from pathlib import Path

from compliance.demo import clock
from compliance.demo.calendar import DAY
from compliance.demo.world import World
from registers.models import Break, Reconciliation
from registers.reconciling import definitions, files, months, running, signing, working
from registers.reconciling.definitions import Terms

RULES = Path(__file__).with_name("rules.yaml")
_HEADER = "id,batch,kind,status,amount,currency,time,told_by"
_DAYS_OPEN, _WINDOW = 9, 10
_BROKEN = 12


def broken_on(world: World) -> date:
    """The day whose settlement was missing: a Tuesday."""
    day = max(world.calendar.books_begin, world.calendar.quarter(3).first) + _BROKEN * DAY
    return day + (1 - day.weekday()) % 7 * DAY


def plan(world: World) -> None:
    """Define it before its first day, then reconcile and sign every business day and month."""
    world.diary.put(clock.on(world.calendar.books_begin - 3 * DAY, 13), partial(_define, world))
    first, last = world.calendar.books_begin, world.calendar.today - 2 * DAY
    day = first
    while day <= last:
        if day.weekday() < 5:
            world.diary.put(clock.on(day + DAY, 9), partial(_reconcile, world, day))
        day += DAY
    for month in world.calendar.months():
        if month.last < first:
            continue
        at = clock.on(month.last + 4 * DAY, 12)
        world.diary.put(at, partial(_sign_month, world, month.first))
    world.diary.put(clock.on(broken_on(world) + 2 * DAY, 15), partial(_explain, world))


def _define(world: World) -> Reconciliation:
    terms = Terms(
        title="Card payments in euro",
        account="Settlement EUR at Dunlin Bank",
        owner=world.company.finn,
        starts_on=world.calendar.books_begin,
        rules=RULES.read_text(encoding="utf-8"),
        window_days=_WINDOW,
    )
    made = definitions.define(terms, by=world.company.lena)
    note = "Ran them over the files of last month."
    definitions.approve_rules(made.rules.get(), note=note, by=world.company.rosa)
    return made


def _reconcile(world: World, day: date) -> None:
    finn, one = world.company.finn, Reconciliation.objects.get()
    booked = _booked(world, day)
    broken = broken_on(world)
    settled = booked[1:] if day == broken else booked
    if day == broken + _DAYS_OPEN * DAY:
        _hand_in(world, broken, "processor", _booked(world, broken)[:1], name="processor-late")
    _hand_in(world, day, "platform", booked)
    _hand_in(world, day, "processor", settled)
    run = running.perform(one, day=day, by=finn)
    if loose := list(Break.objects.filter(reconciliation=one, is_open=True, owner=None)):
        working.assign(loose, to=finn, by=finn)
    note = "Totals, breaks and the statement of the bank."
    signing.sign_day(run, note=note, by=world.company.rosa)


def _hand_in(world: World, day: date, leg: str, rows: list[str], *, name: str = "") -> None:
    one = Reconciliation.objects.get()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name or leg}-{day}.csv"
        told = [_HEADER, *(f"{row},{leg}" for row in rows), ""]
        path.write_text("\n".join(told), encoding="utf-8")
        files.hand_in(one, leg=leg, day=day, path=path, by=world.company.finn)


def _booked(world: World, day: date) -> list[str]:
    """Return the payments of a day as lines of a file."""
    dice = world.dice("payments", day)
    return [
        f"P{day:%y%m%d}{number:03d},S{day:%y%m%d},sale,ok,"
        f"{dice.randint(300, 25_000) / 100:.2f},EUR,{day}T{dice.randint(6, 20):02d}:00:00+00:00"
        for number in range(1, dice.randint(8, 20))
    ]


def _sign_month(world: World, month: date) -> None:
    one = Reconciliation.objects.get()
    months.sign(one, month, note="The roll-forward and its breaks.", by=world.company.rosa)


def _explain(world: World) -> None:
    cause = "The processor left one settlement out; it comes with another file."
    for broken in Break.objects.filter(is_open=True):
        working.explain(broken, cause=cause, by=world.company.finn)
