"""A real thing for every parameter of every address, so that only the right to it is missing."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.urls import URLPattern, URLResolver
from django.utils import timezone

from accounts import saved_filters
from accounts.models import ApiToken
from audits import admission, assertion, changes, description, organisations
from audits.changes import Span
from audits.days import today
from audits.models import RequestImport
from audits.organisations import Profile
from compliance.urls import urlpatterns
from evidence import checkpoint, intake, keeping
from evidence.errors import QuarantinedError
from evidence.log_models import TimeStamp
from evidence.models import LedgerEntry
from evidence.quarantine_models import Quarantined
from jobs.models import Beat, Job
from registers import entries, imports, registry
from registers.forms import handing_in
from tests.api import calls
from tests.audits import buying
from tests.audits.asking import asked
from tests.evidence import items
from tests.finix import things
from tests.merchants import shops
from tests.portal.house import House, audited
from tests.readiness.buyers import asking
from tests.registers.books import GOOD
from tests.registers.filled import Drawer
from tests.registers.reconciled import MONDAY, Accounting, row
from tests.registers.reviewing import Reviewed

_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_RAW = re.compile(r"\(\?P<(\w+)>")
SECRETS = ("The bank that settles for us", "Rotate the keys of the hooks", "We assert to Bob alone")


@dataclass(frozen=True)
class Route:
    """One address of the house as the resolver knows it, the text of its route whole."""

    text: str
    name: str


def routes() -> list[Route]:
    """Every address of every door, found in the resolver; none is written down here."""
    return sorted(set(_walk(urlpatterns, "")), key=lambda route: route.text)


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        text = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, text)
        else:
            yield Route(text, pattern.name or "")


class Samples:
    """What stands for each parameter, by the route up to and with it; an unknown one is an error.

    A new route fails here until it is given a thing that is really there.
    """

    def __init__(self, house: House) -> None:
        engagement, staff = house.engagement, house.staff
        self.words = (engagement.ref, engagement.title, staff.ref, house.letter.ref, *SECRETS)
        self._known: dict[str, object] = {
            **_of_accounts(house),
            **_of_collecting(),
            **_of_evidence(house),
            **_of_engagement(house),
            **_of_scope(house),
            **_of_campaigns(house),
            **_of_reconciliations(house),
            **_of_merchants(house),
            **_of_programs(house),
            **_of_findings(house),
            **_of_requests(house),
            **_of_registers(house),
            **asking.samples(house.world.alice),
            **_of_forms(house),
            **_of_samples(house),
            **_of_occurrences(house),
            **_of_readiness(),
            **buying.addresses(house.world.alice),
        }

    def address(self, route: Route) -> str:
        """Return the address with a real thing for each parameter; KeyError for an unknown one."""
        raw = _RAW.search(route.text)
        if raw:
            begun = route.text[: raw.end()]
            return "/" + begun[: raw.start()].replace("^", "") + f"{self._known[begun]}/"
        filled = _PARAMETER.sub(
            lambda found: str(self._known[route.text[: found.end()]]), route.text
        )
        return f"/{filled}"


def _of_accounts(house: House) -> dict[str, object]:
    calls.give_token(house.world.alice)
    return {
        "welcome/<str:secret>": "not-a-secret-of-ours",
        "calendar/<str:secret>": "not-a-secret-of-ours",
        "accounts/oidc/<str:provider_id>": "nobody",
        "accounts/2fa/webauthn/keys/<int:pk>": 1,
        "accounts/^password/reset/key/(?P<uidb36>": "1-set-password",
        "admin/accounts/user/<int:pk>": house.bob.pk,
        "admin/accounts/user/<str:key>": house.bob.pk,
        "admin/filters/<int:pk>": saved_filters.keep(
            house.world.alice, page="work", name="All", query="when=all"
        ).pk,
        "admin/accounts/apitoken/<int:pk>": ApiToken.objects.get().pk,
    }


def _of_collecting() -> dict[str, object]:
    source = calls.source()
    run = calls.run(source)
    job = Job.objects.create(kind="walls", key="walls:1", payload={})
    soon = timezone.now() + timedelta(hours=1)  # So slow machines do not find it standing still.
    Beat.objects.create(name="walls", due_at=soon, last_run_at=soon)
    return {
        "admin/jobs/<int:pk>": job.pk,
        "admin/reports/<slug:slug>": "coverage",
        "admin/collectors/source/add/<slug:slug>": "staff_mfa",
        "admin/collectors/source/<int:pk>": source.pk,
        "admin/collectors/source/<str:key>": source.pk,
        "admin/collectors/run/<str:key>": run.pk,
        "api/v1/runs/<ref:ref>": run.ref,
        "hooks/<slug:slug>": source.slug,
    }


def _of_evidence(house: House) -> dict[str, object]:
    staff, control = house.staff, house.world.access
    return {
        "admin/controls/control/<str:key>": control.pk,
        "admin/evidence/evidence/<int:pk>": staff.pk,
        "admin/evidence/evidence/<str:key>": staff.pk,
        **_of_retention(house),
        "admin/log/tokens/<int:pk>": _token().pk,
        "admin/evidence/quarantined/<int:pk>": _quarantined(house).pk,
        "admin/evidence/quarantined/<int:pk>/do/<slug:decision>": "release",
        "admin/evidence/quarantined/<str:key>": _quarantined(house).pk,
        "admin/evidence/ledgerentry/<str:key>": LedgerEntry.objects.order_by("index")[0].pk,
        "admin/reviews/<int:pk>": staff.pk,
        "portal/<slug:ref>/controls/<slug:control_ref>": control.ref,
        "portal/<slug:ref>/evidence/<slug:item_ref>": staff.ref,
        "api/v1/evidence/<ref:ref>": staff.ref,
        "api/v1/log/tile/<tile:tile>": "0/000.p/1",
        "api/v1/controls/<ref:ref>": control.ref,
    }


def _quarantined(house: House) -> Quarantined:
    """One file for both pages: a second one of the same content would be another row."""
    sent = items.submission(
        title=house.staff.ref, content=b"pan 4111111111111111", idempotency_key="walls"
    )
    with suppress(QuarantinedError):
        intake.receive(sent, actor="token:1")
    return Quarantined.objects.get()


def _of_retention(house: House) -> dict[str, object]:
    hold = keeping.place_hold(house.letter, by=house.world.alice, reason="A regulator asked.")
    lift = keeping.propose_lift(hold, by=house.world.alice, reason="The matter is closed.")
    return {"admin/evidence/holds/<int:pk>": hold.pk, "admin/evidence/proposals/<int:pk>": lift.pk}


def _token() -> TimeStamp:
    now = timezone.now()
    return TimeStamp.objects.create(
        checkpoint=checkpoint.sign(),
        authority="https://tsa.example",
        token=b"token",
        stated_at=now,
        received_at=now,
    )


def _of_engagement(house: House) -> dict[str, object]:
    engagement, pack = house.engagement, house.pack
    bound, _ = admission.invite_auditor(
        engagement, email="late@audit.example", access_until=today(), by=house.world.alice
    )
    return {
        "admin/accounts/invitation/<int:pk>": bound.invitation_id,
        "admin/coverage/<int:pk>": engagement.pk,
        "admin/coverage/<int:pk>/<str:control>": house.world.access.ref,
        "admin/coverage/<int:pk>/<str:control>/<str:month>": "2026-06",
        "admin/audits/engagement/<int:pk>": engagement.pk,
        "admin/audits/engagement/<str:key>": engagement.pk,
        "admin/audits/engagement/members/<int:pk>": house.member().pk,
        "admin/audits/engagement/<int:pk>/dates/<str:which>": "window",
        "admin/audits/pack/<int:pk>": pack.pk,
        "admin/audits/pack/<str:key>": pack.pk,
        "portal/<slug:ref>": engagement.ref,
        "portal/<slug:ref>/packs/<int:number>": pack.number,
        "api/v1/engagements/<ref:ref>": engagement.ref,
    }


def _of_scope(house: House) -> dict[str, object]:
    alice, engagement = house.world.alice, house.engagement
    bank = organisations.add_organisation(
        engagement, profile=Profile(SECRETS[0], "Money.", "carve_out"), by=alice
    )
    cuec = organisations.add_user_entity_control(
        engagement, criterion=house.world.criteria["CC6.1"], text=SECRETS[1], by=alice
    )
    description.write_section(
        engagement, section="DC1", text="We move money.", based_on=0, by=alice
    )
    version = assertion.write_assertion(engagement, text=SECRETS[2], by=alice)
    return {
        "admin/audits/assertion/<int:pk>": version.pk,
        "admin/audits/subservice/<int:pk>": bank.pk,
        "admin/audits/cuec/<int:pk>": cuec.pk,
        "admin/audits/engagement/<int:pk>/description/<str:section>": "DC1",
    }


def _of_findings(house: House) -> dict[str, object]:
    finding = house.finding
    return {
        "admin/audits/finding/<int:pk>": finding.pk,
        "admin/audits/finding/<int:pk>/do/<slug:deed>": "comment",
        "admin/audits/finding/<str:key>": finding.pk,
        "portal/<slug:ref>/findings/<slug:finding_ref>": finding.ref,
        "portal/<slug:ref>/findings/<slug:finding_ref>/<slug:deed>": "comment",
        "api/v1/findings/<ref:ref>": finding.ref,
    }


def _of_requests(house: House) -> dict[str, object]:
    request = asked(house.engagement, house.world.alice)
    staged = RequestImport.objects.create(engagement=house.engagement, by=house.bob, lines=[])
    return {
        "admin/requests/<int:pk>": request.pk,
        "admin/requests/ask/<int:pk>": house.engagement.pk,
        "admin/requests/import/<int:pk>": house.engagement.pk,
        "admin/requests/import/preview/<int:pk>": staged.pk,
        "admin/requests/list/<int:pk>": house.engagement.pk,
        "admin/requests/seed/<int:pk>": house.engagement.pk,
        "api/v1/engagements/<ref:ref>/requests/<number:number>": request.number,
        "portal/<slug:ref>/requests/<int:number>": request.number,
        "portal/<slug:ref>/requests/import/<int:key>": staged.pk,
    }


def _of_registers(house: House) -> dict[str, object]:
    alice, vendors = house.world.alice, registry.get("vendors")
    entry = entries.add(vendors, given=GOOD["vendors"], by=alice)
    with tempfile.NamedTemporaryFile(suffix=".csv") as sheet:
        lines = [list(vendors.fields), [GOOD["vendors"].get(name, "") for name in vendors.fields]]
        sheet.write("\r\n".join(",".join(cells) for cells in lines).encode())
        sheet.flush()
        made = imports.receive(vendors, Path(sheet.name), filename="vendors.csv", by=alice)
    policy = entries.add(registry.get("policies"), given=GOOD["policies"], by=alice)
    return {
        "admin/registers/policies/<int:number>": policy.number,
        "admin/registers/<slug:slug>/import/<int:pk>": made.pk,
        "admin/registers/<slug:slug>": entry.register,
        "admin/registers/<slug:slug>/<int:number>": entry.number,
    }


def _of_forms(house: House) -> dict[str, object]:
    alice = house.world.alice
    drawer = Drawer.of("restore_test", house.world, alice)
    handed = handing_in.hand_in(drawer.draft(), by=alice)
    return {
        "admin/forms/<slug:slug>": drawer.kind.slug,
        "admin/forms/drafts/<int:pk>": drawer.draft().pk,
        "admin/forms/handed/<int:pk>": handed.pk,
    }


def _of_campaigns(house: House) -> dict[str, object]:
    campaign = Reviewed(house.world.alice).open()
    return {
        "admin/campaigns/<int:number>": campaign.number,
        "admin/campaigns/<int:number>/lines/<int:line>": 1,
        "admin/campaigns/open/<slug:kind>": campaign.kind,
        "admin/campaigns/open/<slug:kind>/<int:pk>": campaign.population_id,
    }


def _of_reconciliations(house: House) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        books = Accounting(house.world.alice, Path(folder))
        one = books.define()
        run = books.both(one, [row("s1")], [row("s9")])
    named = "admin/reconciliations/<int:number>"
    return {
        named: one.number,
        f"{named}/days/<str:day>": MONDAY.isoformat(),
        f"{named}/months/<str:month>": f"{MONDAY:%Y-%m}",
        f"{named}/files/<int:pk>": one.files.earliest("pk").pk,
        f"{named}/rules/<int:version>": run.rules.number,
        "admin/reconciliations/rule-sets/<slug:slug>": "duplicates",
        "admin/breaks/<int:number>": 1,
        "admin/breaks/<int:number>/<slug:deed>": "explain",
    }


def _of_merchants(house: House) -> dict[str, object]:
    form = shops.form(house.world.alice)
    return {
        "admin/merchants/forms/<str:ref>": form.ref,
        "admin/merchants/forms/<str:ref>/do/<slug:deed>": "remind",
        "admin/merchants/bulk/<slug:deed>": "remind",
        "admin/merchants/platforms/<int:pk>": form.application_id,
        "sign/<str:secret>": "not-a-secret-of-ours",
        "sign/<str:secret>/<slug:section>": "about",
        "sign/<str:secret>/papers/<slug:which>": "signed",
    }


def _of_programs(house: House) -> dict[str, object]:
    form, key = shops.form(house.world.alice), things.key()
    file, hook = things.file(form, key), things.webhook()
    delivery = things.delivery(hook, form)
    under, staff = "finix/<finix:environment>", "admin/merchants/api"
    return {
        f"{staff}/keys/<str:ref>": key.ref,
        f"{staff}/webhooks/<str:ref>": hook.ref,
        f"{staff}/webhooks/<str:ref>/do/<slug:deed>": "off",
        f"{staff}/deliveries/<str:ref>": delivery.ref,
        under: "live",
        f"{under}/compliance_forms/<id:ref>": form.ref,
        f"{under}/merchants/<id:ref>": form.merchant.ref,
        f"{under}/identities/<id:ref>": form.merchant.identity_ref,
        f"{under}/applications/<id:ref>": form.application.ref,
        f"{under}/verifications/<id:ref>": f"VI{form.merchant.ref[2:]}",
        f"{under}/users/<id:ref>": key.ref,
        f"{under}/files/<id:ref>": file.ref,
        f"{under}/files/<id:ref>/external_links/<id:link>": things.link(file, key).ref,
        f"{under}/external/<id:link>": "not-a-link-of-ours",
        f"{under}/external/<id:link>/<id:proof>": "not-a-secret-of-ours",
        f"{under}/webhooks/<id:ref>": hook.ref,
        f"{under}/webhooks/<id:ref>/deliveries/<id:delivery>": delivery.ref,
        f"{under}/events/<id:ref>": delivery.event.ref,
    }


def _of_samples(house: House) -> dict[str, object]:
    drawn = audited(house).draw
    assert drawn
    populations = "portal/<slug:ref>/populations/<int:number>"
    told = "api/v1/engagements/<ref:ref>/populations/<number:number>"
    return {
        "admin/audits/sealedpopulation/<str:key>": drawn.population_id,
        populations: drawn.population.number,
        told: drawn.population.number,
        f"{told}/draws/<number:draw>": drawn.number,
        f"{populations}/draws/<int:draw>": drawn.number,
        f"{populations}/draws/<int:draw>/items/<int:row>": house.drawn_row,
        f"{populations}/tests/<int:test>": 2,
        f"{populations}/tests/<int:test>/findings/<int:place>": 1,
    }


def _of_occurrences(house: House) -> dict[str, object]:
    expected, start = house.world.mfa, date(2026, 6, 1)
    span = Span(start, date(2026, 6, 30), date(2026, 7, 5))
    skipped = changes.skip(expected, span=span, reason="Nobody worked.", by=house.world.alice)
    staff = "admin/coverage/<int:pk>/expected/<slug:slug>"
    portal = "portal/<slug:ref>/coverage/<slug:slug>"
    return {
        staff: expected.slug,
        f"{staff}/<str:start>": start.isoformat(),
        f"{staff}/<str:start>/changes/<int:change>": skipped.pk,
        portal: expected.slug,
        f"{portal}/<slug:start>": start.isoformat(),
    }


def _of_readiness() -> dict[str, object]:
    return {
        "admin/readiness/questions/<slug:question>": "q-sec-01",
        "admin/readiness/mistakes/<slug:mistake>": "mistake-old-keys",
        "admin/plan/<slug:step>": "step-1-1",
        "admin/plan/<slug:step>/<slug:deed>": "tick",
    }
