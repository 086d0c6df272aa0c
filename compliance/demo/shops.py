"""The merchants of the platform: taken in month by month, each signs its form every year."""

from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from compliance.demo import clock
from compliance.demo.world import World
from merchants import answering, parties, signing
from merchants.answering import Said
from merchants.answers import Answer, Given
from merchants.identity import Identity
from merchants.models import Application, ComplianceForm
from merchants.parties import Applicant
from merchants.signing import Signature

_SHOPS = (
    *("Bakery Samphire", "Bicycles Bittern", "Books and Brine", "Cafe Cordgrass"),
    *("Cheese Chandlery", "Flowers Fenland", "Garden Glasswort", "Ironmongers Ibis"),
    *("Kites and Sails", "Lamps Lapwing", "Oysters Ottway", "Pottery Pintail"),
)


def plan(world: World) -> None:
    """Take some shops in at the start and one each month; let them sign what waits for them."""
    world.diary.put(clock.on(world.calendar.begins, 14), partial(_platform, world))
    months = world.calendar.months()
    early = max(2, len(_SHOPS) - len(months))
    for place, name in enumerate(_SHOPS):
        month = months[min(max(0, place - early), len(months) - 1)]
        at = clock.on(month.day(place % 5), 10)
        world.diary.put(at, partial(_take_in, world, name))
    for month in months:
        world.diary.put(clock.on(month.day(12), 19), _sign_what_waits)


def _platform(world: World) -> Application:
    name = "Saltmarsh Shops (fictional)"
    return parties.add_application(name, environment="live", by=world.company.lena)


def _take_in(world: World, name: str) -> None:
    identity = Identity(
        business_name=f"{name} (fictional)",
        contact_email=f"office@{name.rsplit(maxsplit=1)[-1].lower()}.example",
        contact_name="Sam Shore",
        contact_title="Owner",
        address="1 Quay Street, Saltmarsh",
    )
    applicant = Applicant(identity, "B")
    found = parties.add_merchants(Application.objects.get(), [applicant], by=world.company.lena)
    parties.approve(found, by=world.company.lena)


def _sign_what_waits() -> None:
    """Answer and sign every form that waits for its merchant."""
    now = timezone.now()
    waiting = ComplianceForm.objects.filter(signature=None, created_at__lte=now - timedelta(days=2))
    for form in waiting.order_by("pk"):
        known = answering.whole(form).questionnaire
        note = "Looked at." if known.tells_results else ""
        said = Said(
            dict.fromkeys(known.lines(), Given(Answer.IN_PLACE, note)),
            {one.id: True for one in known.statements},
            {one.id: "A terminal reads cards and dials the processor." for one in known.parts},
        )
        answering.keep(form, said, actor=f"merchant:{form.merchant.ref}")
        signing.sign(form, _signature(now), actor=f"merchant:{form.merchant.ref}")


def _signature(now: datetime) -> Signature:
    return Signature(
        name="Sam Shore",
        title="Owner",
        ip_address="203.0.113.7",
        user_agent="Mozilla/5.0 (demo)",
        signed_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
