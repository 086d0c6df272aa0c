"""Findings are followed up: each is answered, planned for, retested and closed."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from audits import finding_deeds, findings
from audits.finding_record import EntryKind, Part, Side, Source, State
from audits.models import Finding
from compliance.demo import campaigns, clock, remedies
from compliance.demo.calendar import DAY
from compliance.demo.company import DOMAIN
from compliance.demo.remedies import Remedy
from compliance.demo.world import World
from controls.models import Expectation
from evidence.models import CheckResult, Evidence

_PATIENCE = timedelta(days=18)


def plan(world: World) -> None:
    """Plan the follow-up of findings week by week, and the review that was missed."""
    day = world.calendar.begins
    while day <= world.calendar.today:
        if day.weekday() == 4:
            world.diary.put(clock.on(day, 14), lambda: follow_up(world))
        day += DAY
    missed = campaigns.missed_quarter(world).last + 25 * DAY
    world.diary.put(clock.on(missed, 9), lambda: _tell_of_missed(world))


def follow_up(world: World) -> None:
    """Answer new findings with a plan, and end those whose plan was carried out."""
    now = timezone.now()
    for finding in Finding.objects.filter(engagement=world.engagement).order_by("pk"):
        remedy = remedies.of(finding.expectation_slug)
        if not finding.entries.filter(kind=EntryKind.RESPONDED).exists():
            _answer_finding(finding, remedy, world.company.lena)
        elif finding.standing.state != State.CLOSED and now - finding.opened_at > _PATIENCE:
            proof = _proof(finding)
            if proof:
                _end(world, finding, remedy, proof)


def _end(world: World, finding: Finding, remedy: Remedy, proof: Evidence) -> None:
    """Finish the plan and retest; what the auditor found, the auditor retests."""
    people, words = world.company, remedy.shown_by
    finding_deeds.finish_action(finding, action=1, evidence=proof, text=words, by=people.finn)
    is_auditors = finding.source == Source.AUDITOR
    finding_deeds.retest(
        finding,
        passed=True,
        evidence=proof,
        text=words,
        by=people.bruno if is_auditors else people.lena,
        side=Side.AUDITOR if is_auditors else Side.MANAGEMENT,
    )
    finding_deeds.close(finding, conclusion=remedy.conclusion, by=people.lena)


def _answer_finding(finding: Finding, remedy: Remedy, lena: User) -> None:
    """Say why it came and what it did, agree, and plan what removes the cause."""
    for part, text in ((Part.CAUSE, remedy.cause), (Part.EFFECT, remedy.effect)):
        finding_deeds.revise(finding, part=part, text=text, by=lena)
    finding_deeds.respond(finding, agrees=True, text=remedy.response, by=lena)
    due = timezone.now().date() + 120 * DAY
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
