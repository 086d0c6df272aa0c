"""The audit: the auditor comes after the window, asks, draws a sample; findings are followed up."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from audits import draws, engagements, finding_deeds, findings, populations, requests
from audits.finding_record import EntryKind, Part, State
from audits.models import EvidenceRequest, Finding
from audits.populations import Definition
from audits.request_terms import Wording
from audits.sampling import Method
from compliance.demo import campaigns, clock, remedies
from compliance.demo.calendar import DAY
from compliance.demo.company import DOMAIN
from compliance.demo.remedies import Remedy
from compliance.demo.world import World
from controls.models import Control, Expectation
from evidence.models import CheckResult, Evidence

_PATIENCE = timedelta(days=18)
_NONCE = "salt wind over the marsh, thrown by Fell and Moor"
_ASKED = (
    ("AC-05", "privileged-accounts", "Lists of far-reaching accounts of the window."),
    ("PI-04", "break-roll-forward", "Roll-forward of breaks, signed, for each month."),
    ("AV-12", "restore-practice", "Restore tests of the window, failed ones too."),
)


def plan(world: World) -> None:
    """Plan the follow-up of findings week by week, and the fieldwork after the window."""
    day = world.calendar.begins
    while day <= world.calendar.today:
        if day.weekday() == 4:
            world.diary.put(clock.on(day, 14), lambda: follow_up(world))
        day += DAY
    last = world.calendar.window.last
    missed = campaigns.missed_quarter(world).last + 25 * DAY
    world.diary.put(clock.on(missed, 9), lambda: _tell_of_missed(world))
    world.diary.put(clock.on(last + 10 * DAY, 10), lambda: _admit(world))
    world.diary.put(clock.on(last + 11 * DAY, 10), lambda: _ask(world))
    world.diary.put(clock.on(last + 13 * DAY, 10), lambda: _answer(world))
    world.diary.put(clock.on(last + 14 * DAY, 10), lambda: _sample(world))


def follow_up(world: World) -> None:
    """Answer new findings with a plan, and end those whose plan was carried out."""
    lena, finn = world.company.lena, world.company.finn
    now = timezone.now()
    for finding in Finding.objects.filter(engagement=world.engagement).order_by("pk"):
        age = now - finding.opened_at
        remedy = remedies.of(finding.expectation_slug)
        if not finding.entries.filter(kind=EntryKind.RESPONDED).exists():
            _answer_finding(finding, remedy, lena)
        elif finding.standing.state != State.CLOSED and age > _PATIENCE:
            proof = _proof(finding)
            if proof is None:
                continue
            words = remedy.shown_by
            finding_deeds.finish_action(finding, action=1, evidence=proof, text=words, by=finn)
            finding_deeds.retest(finding, passed=True, evidence=proof, text=words, by=lena)
            finding_deeds.close(finding, conclusion=remedy.conclusion, by=lena)


def _answer_finding(finding: Finding, remedy: Remedy, lena: User) -> None:
    """Say why it came and what it did, agree, and plan what removes the cause."""
    for part, text in ((Part.CAUSE, remedy.cause), (Part.EFFECT, remedy.effect)):
        finding_deeds.revise(finding, part=part, text=text, by=lena)
    finding_deeds.respond(finding, agrees=True, text=remedy.response, by=lena)
    due = timezone.now().date() + 90 * DAY
    finding_deeds.plan_action(finding, text=remedy.action, owner=f"finn@{DOMAIN}", due=due, by=lena)


def _proof(finding: Finding) -> Evidence | None:
    """Return what came for the same expectation after the finding, without an exception."""
    later = Evidence.objects.filter(
        claims__expectation__slug=finding.expectation_slug, received_at__gt=finding.opened_at
    )
    failing = CheckResult.objects.exclude(state=CheckResult.State.PASSED).values("evidence")
    return later.exclude(pk__in=failing).order_by("pk").first()


def _tell_of_missed(world: World) -> None:
    """Tell of the review that nobody did: no check can see what never came."""
    expectation = Expectation.objects.select_related("control").get(slug="access-review-lines")
    day = campaigns.missed_quarter(world).first
    findings.open_finding(
        world.engagement,
        subject=findings.occurrence_on(world.engagement, expectation, day),
        title="The quarterly review of access was not done",
        condition="Nobody opened it: its usual reader was away, and no one stood in.",
        source="own_test",
        by=world.company.lena,
    )


def _admit(world: World) -> None:
    bruno = world.company.let_in_auditor()
    until = world.calendar.today + 60 * DAY
    engagements.add_member(world.engagement, user=bruno, access_until=until, by=world.company.lena)


def _ask(world: World) -> None:
    due = timezone.now().date() + 14 * DAY
    for ref, slug, words in _ASKED:
        requests.ask(
            world.engagement,
            Wording(title=words, refs=(ref,), due=due),
            by=world.company.bruno,
            expectation=Expectation.objects.get(slug=slug),
        )


def _answer(world: World) -> None:
    """Answer what was asked with all that came for it in the window; the auditor accepts."""
    window = world.calendar.window
    for asked in EvidenceRequest.objects.filter(engagement=world.engagement).order_by("number"):
        items = Evidence.objects.filter(
            claims__expectation=asked.expectation,
            covers_to__gte=window.first,
            covers_from__lte=window.last,
        )
        note = "All that came in the window."
        said = requests.answer(asked, evidence=list(items), note=note, by=world.company.lena)
        requests.accept(asked, seen=said.pk, by=world.company.bruno)


def _sample(world: World) -> None:
    """Seal the changes of the window as one population, and let the auditor draw from it."""
    window = world.calendar.window
    parts = Evidence.objects.filter(
        claims__expectation__slug="change-approvals",
        covers_from__gte=window.first,
        covers_to__lte=window.last,
    ).order_by("covers_from")
    sealed = populations.seal_population(
        world.engagement,
        control=Control.objects.get(ref="CH-01"),
        evidence=parts[0],
        further=list(parts[1:]),
        definition=Definition(
            "One row is one change that was merged into the main branch.",
            date_column="merged_at",
            id_column="change_id",
            gap_note="Numbers begin anew each month.",
        ),
        by=world.company.lena,
    )
    size = min(25, sealed.row_count)
    draws.draw_sample(sealed, nonce=_NONCE, method=Method.RANDOM, size=size, by=world.company.bruno)
