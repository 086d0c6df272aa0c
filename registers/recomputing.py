"""Computes anew what follows from entries, once its rules have changed: their due days and names.

A release may teach a register a new due day or link. Entries follow it without a new version, since
nobody said anything new; what people wrote is not touched.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from django.db import transaction

from evidence import ledger
from registers import relations, values, writing
from registers.models import Entry, Relation
from registers.registry import Register


def recompute(register: Register, *, progress: Callable[[int, int], None] | None = None) -> int:
    """Mend due days and names that are not what the values say; return the number of entries.

    A batch at a time: deeds go on in between, and a second run finds nothing.
    """
    total = Entry.objects.filter(register=register.slug).count()
    mended, last, seen = 0, 0, 0
    while keys := _behind(register, last):
        mended += _mend(register, keys)
        last, seen = keys[-1], seen + len(keys)
        if progress:
            progress(seen, total)
    return mended


def _behind(register: Register, last: int) -> list[int]:
    found = Entry.objects.filter(register=register.slug, pk__gt=last)
    return list(found.order_by("pk").values_list("pk", flat=True)[: writing.BATCH])


def _mend(register: Register, keys: Sequence[int]) -> int:
    with transaction.atomic():
        # Deeds hold the log too, so that no entry changes between the look and the mending.
        ledger.lock()
        kept = _kept(keys)
        stale, late = [], []
        for entry in Entry.objects.filter(pk__in=keys):
            said = values.opened(register.fields, entry.values)
            names = list(relations.named(register, said))
            if sorted(names) != sorted(kept[entry.pk]):
                stale.append((entry.pk, names))
            due_on = writing.due_on(register, said)
            if due_on != entry.due_on:
                entry.due_on = due_on
                late.append(entry)
        Entry.objects.bulk_update(late, ["due_on"], batch_size=100)
        Relation.objects.filter(entry__in=[key for key, _ in stale]).delete()
        Relation.objects.bulk_create(_related(stale))
    return len({entry.pk for entry in late} | {key for key, _ in stale})


def _kept(keys: Sequence[int]) -> dict[int, list[relations.Name]]:
    kept: dict[int, list[relations.Name]] = defaultdict(list)
    found = Relation.objects.filter(entry__in=keys)
    for key, kind, target in found.values_list("entry", "kind", "target"):
        kept[key].append(relations.Name(kind, target))
    return kept


def _related(stale: Sequence[tuple[int, list[relations.Name]]]) -> Iterator[Relation]:
    for key, names in stale:
        for name in names:
            yield Relation(entry_id=key, kind=name.kind, target=name.target)
