"""Tables of forms that another account keeps, as a collector hands them in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from evidence import intake
from evidence.models import Evidence
from evidence.population import Column
from tests.evidence import items

NAMES = (
    "id", "linked_to", "linked_type", "type", "state", "version", "due_at", "valid_from",
    "valid_until", "signed_at", "signed_by_title", "created_at", "updated_at",
)  # fmt: skip
START = datetime(2026, 9, 1, tzinfo=UTC)


def row(number: int, **changes: str) -> dict[str, str]:
    """A form that is open, of a merchant of its own."""
    return {
        "id": f"cf_other{number}",
        "linked_to": f"MUother{number}",
        "linked_type": "MERCHANT",
        "type": "PCI_SAQ_A",
        "state": "INCOMPLETE",
        "version": "2018.10",
        "due_at": (START + timedelta(days=900)).isoformat(),
        "valid_from": "",
        "valid_until": "",
        "signed_at": "",
        "signed_by_title": "",
        "created_at": START.isoformat(),
        "updated_at": START.isoformat(),
        **changes,
    }


def signed(number: int, **changes: str) -> dict[str, str]:
    """A form that was signed and holds for a long time."""
    return row(
        number,
        state="COMPLETE",
        valid_from="2026-09-03T10:00:00Z",
        valid_until="2036-09-03T10:00:00Z",
        signed_at="2026-09-03T09:59:58Z",
        signed_by_title="CFO",
        **changes,
    )


def table(rows: Sequence[dict[str, str]], *, days: int = 0, **changes: Any) -> Evidence:
    """The table as evidence, collected so many days after the first."""
    return received(NAMES, [[one[name] for name in NAMES] for one in rows], days=days, **changes)


def received(
    names: Sequence[str], rows: Sequence[Sequence[str]], *, days: int = 0, **changes: Any
) -> Evidence:
    """A table of these columns as evidence."""
    columns = tuple(Column(name, "text") for name in names)
    content, population = items.table(rows, columns)
    at = START + timedelta(days=10 + days)
    found = items.submission(
        content=content,
        population=population,
        filename=f"forms-{days}.csv",
        source_system="Finix of Shops",
        collected_at=at,
        **changes,
    )
    return intake.receive(found, actor="system")
