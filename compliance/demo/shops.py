"""The merchants of the platform: taken in month by month, each signs its form every year.

Most sign in time. Some of those whose form came lately have answered a part of it; one never signed
and was switched off before its form fell due; one changed the way it takes cards, and its form.
"""

from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from compliance.demo import clock
from compliance.demo.calendar import DAY
from compliance.demo.world import World
from merchants import answering, changing, parties, signing
from merchants.answering import Said
from merchants.answers import Answer, Given
from merchants.identity import Identity
from merchants.models import Application, ComplianceForm, Merchant
from merchants.parties import Applicant
from merchants.signing import Signature

_SHOPS = (
    *("Bakery Samphire", "Bicycles Bittern", "Books and Brine", "Cafe Cordgrass"),
    *("Cheese Chandlery", "Flowers Fenland", "Garden Glasswort", "Ironmongers Ibis"),
    *("Kites and Sails", "Lamps Lapwing", "Oysters Ottway", "Pottery Pintail"),
    *("Quilts and Quays", "Radios Redshank", "Saddles Samphire", "Toys Turnstone"),
    *("Umbrellas Upland", "Violins Vole", "Watches Whimbrel", "Yarns Yarrow"),
)
_FORMS = ("B", "P2PE", "B", "C-VT", "SPoC")
_NEVER_SIGNED, _CHANGED = "Lamps Lapwing", "Cafe Cordgrass"
_SLOW = timedelta(days=40)
"""So long after it came, every third form is still not signed."""
_HOW = "A terminal reads cards and dials the processor."


def plan(world: World) -> None:
    """Take some shops in at the start and the rest in turn; let them sign what waits for them."""
    world.diary.put(clock.on(world.calendar.begins, 14), partial(_platform, world))
    months = world.calendar.months()
    early = max(2, len(_SHOPS) - len(months))
    for place, name in enumerate(_SHOPS):
        month = months[min(max(0, place - early), len(months) - 1)]
        day = month.day(place % 5)
        world.diary.put(clock.on(day, 10), partial(_take_in, world, name, place))
        if name == _NEVER_SIGNED:
            world.diary.put(clock.on(day + 80 * DAY, 10), partial(_switch_off, world, name))
        if name == _CHANGED:
            world.diary.put(clock.on(day + 60 * DAY, 10), partial(_change_form, world, name))
    for month in months:
        world.diary.put(clock.on(month.day(12), 19), partial(_sign_what_waits, world))


def _platform(world: World) -> Application:
    name = "Saltmarsh Shops (fictional)"
    return parties.add_application(name, environment="live", by=world.company.lena)


def _take_in(world: World, name: str, place: int) -> None:
    identity = Identity(
        business_name=f"{name} (fictional)",
        contact_email=f"office@{name.rsplit(maxsplit=1)[-1].lower()}.example",
        contact_name="Sam Shore",
        contact_title="Owner",
        address=f"{place + 1} Quay Street, Saltmarsh",
    )
    applicant = Applicant(identity, _FORMS[place % len(_FORMS)], own_number=_number(name))
    found = parties.add_merchants(Application.objects.get(), [applicant], by=world.company.lena)
    parties.approve(found, by=world.company.lena)


def _number(name: str) -> str:
    return f"SHOP-{_SHOPS.index(name) + 1:03d}"


def _named(name: str) -> Merchant:
    return Merchant.objects.get(own_number=_number(name))


def _switch_off(world: World, name: str) -> None:
    reason = "It has not signed its form after three reminders, and takes no more cards."
    parties.switch(_named(name), may_take_cards=False, by=world.company.lena, reason=reason)


def _change_form(world: World, name: str) -> None:
    reason = "It put a new terminal up, which encrypts from the card to the processor."
    changing.exchange(_named(name), form_type="P2PE", by=world.company.lena, reason=reason)


def _sign_what_waits(world: World) -> None:
    """Answer and sign the forms that wait for their merchants, but for the slow ones."""
    now = timezone.now()
    waiting = ComplianceForm.objects.filter(
        signature=None,
        created_at__lte=now - timedelta(days=2),
        state=ComplianceForm.State.INCOMPLETE,
    )
    never = _number(_NEVER_SIGNED)
    for form in waiting.exclude(merchant__own_number=never).order_by("pk"):
        whole = _said(form)
        is_slow = form.pk % 3 == 0 and form.created_at > clock.on(world.calendar.today) - _SLOW
        actor = f"merchant:{form.merchant.ref}"
        answering.keep(form, _half(whole) if is_slow else whole, actor=actor)
        if not is_slow:
            signing.sign(form, _signature(now), actor=actor)


def _said(form: ComplianceForm) -> Said:
    known = answering.whole(form).questionnaire
    note = "Looked at." if known.tells_results else ""
    return Said(
        dict.fromkeys(known.lines(), Given(Answer.IN_PLACE, note)),
        {one.id: True for one in known.statements},
        {one.id: _HOW for one in known.parts},
    )


def _half(said: Said) -> Said:
    lines = sorted(said.lines)
    return Said({line: said.lines[line] for line in lines[: len(lines) // 2]}, said.statements, {})


def _signature(now: datetime) -> Signature:
    return Signature(
        name="Sam Shore",
        title="Owner",
        ip_address="203.0.113.7",
        user_agent="Mozilla/5.0 (demo)",
        signed_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
