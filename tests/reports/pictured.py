"""One small programme of a summer, told by every kind of report: what the pictures are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.models import User
from audits import description, worksheets
from audits.models import Engagement
from audits.worksheets import ItemResult
from controls.readiness_file import Kind
from evidence.models import Evidence
from readiness import answers
from readiness.buyers import replying
from readiness.programme import programme
from registers import entries, registry
from registers.models import Break
from registers.reconciling import files, months, working
from reports.written.registry import Asked
from tests.audits import asking, findings, sealing
from tests.audits.world import World, clock, hand_in, hand_in_staff, submission
from tests.merchants import shops
from tests.readiness.buyers import asking as buyers
from tests.registers.books import GOOD
from tests.registers.reconciled import MONDAY, Accounting, morning, reasons_for, row
from tests.registers.reviewing import Reviewed
from tests.reports.kinds.test_evidence_told import series
from tests.reports.making import engagement_with_evidence

AT = datetime(2026, 9, 10, 12, tzinfo=UTC)
SUMMER: dict[str, Any] = {"start": date(2026, 6, 1), "end": date(2026, 9, 10)}
_APRIL = date(2026, 4, 1)


@dataclass(frozen=True)
class Summer:
    """Who did what in the summer, and what the reports are about."""

    alice: User
    bob: User
    audit: Engagement
    subjects: Mapping[str, str]

    def asked(self, slug: str) -> Asked:
        """Return what a kind is asked for: it takes of this what it needs."""
        return Asked(
            at=AT,
            by=self.alice,
            engagement=self.audit,
            subject=self.subjects.get(slug, ""),
            **SUMMER,
        )


def summer(world: World, bob: User, folder: Path) -> Summer:
    """Make the programme; ask for its reports with the clock at AT."""
    alice = world.alice
    day = _reconciled(world, folder)
    with clock(AT):
        audit = engagement_with_evidence(world)
    _watched(world)
    with clock(AT):
        _registers(alice)
        _audited(world, audit, bob)
        questionnaire = buyers.opened(folder, alice)
        asked = buyers.question(questionnaire, "CEK-03.1")
        replying.reply(asked, short="yes", text="In a safe.", seen=0, by=alice)
        question = programme().entries(Kind.QUESTION)[0]
        answers.answer(question.id, value="yes", reason="", seen=0, by=alice)
        shops.form(alice, of=shops.application(alice))
        reviewed = Reviewed(alice)
        campaign = reviewed.open()
        reviewed.decide(campaign, "keep", 1)
        reviewed.decide(campaign, "revoke", 2, why="Nobody uses it.")
    item = Evidence.objects.filter(population__isnull=False).order_by("pk")[0]
    subjects = {
        "ipe_sheet": item.ref,
        "questionnaire_answers": questionnaire.ref,
        "reconciliation_day": f"{day} {MONDAY}",
        "reconciliation_month": f"{day} {MONDAY:%Y-%m}",
    }
    return Summer(alice, bob, audit, subjects)


def _reconciled(world: World, folder: Path) -> str:
    world.expect(world.access, files.FILES, kind="event", cadence="business_daily")
    books = Accounting(world.alice, folder)
    cards = books.define()
    run = books.both(cards, [row("s1"), row("=s2"), row("s3")], [row("s1", "10.50"), row("n1")])
    working.assign(list(Break.objects.all()), to=books.olga, by=books.olga)
    books.sign(run)
    with clock(morning(_APRIL)):
        why = reasons_for(cards, MONDAY)
        months.sign(cards, MONDAY, note="All of it.", reasons=why, by=books.ivan)
    return cards.ref


def _watched(world: World) -> None:
    """A month of a probe with two bad days, and a restore that was tested twice."""
    probe = world.expect(world.backup, "uptime-per-day", kind="event", cadence="monthly")
    rows = [
        f"2026-07-{day:02d},https://api.example/,1000,{990 + (day % 11)}" for day in range(1, 29)
    ]
    content, population = series(*rows)
    first, last = date(2026, 7, 1), date(2026, 7, 28)
    hand_in(submission(content, first, last, probe, filename="uptime.csv", population=population))
    for day, failed in ((date(2026, 7, 6), 2), (date(2026, 7, 13), 0)):
        hand_in_staff(world, day, without_mfa=failed)


def _registers(alice: User) -> None:
    for slug, changes in (
        ("vendors", [{}, {"name": "Pens", "criticality": "minor", "holds_customer_data": "no"}]),
        ("vendor_reports", [{}]),
        (
            "risks",
            [{}, {"title": "Keys leak", "likelihood": "4", "impact": "4"}],
        ),
        (
            "incidents",
            [
                {"noticed_on": "2026-06-02", "solved_on": "2026-06-03", "number": "IN-1"},
                {"noticed_on": "2026-08-05", "number": "IN-2", "severity": "high"},
                {"noticed_on": "2026-09-03", "number": "IN-3"},
            ],
        ),
        (
            "changes",
            [
                {
                    "deployed_on": "2026-09-02",
                    "touches_processing": "yes",
                    "processing_note": "Limits are checked earlier.",
                }
            ],
        ),
        ("corrective_actions", [{}]),
        ("service_accounts", [{}]),
        ("assurance_documents", [{}]),
    ):
        for changed in changes:
            entries.add(registry.get(slug), given={**GOOD[slug], **changed}, by=alice)


def _audited(world: World, audit: Engagement, bob: User) -> None:
    alice = world.alice
    sealing.admit(audit, bob, by=alice)
    description.write_section(
        audit, section="DC1", text="We move money.\n\nEvery day.", based_on=0, by=alice
    )
    findings.opened(world, audit).remedied()
    asking.asked(audit, alice, due=AT.date() - timedelta(days=8))
    asking.asked(audit, alice, title="The list of changes")
    draw = sealing.drawn(sealing.sealed(world, audit), bob)
    worksheets.choose_attributes(draw, titles=["Ticket", "Approval"], by=bob)
    first = draw.items.order_by("row")[0].row
    worksheets.record_results(
        draw,
        results=[ItemResult(first, "A", "pass", "Seen.", "")],
        by=bob,
        report_deviation=sealing.Findings(),
    )
