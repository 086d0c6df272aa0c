"""Items that tests hand in: a submission with one part changed at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from controls.models import Check, Control, Expectation
from evidence.intake import Submission
from evidence.population import IPE, Cell, Column, PopulationFacts, write_csv

COLUMNS = (Column("user_id", "integer"), Column("email", "text"), Column("mfa", "boolean"))
ROWS: list[tuple[Cell, ...]] = [(1, "ann@example.org", True), (2, "ben@example.org", False)]

PLAIN = Submission(
    content=b"day,result\n2026-10-05,ok\n",
    filename="restore.csv",
    title="Restore test of October",
    evidence_type="test_result",
    kind="event",
    area="availability",
    source_system="backup.example.org",
    environment="production",
    covers_from=date(2026, 10, 1),
    covers_to=date(2026, 10, 31),
    collected_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
)


def submission(**changes: Any) -> Submission:
    """A good submission but for the changes."""
    return replace(PLAIN, **changes)


def ipe(**changes: Any) -> IPE:
    """A good IPE record but for the changes."""
    moment = datetime(2026, 11, 1, 8, tzinfo=UTC)
    facts: dict[str, Any] = {
        "query": "all staff users",
        "source_system": "this installation",
        "environment": "production",
        "runner": "collector:staff_mfa",
        "collector": "staff_mfa",
        "collector_version": "1",
        "code_digest": "0" * 64,
        "started_at": moment,
        "finished_at": moment,
        "completeness": "one query without a filter",
    }
    return IPE(**{**facts, **changes})


def table(
    rows: Iterable[Sequence[Cell]] | None = None, columns: Sequence[Column] = COLUMNS
) -> tuple[bytes, PopulationFacts]:
    """The bytes of a canonical table and what intake wants to know of it."""
    file = BytesIO()
    facts = write_csv(ROWS if rows is None else rows, columns, file)
    return file.getvalue(), PopulationFacts(tuple(columns), ipe(), facts)


def population(rows: Iterable[Sequence[Cell]] | None = None, **changes: Any) -> Submission:
    """A submission of a table whose original file is the canonical CSV itself."""
    content, facts = table(rows)
    return submission(content=content, population=facts, filename="staff.csv", **changes)


def expectation(slug: str = "staff-mfa", **changes: Any) -> Expectation:
    """An expectation with its control, saved."""
    control, _ = Control.objects.get_or_create(
        ref="AC-01",
        defaults={
            "title": "Second factor for staff",
            "area": "access_control",
            "owner_role": "engineer",
            "nature": "automated",
        },
    )
    fields: dict[str, Any] = {
        "title": "Second factor of every staff user",
        "evidence_type": "population_export",
        "kind": "state",
        "cadence": "monthly",
        "days_allowed": 5,
        "owner_role": "engineer",
        "active_from": date(2026, 1, 1),
    }
    return Expectation.objects.create(control=control, slug=slug, **{**fields, **changes})


def check(of: Expectation, sql: str, **changes: Any) -> Check:
    """A check of an expectation, saved."""
    fields: dict[str, Any] = {"slug": f"{of.slug}-check", "title": "No one without", "digest": "d"}
    return Check.objects.create(expectation=of, sql=sql, **{**fields, **changes})
