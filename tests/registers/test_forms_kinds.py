"""The rules of each form: what contradicts itself is refused, bad news told in full is taken."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from controls.catalogue_folder import read_folder
from evidence import checks
from evidence.models import CheckResult
from registers.forms import registry, rendering
from tests.registers import filled
from tests.registers.filled import GOOD


@pytest.mark.parametrize(
    ("slug", "changes", "place", "told"),
    [
        ("restore_test", {"ended_at": "2026-08-11T08:59"}, "ended_at", "It ended before"),
        ("restore_test", {"backup_at": "2026-08-11T09:01"}, "started_at", "before it was backed"),
        ("restore_test", {"started_at": "2026-06-30T09:00"}, "started_at", "before it was backed"),
        ("restore_test", {"covers_from": "2026-08-12"}, "started_at", "outside of the days"),
        ("restore_test", {"reviewed_by": "DORA@example.org"}, "reviewed_by", "Another person"),
        ("restore_test", {"result": "failed"}, "what_failed", "It failed"),
        ("restore_test", {"result": "failed"}, "done_next", "It failed"),
        ("restore_test", {"records_restored": "119999"}, "result", "say that it failed"),
        ("restore_test", {"sums_match": "no"}, "result", "say that it failed"),
        ("restore_test", {"goal": "1:29"}, "result", "say that it failed"),
        ("tabletop_exercise", {"took_part": "a@example.org"}, "took_part", "One person alone"),
        ("tabletop_exercise", {"lines_0_due_on": "2025-05-05"}, "lines_0_due_on", "before the"),
        ("tabletop_exercise", {"held_on": "2024-12-31"}, "held_on", "outside of the days"),
        (
            "tabletop_exercise",
            {"lines_1_weakness": "nobody knew who tells the bank"},
            "lines_1_weakness",
            "the same thing",
        ),
        ("incident_review", {"noticed_at": "2026-10-05T07:59"}, "noticed_at", "before it began"),
        ("incident_review", {"solved_at": "2026-10-05T08:05"}, "solved_at", "was noticed"),
        ("incident_review", {"held_on": "2026-10-04"}, "held_on", "before the incident was"),
        ("incident_review", {"approved_by": "dora@example.org"}, "approved_by", "Another person"),
        ("incident_review", {"promise_broken": "yes"}, "customers_told", "how and when"),
        ("incident_review", {"lines_0_due_on": "2026-10-07"}, "lines_0_due_on", "before the"),
        ("vendor_review", {"approved_by": "dora@example.org"}, "approved_by", "Another person"),
        ("vendor_review", {"lines_0_period_to": "2025-09-30"}, "lines_0_period_to", "ends before"),
        ("vendor_review", {"lines_0_bridge_to": "2026-09-30"}, "lines_0_bridge_to", "beyond"),
        ("vendor_review", {"lines_0_read_on": "2026-09-29"}, "lines_0_read_on", "had ended"),
        ("vendor_review", {"lines_0_read_by": None}, "lines_0_read_on", "Say both"),
        (
            "vendor_review",
            {"lines_0_exceptions_assessed": "3"},
            "lines_0_exceptions_assessed",
            "more than the report has",
        ),
        ("vendor_review", {"lines_0_duties_mapped": "6"}, "lines_0_duties_mapped", "more than"),
        ("vendor_review", {"lines_0_opinion": "not unmodified"}, "lines_0_decision", "reserve"),
        (
            "emergency_change",
            {"lines_0_approved_at": "2026-10-05T09:00"},
            "lines_0_approved_at",
            "before it was done",
        ),
        (
            "emergency_change",
            {"lines_0_approved_by": "dora@example.org"},
            "lines_0_approved_by",
            "Another person",
        ),
        ("emergency_change", {"lines_0_approved_by": None}, "lines_0_approved_at", "Say both"),
        ("emergency_change", {"lines_0_done_at": "2026-09-30T09:00"}, "lines_0_done_at", "outside"),
        ("rollback_test", {"goal": "11"}, "result", "say that it failed"),
        ("rollback_test", {"data_whole": "no"}, "result", "say that it failed"),
        ("rollback_test", {"result": "failed"}, "done_next", "It failed"),
        ("rollback_test", {"reviewed_by": "dora@example.org"}, "reviewed_by", "Another person"),
        ("rollback_test", {"ended_at": "2025-03-04T09:00"}, "ended_at", "before it was started"),
        (
            "access_request",
            {"lines_0_approved_by": "dora@example.org"},
            "lines_0_approved_by",
            "Another person",
        ),
        (
            "access_request",
            {"lines_0_approved_by": "fay@example.org"},
            "lines_0_approved_by",
            "Another person",
        ),
        ("access_request", {"lines_0_approved_at": None}, "lines_0_approved_at", "Say both"),
        ("access_request", {"lines_0_ends_on": "2026-10-11"}, "lines_0_ends_on", "before it was"),
        (
            "access_request",
            {"lines_0_granted_at": "2026-11-01T09:00"},
            "lines_0_granted_at",
            "outside",
        ),
        ("leaver_check", {"lines_0_access_ended_at": None}, "lines_0_why_late", "say why"),
        (
            "leaver_check",
            {"lines_0_access_ended_at": "2026-10-18T00:00"},
            "lines_0_used_since",
            "whether the account was used",
        ),
        ("leaver_check", {"lines_0_last_day": "2026-09-30"}, "lines_0_last_day", "outside"),
        ("leaver_check", {"reviewed_by": "dora@example.org"}, "reviewed_by", "Another person"),
        ("alert_review", {"reviewed_at": "2026-11-14T09:00"}, "reviewed_at", "not over yet"),
        ("alert_review", {"lines_0_taken_at": "2026-11-10T02:59"}, "lines_0_taken_at", "before it"),
        ("alert_review", {"lines_0_taken_by": None}, "lines_0_taken_at", "Say both"),
        ("alert_review", {"lines_0_outcome": "became an incident"}, "lines_0_incident_id", "Name"),
        ("alert_review", {"lines_0_raised_at": "2026-11-08T03:00"}, "lines_0_raised_at", "outside"),
        (
            "failed_job_review",
            {"lines_0_outcome": "written off"},
            "lines_0_approved_by",
            "approval",
        ),
        ("failed_job_review", {"lines_0_cleared_at": None}, "lines_0_cleared_at", "Say both"),
        (
            "failed_job_review",
            {"lines_0_cleared_at": "2026-11-10T02:00"},
            "lines_0_cleared_at",
            "before it failed",
        ),
        (
            "failed_job_review",
            {"lines_0_approved_by": "dora@example.org"},
            "lines_0_approved_by",
            "Another person",
        ),
        (
            "failed_job_review",
            {"lines_0_entered_at": "2026-11-16T00:00"},
            "lines_0_entered_at",
            "after the days",
        ),
        ("failed_job_review", {"reviewed_by": "dora@example.org"}, "reviewed_by", "Another"),
        (
            "questionnaire_answers",
            {"lines_0_read_by": "dora@example.org"},
            "lines_0_read_by",
            "Another person",
        ),
        (
            "questionnaire_answers",
            {"lines_0_sent_on": "2026-11-01"},
            "lines_0_sent_on",
            "outside",
        ),
        ("reconciliation", {"signed_by": "dora@example.org"}, "signed_by", "Another person"),
        ("reconciliation", {"signed_by": None}, "signed_at", "Say both"),
        ("reconciliation", {"signed_at": "2026-11-18T23:00"}, "signed_at", "before the day"),
        ("reconciliation", {"lines_0_currency": "eur"}, "lines_0_currency", "ISO 4217"),
        ("reconciliation", {"lines_0_count_left": "-1"}, "lines_0_count_left", "below zero"),
        ("reconciliation", {"lines_0_explanation": None}, "lines_0_explanation", "say why"),
        (
            "reconciliation",
            {"lines_0_amount_right_minor": "1000500"},
            "lines_0_explained_minor",
            "no difference",
        ),
        (
            "reconciliation",
            {
                "lines_1_leg": "ledger to bank",
                "lines_1_currency": "EUR",
                "lines_1_count_left": "1",
                "lines_1_count_right": "1",
                "lines_1_amount_left_minor": "1",
                "lines_1_amount_right_minor": "1",
            },
            "lines_1_leg",
            "the same thing",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_contradicts_itself_is_refused_beside_its_question(
    slug: str, changes: dict[str, str | None], place: str, told: str
) -> None:
    problems = filled.problems(slug, **changes)
    assert told in problems[place], problems


@pytest.mark.parametrize(
    ("slug", "changes", "place"),
    [
        (
            "tabletop_exercise",
            {
                "lines_0_weakness": None,
                "lines_0_action_id": None,
                "lines_0_owner": None,
                "lines_0_due_on": None,
            },
            "nothing_weak",
        ),
        (
            "incident_review",
            dict.fromkeys(
                (
                    "lines_0_action_id",
                    "lines_0_what",
                    "lines_0_owner",
                    "lines_0_due_on",
                    "lines_0_done_on",
                )
            ),
            "no_tasks",
        ),
        (
            "reconciliation",
            dict.fromkeys(
                name.replace("-", "_")
                for name in GOOD["reconciliation"]
                if name.startswith("lines")
            ),
            "prepared_by",
        ),
    ],
    ids=["tabletop_exercise", "incident_review", "reconciliation"],
)
def test_nothing_at_all_needs_a_reason(
    slug: str, changes: dict[str, str | None], place: str
) -> None:
    assert set(filled.problems(slug, **changes)) == {place}


@pytest.mark.parametrize(
    ("slug", "changes", "check"),
    [
        (
            "restore_test",
            {
                "records_restored": "1",
                "result": "failed",
                "what_failed": "The disk.",
                "done_next": "A new one.",
            },
            "restores-failed",
        ),
        ("tabletop_exercise", {"lines_0_owner": None}, "exercise-loose-ends"),
        (
            "incident_review",
            {"lines_0_done_on": None, "lines_0_due_on": "2026-11-01"},
            "review-tasks-overdue",
        ),
        (
            "vendor_review",
            {"lines_0_read_by": None, "lines_0_read_on": None},
            "vendor-reports-unread",
        ),
        (
            "emergency_change",
            {"lines_0_approved_by": None, "lines_0_approved_at": None},
            "emergency-changes-unapproved",
        ),
        (
            "rollback_test",
            {
                "data_whole": "no",
                "result": "failed",
                "what_failed": "One row.",
                "done_next": "Mended.",
            },
            "rollbacks-failed",
        ),
        ("access_request", {"lines_0_approved_at": "2026-10-12T12:00"}, "grants-without-approval"),
        (
            "leaver_check",
            {
                "lines_0_access_ended_at": None,
                "lines_0_why_late": "Forgotten",
                "lines_0_used_since": "no",
            },
            "leavers-with-access",
        ),
        ("alert_review", {"lines_0_taken_by": None, "lines_0_taken_at": None}, "alerts-unanswered"),
        (
            "failed_job_review",
            {"lines_0_cleared_at": None, "lines_0_outcome": None},
            "exceptions-stale",
        ),
        ("questionnaire_answers", {"lines_0_evidence_id": None}, "answers-unbacked"),
        ("reconciliation", {"lines_0_explained_minor": "400"}, "reconciliation-unexplained"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_news_that_is_told_in_full_is_taken_and_the_check_finds_it(
    slug: str, changes: dict[str, str | None], check: str, tmp_path: Path
) -> None:
    assert found_by(slug, check, tmp_path / "good.csv") == CheckResult.State.PASSED
    assert found_by(slug, check, tmp_path / "bad.csv", **changes) == CheckResult.State.FAILED


def found_by(slug: str, check: str, table: Path, **changes: str | None) -> CheckResult.State:
    """What the check of the catalogue itself says of a form."""
    kind = registry.get(slug)
    rendering.write_table(kind, filled.answers(slug, **changes), table)
    columns = [{"name": each.name, "type": each.type} for each in kind.declared.columns]
    outcome = checks.evaluate(table, columns, CHECKS[check])
    assert not outcome.error
    return outcome.state


def _checks() -> dict[str, Any]:
    catalogue = read_folder(Path(settings.BASE_DIR) / "controls" / "catalogue")
    entries = (entry for placed in catalogue.controls for entry in placed.entry.expectations)
    return {check.slug: check for entry in entries for check in entry.checks}


CHECKS = _checks()


def test_the_time_of_a_restore_is_told_in_hours() -> None:
    (row,) = registry.get("restore_test").declared.table(filled.answers("restore_test"))
    assert (row["hours_taken"], row["hours_goal"]) == (Decimal("1.50"), Decimal("4.00"))


def test_the_time_of_a_rollback_is_told_in_minutes_begun() -> None:
    table = registry.get("rollback_test").declared.table
    (row,) = table(filled.answers("rollback_test", ended_at="2025-03-04T10:12:01"))
    assert row["minutes_taken"] == 13
