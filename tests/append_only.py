"""Lifts the append-only triggers for the one deed that needs it: emptying the test database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection as default
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations

from controls.append_only import MARK

_django_flush = BaseDatabaseOperations.execute_sql_flush


def flush(operations: BaseDatabaseOperations, statements: Sequence[str]) -> None:
    """Stand in for Django's `execute_sql_flush`, which append-only tables would refuse."""
    connection = operations.connection
    with transaction.atomic(using=connection.alias), lifted(connection):
        _django_flush(operations, statements)


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Take every append-only trigger away and put it back, in the caller's transaction."""
    away, back = _sqlite(connection) if connection.vendor == "sqlite" else _postgres(connection)
    with connection.cursor() as cursor:
        for statement in away:
            cursor.execute(statement)
        yield
        for statement in back:
            cursor.execute(statement)


@contextmanager
def forging() -> Iterator[None]:
    """Change rows that the triggers guard, as somebody with the database in hand could."""
    with transaction.atomic():
        # PostgreSQL alters no table while a foreign key of it is still to be checked.
        default.check_constraints()
        with lifted(default):
            yield
            default.check_constraints()


def _sqlite(connection: BaseDatabaseWrapper) -> tuple[list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND instr(name, %s)", [MARK]
        )
        found = cursor.fetchall()
    return [f'DROP TRIGGER "{name}"' for name, _ in found], [sql for _, sql in found]


def _postgres(connection: BaseDatabaseWrapper) -> tuple[list[str], list[str]]:
    # The owner of a table may do this; session_replication_role would need a superuser.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger"
            " WHERE NOT tgisinternal AND position(%s in tgname) > 0",
            [MARK],
        )
        found = cursor.fetchall()
    return (
        [f"ALTER TABLE {table} DISABLE TRIGGER {trigger}" for table, trigger in found],
        [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}" for table, trigger in found],
    )
