"""Reads Parquet with mapped columns; what is not exact, or may not be what it seems, is refused.

Rules:
- A number is whole or a decimal; a column of floating-point numbers refuses the file, because none
  of them holds money. Columns that are ignored are never read.
- A moment with a zone is UTC; one without is in the zone of the leg, like a cell of a spreadsheet.
- What the columns would take when unpacked is bounded before the first row is read.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from controls import late_duckdb as duckdb
from evidence.reconcile.engine import source_path
from evidence.reconcile.errors import FileRefusedError
from evidence.reconcile.readers import tables
from evidence.reconcile.reading import Reading, Row

MOST_UNPACKED = 8 << 30
"""Bytes of all columns, as the file states them: some 50 million rows."""
_MOST_COLUMNS = 1000
_AT_ONCE = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = {f"{sign}{size}" for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER")} | {
    "BIGINT",
    "UBIGINT",
    "HUGEINT",
}
_AS_IT_IS = {"VARCHAR", "DATE", "BOOLEAN", "TIMESTAMP", *_WHOLE}
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "512MB",
    "threads": "1",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


def read(reading: Reading) -> Iterator[Row]:
    """Yield the rows of a file, streaming; the first row has the line 1."""
    try:
        with duckdb.connect(":memory:", config=_CONFIG) as database:
            yield from tables.rows(_lines(database, reading), reading)
    except duckdb.Error as error:
        first = str(error).strip().partition("\n")[0].replace(str(reading.path), "the file")
        raise FileRefusedError(f"this is no whole Parquet file: {first[:200]}") from error


def _lines(
    database: "duckdb.DuckDBPyConnection", reading: Reading
) -> Iterator[tuple[int, Sequence[str | datetime | date]]]:
    source = f"read_parquet('{source_path(reading.path)}', hive_partitioning = false)"
    _refuse_bombs(database, reading.path)
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    if len(described) > _MOST_COLUMNS:
        raise FileRefusedError(f"the file has more than {_MOST_COLUMNS} columns")
    yield 0, [str(name) for name, *_ in described]
    wanted = [_expression(str(name), str(kind), reading) for name, kind, *_ in described]
    found = database.execute(f"SELECT {', '.join(wanted)} FROM {source}")
    line, mark = 0, reading.rule.decimal
    while batch := found.fetchmany(_AT_ONCE):
        for row in batch:
            line += 1
            yield line, [_cell(value, mark) for value in row]


def _refuse_bombs(database: "duckdb.DuckDBPyConnection", path: Path) -> None:
    """Hold what the footer states against the limit; the reader trusts the footer alike."""
    (unpacked,) = database.execute(
        "SELECT COALESCE(sum(CAST(total_uncompressed_size AS HUGEINT)), 0)"
        f" FROM parquet_metadata('{source_path(path)}')"
    ).fetchall()[0]
    if unpacked > MOST_UNPACKED:
        raise FileRefusedError(f"the file would unpack to {int(unpacked):,} bytes")


def _expression(name: str, kind: str, reading: Reading) -> str:
    """Return what is read of a column, by its type."""
    if name.strip() in reading.rule.ignore:
        return "''"
    column = '"' + name.replace('"', '""') + '"'
    if kind in _AS_IT_IS or kind.startswith("DECIMAL("):
        return column
    if kind == "TIMESTAMP WITH TIME ZONE":
        # A number of microseconds has no zone of a machine in it.
        return f"struct_pack(us := epoch_us({column}))"
    if kind in {"TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}:
        return f"CAST({column} AS TIMESTAMP)"
    if kind == "UUID" or kind.startswith("ENUM("):
        return f"CAST({column} AS VARCHAR)"
    if kind in {"FLOAT", "DOUBLE"}:
        reason = "floating-point numbers, which hold no money; export decimals or whole numbers"
        raise FileRefusedError(f"the column {name!r} holds {reason}")
    raise FileRefusedError(f"the column {name!r} holds {kind[:40]}, which is no single value")


def _cell(value: object, mark: str) -> str | datetime | date:
    if value is None:
        return ""
    if isinstance(value, str | date):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        # Zeros behind say nothing: a column has as many decimals as its longest currency.
        whole, _, fraction = f"{value:f}".partition(".")
        fraction = fraction.rstrip("0")
        return f"{whole}{mark}{fraction}" if fraction else whole
    if isinstance(value, dict):
        # Microseconds since 1970; an empty moment is as empty as any cell.
        stated = value["us"]
        return "" if stated is None else _EPOCH + timedelta(microseconds=stated)
    return str(value)
