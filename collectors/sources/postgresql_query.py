"""Rows of a database by a query of one's own, such as the ledger's entries of a day."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.files import labels
from collectors.wire import postgresql
from collectors.wire.postgresql import PostgresqlSettings
from controls.models import Area, Expectation
from evidence.models import Evidence
from evidence.population import Cell, Column

COLLECTOR = Declaration(
    title="Rows of a PostgreSQL database by a query",
    asks="Which rows does the declared query find for the period, such as entries of the ledger?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.PROCESSING_INTEGRITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={},
    completeness="Every row of the query, which is kept with its parameters, in one snapshot of a "
    "read-only transaction; as many rows as the server counts for the same query in it.",
    permission="CREATE ROLE countersign LOGIN PASSWORD '…'; GRANT SELECT on the tables or, better, "
    "on the one view that the query reads. The session is read-only.",
    schedule="15 4 * * *",
    secrets=("password", "password_hash", "secret", "token", "card_number", "pan", "cvv"),
    time_limit=timedelta(hours=3),
)


class Settings(PostgresqlSettings):
    query: str = Field(
        title="Query",
        description="One SELECT. %(since)s is the first moment of the period and %(before)s the "
        "first one after it; a percent sign of its own is written twice.",
        min_length=1,
        max_length=20_000,
    )
    columns: dict[str, labels.Type] = Field(
        title="Columns",
        description="Name and type of every column that the query gives, in its order. Moments "
        "need their zone: timestamptz.",
        min_length=1,
        max_length=200,
    )


def collect(ask: Ask[Settings]) -> Answer:
    chosen = ask.settings
    return Answer(
        rows=_rows(ask),
        source_system=postgresql.system(ask),
        query=chosen.query,
        parameters={name: moment.isoformat() for name, moment in _bounds(ask).items()},
        columns=tuple(Column(name, type_) for name, type_ in chosen.columns.items()),
    )


def _bounds(ask: Ask[Settings]) -> dict[str, Any]:
    since, before = ask.bounds
    return {"since": since, "before": before}


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    chosen, bounds = ask.settings, _bounds(ask)
    query = chosen.query.strip().rstrip(";")
    types = [*chosen.columns.values()]
    with postgresql.opened(ask) as session:
        # On a line of its own: the query, which whoever connects the source writes, may end in a
        # comment.
        counting = f"SELECT count(*) FROM (\n{query}\n) AS counted"  # noqa: S608
        ask.trail.source_count = session.value(counting, bounds)
        for row in session.rows(query, bounds, expected=tuple(chosen.columns)):
            yield [_cell(value, type_) for value, type_ in zip(row, types, strict=True)]


def _cell(value: Any, type_: str) -> Cell:
    """Return a value as a cell: sums of whole numbers come as numeric, ids may be UUIDs."""
    if type_ == "integer" and isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else value
    if type_ == "text" and isinstance(value, UUID):
        return str(value)
    return value  # type: ignore[no-any-return]  # What does not fit is refused with its row.
