"""Loads a demo into an empty installation: sets the company up, then lives its year to today."""

import io
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import User
from audits import engagements
from compliance.demo import (
    audit,
    books,
    buyers,
    campaigns,
    clock,
    documents,
    fieldwork,
    lists,
    money,
    papers,
    programme,
    reviews,
    self_judgement,
    shops,
)
from compliance.demo.calendar import DAY, Calendar
from compliance.demo.diary import Diary, Tell
from compliance.demo.errors import DemoError
from compliance.demo.world import World
from controls.models import Framework

WHY = {
    engagements.SECURITY: "Every report covers it.",
    "Availability": "Customers are promised an hour of outage a month at most.",
    "Processing Integrity": "Customers rely on every payment being made once and in full.",
}

PARTS = (
    *(books, lists, documents, papers, campaigns, money, shops, reviews, audit, fieldwork),
    self_judgement,
    buyers,
)
"""Each plans what it does; of the same moment, the earlier part's deed is done first."""


def load(folder: Path, *, tell: Tell, calendar: Calendar | None = None) -> World:
    """Load the demo; `folder` takes its catalogue. The installation must be empty.

    Without a calendar it ends now, else in the morning of the calendar's last day. Raises DemoError
    where anybody has an account here already.
    """
    refuse_used()
    now = timezone.now().replace(microsecond=0)
    until = clock.on(calendar.today, 8) if calendar else now
    calendar = calendar or Calendar(now.date())
    world = World(calendar, Diary(until))
    programme.write(folder, calendar)
    with clock.at(clock.on(calendar.begins, 8)):
        call_command("load_catalogue", folder=folder, yes=True, stdout=io.StringIO())
        world.company.let_in()
        lists.connect(world)
    with clock.at(clock.on(calendar.begins, 9)):
        _open_engagement(world)
    for part in PARTS:
        part.plan(world)
    _unsynced()
    world.diary.live(tell=tell)
    return world


def refuse_used() -> None:
    """Refuse to load into an installation that somebody uses."""
    if User.objects.exists():
        raise DemoError


def _open_engagement(world: World) -> None:
    window = world.calendar.window
    world.engagements.append(
        engagements.open_engagement(
            f"SOC 2 Type 2, {window.first:%B %Y} to {window.last:%B %Y} (demo)",
            type="soc2_type2",
            framework=Framework.objects.get(slug="tsc_2017"),
            firm="Fell & Moor (fictional)",
            window_from=window.first,
            window_to=window.last,
            categories=WHY,
            by=world.company.lena,
            fieldwork=engagements.Fieldwork(window.last + 10 * DAY, window.last + 80 * DAY),
        )
    )


def _unsynced() -> None:
    """Let SQLite not wait for the disk: what a crash breaks here is loaded anew."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
