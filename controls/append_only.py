"""Database triggers that let a table grow only: UPDATE, DELETE and TRUNCATE are refused.

They guard against mistakes and against code that steps around the rooms; the proof that nothing
was altered is the ledger. A later migration that makes SQLite rebuild such a table (most changes
of a column do) drops its triggers with it, so that migration ends with `operations` again;
`unguarded` finds a table where this was forgotten.
"""

from collections.abc import Iterable

from django.db import NotSupportedError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

MARK = "_append_only_"
_LONGEST_TABLE = 63 - len(f"{MARK}truncate")  # PostgreSQL cuts longer names without a word.


class GuardTable(Operation):
    """Refuse UPDATE, DELETE and TRUNCATE of one table from now on.

    An operation of its own, since `RunPython` would have the models of the whole house built
    anew for each table.
    """

    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the models as they are: triggers are the database's own."""

    def database_forwards(
        self,
        _app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        _from_state: ProjectState,
        _to_state: ProjectState,
    ) -> None:
        for statement in (
            *_drops(schema_editor, self.table),
            *_creates(schema_editor, self.table),
        ):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        _app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        _from_state: ProjectState,
        _to_state: ProjectState,
    ) -> None:
        for statement in _drops(schema_editor, self.table):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Let table {self.table} only grow"


def operations(table: str) -> list[Operation]:
    """Return what a migration does so that rows of `table` are only ever added."""
    if len(table) > _LONGEST_TABLE:
        raise ValueError(f"The name of table {table} is longer than {_LONGEST_TABLE} letters.")
    return [GuardTable(table)]


def unguarded(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> list[str]:
    """Return those of `tables` that lack one of their triggers, or have it weakened."""
    deeds = _deeds(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if connection.vendor == "sqlite"
            else "SELECT tgname FROM pg_trigger WHERE tgenabled = 'A'"
        )
        found = {row[0] for row in cursor.fetchall()}
    return [table for table in tables if not {f"{table}{MARK}{deed}" for deed in deeds} <= found]


def _deeds(vendor: str) -> tuple[str, ...]:
    if vendor == "sqlite":
        return ("update", "delete")
    if vendor == "postgresql":
        return ("update", "delete", "truncate")
    raise NotSupportedError(f"Append-only tables need SQLite or PostgreSQL, not {vendor}.")


def _creates(schema_editor: BaseDatabaseSchemaEditor, table: str) -> list[str]:
    quote = schema_editor.connection.ops.quote_name
    deeds = _deeds(schema_editor.connection.vendor)
    if schema_editor.connection.vendor == "sqlite":
        return [
            f"CREATE TRIGGER {quote(f'{table}{MARK}{deed}')} BEFORE {deed} ON {quote(table)} BEGIN"
            f" SELECT RAISE(ABORT, '{table} is append-only: {deed.upper()} is refused'); END"
            for deed in deeds
        ]
    function = quote(f"{table}{MARK}refuse")
    statements = [
        f"""CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION '{table} is append-only: % is refused', TG_OP
            USING ERRCODE = 'restrict_violation'; END $$"""
    ]
    for deed in deeds:
        trigger = quote(f"{table}{MARK}{deed}")
        each = "STATEMENT" if deed == "truncate" else "ROW"
        statements.append(
            f"CREATE TRIGGER {trigger} BEFORE {deed} ON {quote(table)}"
            f" FOR EACH {each} EXECUTE FUNCTION {function}()"
        )
        # ALWAYS: a session that plays the replica (session_replication_role) is refused too.
        statements.append(f"ALTER TABLE {quote(table)} ENABLE ALWAYS TRIGGER {trigger}")
    return statements


def _drops(schema_editor: BaseDatabaseSchemaEditor, table: str) -> list[str]:
    quote = schema_editor.connection.ops.quote_name
    names = [quote(f"{table}{MARK}{deed}") for deed in _deeds(schema_editor.connection.vendor)]
    if schema_editor.connection.vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name in names]
    return [
        *(f"DROP TRIGGER IF EXISTS {name} ON {quote(table)}" for name in names),
        f"DROP FUNCTION IF EXISTS {quote(f'{table}{MARK}refuse')}()",
    ]
