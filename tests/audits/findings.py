"""Findings for tests: an engagement with a failing check, and findings brought to some state."""

from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import User
from audits import engagements, finding_deeds, findings
from audits.days import today
from audits.finding_record import Part
from audits.models import Engagement, Finding
from evidence.models import Evidence
from tests.audits.world import World, hand_in, submission

DAY = date(2026, 6, 10)


@dataclass
class Case:
    """A finding of the world's engagement, and who deals with it."""

    world: World
    engagement: Engagement
    finding: Finding
    alice: User
    proof: Evidence

    def respond(self) -> None:
        finding_deeds.respond(self.finding, agrees=True, text="We saw it too late.", by=self.alice)

    def plan(self, due: date | None = None) -> None:
        finding_deeds.plan_action(
            self.finding,
            text="Force a second factor at sign-in.",
            owner="Head of IT",
            due=due or today() + timedelta(days=30),
            by=self.alice,
        )

    def finish(self, action: int = 1) -> None:
        finding_deeds.finish_action(
            self.finding, action=action, evidence=self.proof, text="It is forced.", by=self.alice
        )

    def remedied(self) -> "Case":
        """Responded to, with one action that is done."""
        self.respond()
        self.plan()
        self.finish()
        return self


def occurrence(world: World, engagement: Engagement, day: date = DAY) -> findings.Subject:
    return findings.occurrence_on(engagement, world.mfa, day)


def opened(world: World, engagement: Engagement | None = None) -> Case:
    """A finding by management's own test of June."""
    engagement = engagement or world.engagement()
    finding = findings.open_finding(
        engagement,
        subject=occurrence(world, engagement),
        title="Staff without a second factor",
        condition="Everybody should have a second factor; one person had none.",
        source="own_test",
        by=world.alice,
    )
    proof = hand_in(submission(b"screenshot", DAY, None, world.mfa))
    return Case(world, engagement, finding, world.alice, proof)


def admit(engagement: Engagement, user: User, *, by: User, role: str = "auditor") -> None:
    engagements.add_member(
        engagement, user=user, access_until=today() + timedelta(days=9), by=by, role=role
    )


def describe(case: Case) -> None:
    """Give every text that a finding can have."""
    for part, text, value in (
        (Part.CAUSE, "The account was made by hand", ""),
        (Part.EFFECT, "Nobody signed in with it.", ""),
        (Part.COMPENSATING, "The network lets staff in from the office only.", "AC-01"),
        (Part.NATURE, "All other accounts come from the directory.", "isolated"),
    ):
        finding_deeds.revise(case.finding, part=part, text=text, value=value, by=case.alice)
    finding_deeds.revise(
        case.finding,
        part=Part.EXTENT,
        text="",
        value="staff accounts",
        exceptions=1,
        population=3,
        by=case.alice,
    )
