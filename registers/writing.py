"""Writes entries, their versions and what they name: prepared beforehand, put down in one go.

Whoever writes holds the log, and on SQLite the whole database, so that everybody else waits. All
that needs no lock is therefore done before: what is left is one statement for each table, sent with
many rows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from evidence.models import LedgerEntry
from registers import relations, values
from registers.base import Value, Values
from registers.keys import key_of, title_of
from registers.models import Entry, EntryVersion, Relation
from registers.registry import Register

T = TypeVar("T")

BATCH = 1000


@dataclass(frozen=True)
class Draft:
    """What an entry is to say: a new one, or the next version of one that is there."""

    values: Values
    entry: Entry | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it will be written; `pk` is that of the entry which it changes, None: none."""

    pk: int | None
    version: int
    key: str
    title: str
    values: str
    """JSON."""
    due_on: date | None
    is_active: bool
    named: tuple[relations.Name, ...]


@dataclass(frozen=True)
class Deed:
    """Under which leaf rows are written, by whom, and why."""

    leaf: LedgerEntry
    by: User
    reason: str


def prepared(register: Register, draft: Draft) -> Row:
    """Return the row of a draft; asks no database."""
    entry, said = draft.entry, draft.values
    stored = {name: values.to_json(value) for name, value in said.items()}
    return Row(
        pk=entry.pk if entry else None,
        version=entry.version + 1 if entry else 1,
        key=key_of(register, said),
        title=title_of(register, said)[:200],
        values=json.dumps(stored),
        due_on=due_on(register, said),
        is_active=draft.is_active,
        named=tuple(relations.named(register, said)),
    )


def due_on(register: Register, said: Values) -> date | None:
    """Return the day on which an entry needs attention, None once it needs none."""
    declared = register.declared
    if declared.done and said.get(declared.done) is not None:
        return None
    days: Iterable[Value] = (said.get(name) for name in declared.due)
    return min((day for day in days if isinstance(day, date)), default=None)


def write(register: Register, rows: Sequence[Row], deed: Deed) -> list[int]:
    """Write rows in the caller's transaction, which holds the log; return their keys in order."""
    # Given as the database keeps it, since the statements below pass by the fields of the models.
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    last = last_number(register)
    fresh = [row for row in rows if row.pk is None]
    known = [row for row in rows if row.pk is not None]
    _insert(Entry, _fresh(register, fresh, last, now))
    _overwrite(known, now)
    made = iter(_made(register, last) if fresh else ())
    done = [replace(row, pk=next(made)) if row.pk is None else row for row in rows]
    _relate(done, known)
    reason = deed.reason.strip()[:300]
    _insert(
        EntryVersion,
        (
            {
                "entry": row.pk,
                "number": row.version,
                "values": row.values,
                "is_active": row.is_active,
                "reason": reason,
                "by": deed.by.pk,
                "at": now,
                "ledger_entry": deed.leaf.pk,
            }
            for row in done
        ),
    )
    return [row.pk for row in done if row.pk is not None]


def last_number(register: Register) -> int:
    """Return the number of the newest entry of a register."""
    found = Entry.objects.filter(register=register.slug).aggregate(last=Max("number"))
    return int(found["last"] or 0)


def _fresh(
    register: Register, rows: Iterable[Row], last: int, now: object
) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, last + 1):
        yield {
            "register": register.slug,
            "number": number,
            "ref": f"{register.declared.prefix}-{number}",
            "created_at": now,
            **_said(row, now),
        }


def _said(row: Row, now: object) -> dict[str, Any]:
    return {
        "title": row.title,
        "key": row.key,
        "values": row.values,
        "due_on": connection.ops.adapt_datefield_value(row.due_on),
        "is_active": row.is_active,
        "version": row.version,
        "changed_at": now,
    }


def _made(register: Register, last: int) -> Iterable[int]:
    """Return the keys of the entries behind a number, in the order of their numbers."""
    found = Entry.objects.filter(register=register.slug, number__gt=last)
    return found.order_by("number").values_list("pk", flat=True)


def _overwrite(rows: Iterable[Row], now: object) -> None:
    changes = ({**_said(row, now), "id": row.pk} for row in rows)
    for batch in _batches(changes):
        columns = ", ".join(f"{_quoted(Entry, name)} = %s" for name in batch[0] if name != "id")
        statement = f"UPDATE {_table(Entry)} SET {columns} WHERE {_quoted(Entry, 'id')} = %s"  # noqa: S608  names of columns only
        _send(statement, batch)


def _relate(rows: Iterable[Row], known: Sequence[Row]) -> None:
    """Keep what entries name, in the place of what they named before."""
    for batch in _batches(known):
        Relation.objects.filter(entry__in=[row.pk for row in batch]).delete()
    _insert(
        Relation,
        (
            {"entry": row.pk, "kind": name.kind, "target": name.target}
            for row in rows
            for name in row.named
        ),
    )


# The ORM builds a statement with thousands of values for each batch, and a model for each row: that
# takes four times as long as these statements, and everybody waits for it.


def _insert(model: type[Any], rows: Iterable[Mapping[str, Any]]) -> None:
    for batch in _batches(rows):
        columns = ", ".join(_quoted(model, name) for name in batch[0])
        table = f"{_table(model)} ({columns})"
        if connection.vendor == "postgresql":
            _copy(f"COPY {table} FROM STDIN", batch)
        else:
            places = ", ".join("%s" for _ in batch[0])
            _send(f"INSERT INTO {table} VALUES ({places})", batch)  # noqa: S608  names of columns only


def _copy(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def _send(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(statement, [tuple(row.values()) for row in rows])


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _table(model: type[Any]) -> str:
    return connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001  Django's own open door


def _quoted(model: type[Any], name: str) -> str:
    return connection.ops.quote_name(model._meta.get_field(name).column)  # noqa: SLF001  as above
