"""Takes whole plain files of CSV into the table of items by one statement each."""

from datetime import UTC, date
from pathlib import Path

from controls import late_duckdb as duckdb
from evidence.reconcile.acceptance import FileFacts
from evidence.reconcile.engine import DuckDB
from evidence.reconcile.errors import FileRefusedError
from evidence.reconcile.readers import columnar, tables
from evidence.reconcile.reading import Reading
from evidence.reconcile.rules import FileRule, RuleSet

FROM_BYTES = 1 << 18
"""Below this size a statement costs more than the rows."""


class Bulk:
    """Knows the engine and the rules; `take` says whether a file was taken."""

    def __init__(self, engine: DuckDB, table: str, rules: RuleSet, as_of: date | None) -> None:
        self._engine, self._table = engine, table
        self._rules, self._as_of = rules, as_of

    def take(self, facts: FileFacts, path: Path, rule: FileRule) -> bool:
        """Put the rows of a file into the table, or none of them; facts get its totals."""
        if rule.format != "csv" or facts.size < FROM_BYTES:
            return False
        reading = Reading(path, rule, self._rules.legs[facts.leg])
        layout = columnar.look(path, rule.delimiter)
        if layout is None or not columnar.can_read(reading, layout):
            return False
        try:
            tables.check_header(layout.header, rule)
            query = columnar.Query(self._rules, reading, layout.header, self._as_of)
            source = self._engine.csv(path, rule.delimiter, len(layout.header))
            self._engine.execute(
                f"INSERT INTO {self._table} {query.select(facts.leg, facts.number, source)}"
            )
            is_whole = self._count(facts, reading, layout)
        except (duckdb.Error, FileRefusedError):
            # Row by row the same file is read again, and its fault is told with the line.
            is_whole = False
        if not is_whole:
            facts.totals, facts.first, facts.last = {}, "", ""
            self._engine.execute(f"DELETE FROM {self._table} WHERE file = {facts.number}")
        return is_whole

    def _count(self, facts: FileFacts, reading: Reading, layout: columnar.Layout) -> bool:
        """Sum up what the table holds of a file, and hold it against lines and trailer."""
        found = list(
            self._engine.rows(
                "SELECT currency, count(*), CAST(sum(CASE WHEN amount >= 0 THEN amount ELSE 0 END)"
                " AS DECIMAL(38, 0)), CAST(sum(CASE WHEN amount < 0 THEN amount ELSE 0 END)"
                " AS DECIMAL(38, 0)), min(occurred_at), max(occurred_at), min(rowid), max(rowid)"
                f" FROM {self._table} WHERE file = {facts.number} GROUP BY 1"
            )
        )
        rows = sum(row[1] for row in found)
        trailer = reading.rule.trailer
        if not found or rows + 1 + bool(trailer) != layout.lines:
            return False
        first, last = min(row[6] for row in found), max(row[7] for row in found)
        if last - first + 1 != rows:
            return False
        if trailer:
            sign = -1 if reading.rule.sign == "inverted" else 1
            total = sign * sum(int(credit + debit) for _, _, credit, debit, *_ in found)
            tables.check_trailer(layout.last, (rows, total), layout.lines, (layout.header, reading))
        facts.totals = {row[0]: [row[1], int(row[2]), int(row[3])] for row in found}
        facts.first = min(row[4] for row in found).replace(tzinfo=UTC).isoformat()
        facts.last = max(row[5] for row in found).replace(tzinfo=UTC).isoformat()
        self._engine.first_rows[facts.number] = first
        return True
