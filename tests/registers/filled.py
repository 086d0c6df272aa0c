"""Each typed form filled in well, so that tests change one answer at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from accounts.models import User
from controls.models import Expectation
from registers.form_models import FormDraft
from registers.forms import drafts, reading, registry
from registers.forms.base import Answers
from registers.forms.reading import Clock, Read
from registers.forms.registry import Kind
from tests.audits.world import World

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CLOCK = Clock(NOW, ZoneInfo("UTC"), ZoneInfo("UTC"))

_OCTOBER = {"covers_from": "2026-10-01", "covers_to": "2026-10-31"}
_QUARTER = {"covers_from": "2026-07-01", "covers_to": "2026-09-30"}
_WEEK = {"covers_from": "2026-11-09", "covers_to": "2026-11-15"}
_YEAR = {"covers_from": "2025-01-01", "covers_to": "2025-12-31"}
_LIST = {
    "list_source": "Ticket system, saved search 12, all projects",
    "list_whole": "Held against the export of the identity provider.",
}


def _lines(*lines: Mapping[str, str]) -> dict[str, str]:
    return {
        reading.place(number, name): text
        for number, line in enumerate(lines)
        for name, text in line.items()
    }


GOOD: dict[str, dict[str, str]] = {
    "restore_test": {
        **_QUARTER,
        "test_id": "RT-7",
        "data_store": "Payment database",
        "target": "A network of its own",
        "backup_at": "2026-08-11T02:00",
        "started_at": "2026-08-11T09:00",
        "ended_at": "2026-08-11T10:30",
        "goal": "4:00",
        "records_source": "120000",
        "records_restored": "120000",
        "sums_match": "yes",
        "compared": "Counts and sums of all tables, and fifty payments by eye.",
        "result": "passed",
        "tested_by": "dora@example.org",
        "reviewed_by": "emil@example.org",
    },
    "tabletop_exercise": {
        **_YEAR,
        "exercise_id": "TT-2",
        "held_on": "2025-05-06",
        "lasted": "1:30",
        "led_by": "dora@example.org",
        "took_part": "dora@example.org, emil@example.org",
        "plan_version": "Incident plan 4",
        "scene": "The keys of the hooks leaked.",
        "decisions": "After ten minutes the keys were replaced.",
        **_lines(
            {
                "weakness": "Nobody knew who tells the bank",
                "action_id": "T-1",
                "owner": "emil@example.org",
                "due_on": "2025-06-30",
            }
        ),
    },
    "incident_review": {
        **_OCTOBER,
        "incident_id": "INC-9",
        "severity": "high",
        "began_at": "2026-10-05T08:00",
        "noticed_at": "2026-10-05T08:10",
        "solved_at": "2026-10-05T09:45",
        "held_on": "2026-10-08",
        "led_by": "dora@example.org",
        "approved_by": "emil@example.org",
        "effect": "Payouts of forty merchants came an hour late.",
        "promise_broken": "no",
        "cause": "A queue was full.",
        **_lines(
            {
                "action_id": "T-2",
                "what": "Alarm before the queue is full",
                "owner": "dora@example.org",
                "due_on": "2026-11-30",
                "done_on": "2026-11-02",
            }
        ),
    },
    "vendor_review": {
        **_LIST,
        "list_count": "1",
        "prepared_by": "dora@example.org",
        "approved_by": "emil@example.org",
        **_lines(
            {
                "vendor": "Cloud GmbH",
                "report_type": "SOC 2 Type 2",
                "period_from": "2025-10-01",
                "period_to": "2026-09-30",
                "opinion": "unmodified",
                "exceptions": "2",
                "exceptions_assessed": "2",
                "duties": "5",
                "duties_mapped": "5",
                "read_by": "dora@example.org",
                "read_on": "2026-11-03",
            }
        ),
    },
    "emergency_change": {
        **_OCTOBER,
        **_LIST,
        "list_count": "1",
        **_lines(
            {
                "change_id": "CHG-1",
                "incident_id": "INC-9",
                "reason": "Payouts stood still",
                "processing_impact": "Payouts of the day were sent late",
                "way_back": "The release before",
                "done_by": "dora@example.org",
                "done_at": "2026-10-05T09:40",
                "approved_by": "emil@example.org",
                "approved_at": "2026-10-06T10:00",
            }
        ),
    },
    "rollback_test": {
        **_YEAR,
        "test_id": "RB-1",
        "service": "Ledger",
        "releases": "4.2 to 4.1",
        "started_at": "2025-03-04T10:00",
        "ended_at": "2025-03-04T10:12",
        "goal": "30",
        "data_whole": "yes",
        "compared": "Sums before and after, and payments in flight.",
        "result": "passed",
        "tested_by": "dora@example.org",
        "reviewed_by": "emil@example.org",
    },
    "access_request": {
        **_OCTOBER,
        **_LIST,
        "list_count": "1",
        **_lines(
            {
                "grant_id": "REQ-4",
                "person": "fay@example.org",
                "system_name": "Payment database",
                "role_name": "reader",
                "reason": "Support of merchants",
                "requested_by": "dora@example.org",
                "approved_by": "emil@example.org",
                "approved_at": "2026-10-12T09:00",
                "granted_at": "2026-10-12T11:00",
            }
        ),
    },
    "leaver_check": {
        **_OCTOBER,
        **_LIST,
        "list_count": "1",
        "prepared_by": "dora@example.org",
        "reviewed_by": "emil@example.org",
        **_lines(
            {
                "person_id": "P-17",
                "last_day": "2026-10-16",
                "system_name": "Identity provider",
                "access_ended_at": "2026-10-16T17:05",
            }
        ),
    },
    "alert_review": {
        **_WEEK,
        **_LIST,
        "list_count": "1",
        "reviewed_by": "dora@example.org",
        "reviewed_at": "2026-11-16T09:00",
        "seen": "Quiet week; one rule cries too often and was tuned.",
        **_lines(
            {
                "alert_id": "A-1",
                "rule_name": "Refused sign-ins",
                "severity": "high",
                "raised_at": "2026-11-10T03:00",
                "taken_at": "2026-11-10T03:20",
                "taken_by": "emil@example.org",
                "outcome": "false alarm",
            }
        ),
    },
    "questionnaire_answers": {
        **_OCTOBER,
        **_LIST,
        "list_count": "1",
        **_lines(
            {
                "questionnaire_id": "Q-2026-31",
                "buyer": "Shop GmbH",
                "question": "How are tokens withdrawn?",
                "library_id": "ANS-4",
                "evidence_id": "EV-000123",
                "written_by": "dora@example.org",
                "read_by": "emil@example.org",
                "sent_on": "2026-10-20",
            }
        ),
    },
    "failed_job_review": {
        **_WEEK,
        **_LIST,
        "list_count": "1",
        "prepared_by": "dora@example.org",
        "reviewed_by": "emil@example.org",
        **_lines(
            {
                "entry_id": "Q-1",
                "job": "payouts",
                "entered_at": "2026-11-10T03:00",
                "owner": "dora@example.org",
                "cause": "The bank did not answer",
                "outcome": "run again",
                "cleared_at": "2026-11-10T08:00",
            }
        ),
    },
    "reconciliation": {
        "business_day": "2026-11-19",
        "cut_off": "17:00 UTC on both sides",
        "prepared_by": "dora@example.org",
        "signed_by": "emil@example.org",
        "signed_at": "2026-11-20T09:00",
        **_lines(
            {
                "leg": "Ledger to bank",
                "currency": "EUR",
                "count_left": "200",
                "count_right": "199",
                "amount_left_minor": "1000500",
                "amount_right_minor": "1000000",
                "explained_minor": "500",
                "explanation": "One payout came in after the cut-off of the bank",
            }
        ),
    },
}


def read(slug: str, **changes: str | None) -> Read:
    """Read a form that is filled in well but for the changes; None takes an answer away."""
    return reading.read(registry.get(slug), given(slug, **changes), {}, clock=CLOCK)


def given(slug: str, **changes: str | None) -> dict[str, str]:
    """What was typed into a good form, but for the changes; `lines_0_owner` is one of a line."""
    typed: dict[str, str | None] = {**GOOD[slug]}
    typed |= {_place(name): text for name, text in changes.items()}
    return {name: text for name, text in typed.items() if text is not None}


def answers(slug: str, **changes: str | None) -> Answers:
    found = read(slug, **changes)
    assert found.answers is not None, found.problems
    return found.answers


def problems(slug: str, **changes: str | None) -> Mapping[str, str]:
    """The places that do not fit, written as `lines_0_owner` is."""
    found = read(slug, **changes).problems
    return {name.replace("-", "_"): sentence for name, sentence in found.items()}


def _place(name: str) -> str:
    if not name.startswith("lines_"):
        return name
    _, number, rest = name.split("_", 2)
    return reading.place(int(number), rest)


@dataclass
class Drawer:
    """A form of one person, with expectations that it serves."""

    kind: Kind
    keeper: User

    @classmethod
    def of(cls, slug: str, world: World, keeper: User) -> "Drawer":
        kind = registry.get(slug)
        for served in kind.declared.serves:
            if not Expectation.objects.filter(slug=served).exists():
                world.expect(world.access, served, kind=str(kind.declared.kind))
        return cls(kind, keeper)

    def draft(self, **changes: str | None) -> FormDraft:
        draft = drafts.begin(self.kind, by=self.keeper)
        drafts.keep(draft, given=given(self.kind.slug, **changes), by=self.keeper)
        return draft
