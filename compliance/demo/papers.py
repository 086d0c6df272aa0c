"""What people fill in and hand in themselves: restore tests, and one slip.

Stories: a restore test fails and its retest passes; a card number is caught in an upload.
"""

from datetime import date, timedelta
from functools import partial

from django.utils import timezone

from compliance.demo import clock, documents
from compliance.demo.calendar import DAY, Span
from compliance.demo.company import DOMAIN
from compliance.demo.documents import Paper
from compliance.demo.world import World
from evidence import quarantine_deeds
from evidence.errors import QuarantinedError
from evidence.models import Evidence
from evidence.quarantine_models import Quarantined
from registers.forms import drafts, handing_in, registry

_FAILED = 1
# A number that card schemes give out for tests; it passes the check of its last digit.
_TEST_CARD = " ".join(("4111", "1111", "1111", "1111"))


def failed_restore(world: World) -> date:
    """The day on which the restore test failed."""
    return world.calendar.quarter(_FAILED).day(60)


def slip(world: World) -> date:
    """The day on which somebody uploaded a card number."""
    return world.calendar.quarter(3).day(31)


def plan(world: World) -> None:
    """Plan the restore tests, and the upload that is caught."""
    failed = world.calendar.quarter(_FAILED)
    for number, quarter in enumerate(world.calendar.quarters_until_today(), start=1):
        at = clock.on(quarter.last + 3 * DAY, 10)
        passes = quarter != failed
        if passes:
            deed = partial(restore, world, f"RT-{number}", quarter, quarter.day(60), passes=True)
            world.diary.put(at, deed)
        else:
            _plan_failure(world, quarter)
    world.diary.put(clock.on(slip(world), 13), lambda: _slip(world))


def _plan_failure(world: World, quarter: Span) -> None:
    day = failed_restore(world)
    world.diary.put(
        clock.on(quarter.last + 3 * DAY, 10),
        lambda: restore(world, "RT-F", quarter, day, passes=False),
    )
    again = quarter.last + 12 * DAY
    world.diary.put(
        clock.on(again, 16), lambda: restore(world, "RT-F2", Span(again, again), again, passes=True)
    )


def restore(world: World, number: str, span: Span, day: date, *, passes: bool) -> Evidence:
    """Fill in the form of a restore test, hand it in, and return what it became."""
    edda = world.company.edda
    kind = registry.get("restore_test")
    draft = drafts.begin(kind, by=edda)
    typed = {
        **draft.given,
        "covers_from": span.first.isoformat(),
        "covers_to": span.last.isoformat(),
        "test_id": number,
        "data_store": "Payment database",
        "target": "A network of its own, without a way out",
        "backup_at": f"{day}T02:00",
        "started_at": f"{day}T09:00",
        "ended_at": f"{day}T10:40",
        "goal": "4:00",
        "records_source": "412630",
        "records_restored": "412630" if passes else "409118",
        "sums_match": "yes" if passes else "no",
        "compared": "Counts and sums of all tables, and fifty payments by eye.",
        "result": "passed" if passes else "failed",
        "tested_by": f"edda@{DOMAIN}",
        "reviewed_by": f"finn@{DOMAIN}",
    }
    if not passes:
        typed["what_failed"] = "The archive of one day was missing, so its payments were not there."
        typed["done_next"] = "The job that ships archives was mended; the test is done once more."
    drafts.keep(draft, given=typed, by=edda)
    return handing_in.hand_in(draft, by=edda).evidence


def _slip(world: World) -> None:
    """A note of the support desk goes up with a card number in it; it is caught and destroyed."""
    words = f"Customer on the phone: card {_TEST_CARD} was refused twice, please look.\n"
    span = Span(slip(world), slip(world))
    try:
        paper = Paper("incident-plan", "support-note.txt", words, span)
        documents.upload(paper, by=world.company.otto)
    except QuarantinedError:
        held = Quarantined.objects.latest("pk")
        reason = "A note with a card number; its writer was told, the number is not needed."
        world.diary.put(
            timezone.now() + timedelta(hours=20),
            lambda: quarantine_deeds.destroy(held, by=world.company.lena, reason=reason),
        )
    else:
        raise AssertionError("A card number was taken in.")
