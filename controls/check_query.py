"""Proves that the SQL of a check can run: over an empty table `population`, with nothing else near.

A check must answer the same for ever, else nobody can re-perform it: what depends on the moment
or on chance is refused. A check of age compares with a column of the population, such as
`collected_at`, and not with the clock.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from controls import late_duckdb as duckdb
from controls.errors import CheckQueryError

TABLE = "population"
DUCKDB_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(38, 9)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    # In UTC and without a zone: a zoned time would follow the zone of the machine that checks.
    "timestamp": "TIMESTAMP",
}
_MOODY_FUNCTIONS = """
    SELECT DISTINCT function_name FROM duckdb_functions()
    WHERE stability <> 'CONSISTENT' OR function_type IN ('table', 'table_macro', 'pragma')
"""
_HARMLESS = {"unnest", "range", "generate_series"}
_CLOCK_WORDS = {"age", "ago", "current_time", "current_timestamp", "localtime", "localtimestamp"}


class QueryProver:
    """Holds one empty database without files, network and extensions; close it after use."""

    def __init__(self) -> None:
        self._database = duckdb.connect(
            ":memory:",
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "threads": "1",
                "memory_limit": "256MB",
            },
        )
        self._database.execute("SET lock_configuration = true")
        moody = self._database.execute(_MOODY_FUNCTIONS).fetchall()
        self._moody = _CLOCK_WORDS | {str(name) for (name,) in moody} - _HARMLESS

    def close(self) -> None:
        self._database.close()

    def prove(self, sql: str, columns: Mapping[str, str]) -> None:
        """Raise CheckQueryError unless `sql` is one SELECT that runs over these columns.

        `columns` maps names to the column types of a population (the keys of DUCKDB_TYPES).
        """
        try:
            self._create(columns)
            self._refuse_other_statements(sql)
            tree = json.loads(self._cell("SELECT json_serialize_sql($1::VARCHAR)", sql))
            self._refuse_moods(tree, columns)
            if _tables(tree) - _ctes(tree) != {TABLE}:
                raise CheckQueryError(f"the query must read the table {TABLE} and no other")
            self._database.execute(sql)
        except duckdb.Error as error:
            raise CheckQueryError(_first_sentence(error)) from error

    def _create(self, columns: Mapping[str, str]) -> None:
        listed = ", ".join(
            f'"{name.replace(chr(34), chr(34) * 2)}" {DUCKDB_TYPES[kind]}'
            for name, kind in columns.items()
        )
        self._database.execute(f"CREATE OR REPLACE TABLE {TABLE} ({listed})")

    def _refuse_other_statements(self, sql: str) -> None:
        statements = self._database.extract_statements(sql)
        if len(statements) != 1:
            raise CheckQueryError(f"one query is needed, not {len(statements)}")
        if statements[0].type != duckdb.StatementType.SELECT:
            raise CheckQueryError("the query must be a SELECT")

    def _refuse_moods(self, tree: object, columns: Mapping[str, str]) -> None:
        known = {name.lower() for name in columns}
        for name in sorted(_names(tree) & self._moody - known):
            raise CheckQueryError(
                f"{name} depends on the moment, on chance or on the machine; compare with a column"
            )

    def _cell(self, sql: str, parameter: str) -> str:
        row = self._database.execute(sql, [parameter]).fetchone()
        return str(row[0]) if row else ""


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Yield every object of a parsed query."""
    if isinstance(tree, list):
        for member in tree:
            yield from _nodes(member)
    elif isinstance(tree, dict):
        yield tree
        for member in tree.values():
            yield from _nodes(member)


def _names(tree: object) -> set[str]:
    """Return the functions and bare columns of a parsed query, in lower case."""
    found = set()
    for node in _nodes(tree):
        found.add(str(node.get("function_name", "")).lower())
        if len(node.get("column_names", ())) == 1:
            found.add(str(node["column_names"][0]).lower())
        if node.get("sample"):
            found.add("random")
    return found


def _tables(tree: object) -> set[str]:
    return {
        ".".join(filter(None, (node["catalog_name"], node["schema_name"], node["table_name"])))
        for node in _nodes(tree)
        if node.get("type") == "BASE_TABLE"
    }


def _ctes(tree: object) -> set[str]:
    return {
        str(entry["key"])
        for node in _nodes(tree)
        for entry in node.get("cte_map", {}).get("map", ())
    }


def _first_sentence(error: "duckdb.Error") -> str:
    return str(error).partition("\n")[0].strip()
