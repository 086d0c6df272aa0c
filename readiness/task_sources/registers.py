"""Entries of registers whose day has come or comes: reviews, rotations, ends, things to be gone.

Their tables are long, so only the first that fit are read, in the order of tasks.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from django.db.models import Q, QuerySet

from readiness.task import NO_DAY, Asked, Task, Whose
from registers import registry
from registers.models import Entry

WORDS = "Registers"
_SLUG = "registers"
_WHO_ELSE = "compliance-lead"


def tasks(asked: Asked) -> Iterable[Task]:
    found = Entry.objects.filter(is_active=True, due_on__isnull=False)
    if asked.until < NO_DAY:
        found = found.filter(due_on__lte=asked.until)
    if asked.whose:
        found = found.filter(_belongs_to(asked.whose))
    if asked.after:
        found = _behind(found, asked.after.due, asked.after.source, asked.after.key)
    # The key of a task is the number of its row with leading zeros, so both orders are the same.
    return _tasks(found.order_by("due_on", "pk")[: asked.most + 1])


def _behind(found: QuerySet[Entry], day: date, source: str, key: str) -> QuerySet[Entry]:
    if source > _SLUG:
        return found.filter(due_on__gt=day)
    last = int(key) if source == _SLUG and key.isdecimal() and len(key) < 19 else -1
    return found.filter(Q(due_on__gt=day) | Q(due_on=day, pk__gt=last))


def _belongs_to(whose: Whose) -> Q:
    """Say whose entries are: of the person in the field that the register declares for it."""
    belongs = Q(pk__in=())
    by_field: dict[str, list[str]] = {}
    for slug, register in registry.registers().items():
        if register.declared.due:
            by_field.setdefault(_keeper(register), []).append(slug)
    for field, slugs in by_field.items():
        if field:
            named = {f"values__{field}__in": sorted(whose.names)}
            belongs |= Q(register__in=slugs, **named)
        elif _WHO_ELSE in whose.roles:
            belongs |= Q(register__in=slugs)
    return belongs


def _keeper(register: registry.Register) -> str:
    keeper = register.declared.keeper
    return keeper if keeper in register.fields else ""


def _tasks(found: Iterable[Entry]) -> Iterator[Task]:
    for entry in found:
        register = registry.registers().get(entry.register)
        if register is None:
            continue
        declared = register.declared
        named = str(entry.values.get(_keeper(register)) or "")
        yield Task(
            source=_SLUG,
            key=f"{entry.pk:018d}",
            name=entry.ref,
            title=entry.title,
            due=entry.due_on,
            weight=3,
            page="entry",
            args=(entry.register, entry.number),
            note=f"{declared.title}: {declared.due_words.lower()}.",
            named=named,
            role="" if named else _WHO_ELSE,
            owner=named or "Compliance lead",
        )
