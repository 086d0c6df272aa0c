"""Puts many rows into a table by one statement, where the ORM would take most of the time.

It builds a model for each row and a statement with thousands of values; whoever issues forms holds
the log meanwhile, and everybody else waits.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model


def insert(model: type[Model], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows; each names the same columns. Their keys are given by the database."""
    if not rows:
        return
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(name) for name in rows[0])
    table = f"{quoted(model._meta.db_table)} ({columns})"  # noqa: SLF001  Django's own open door
    values = [tuple(_value(one) for one in row.values()) for row in rows]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for each in values:
                copy.write_row(each)
    else:
        places = ", ".join("%s" for _ in rows[0])
        with connection.cursor() as cursor:
            # Names of columns only; each value is sent apart.
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", values)  # noqa: S608


def _value(said: object) -> Any:
    if isinstance(said, datetime):
        return connection.ops.adapt_datetimefield_value(said)
    return said
