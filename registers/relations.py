"""What entries name: controls, items of evidence, and entries of other registers; shown both ways.

Rules:
- A control or an item that is named must be there.
- An entry of another register is named by the words of its key. Where the link is required, it must
  be there, stand, and fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import QuerySet

from controls.models import Control
from evidence.models import Evidence
from registers import registry
from registers import values as reading
from registers.base import Link, Type, Values
from registers.keys import digest_of
from registers.models import Entry, Relation
from registers.registry import Register

SHOWN = 50
_KINDS = {Type.CONTROLS: Relation.CONTROL, Type.EVIDENCE: Relation.EVIDENCE}
_WORDS = {Relation.CONTROL: "control", Relation.EVIDENCE: "item of evidence"}


class Name(NamedTuple):
    """What an entry names: a word of Relation or the slug of a register, and a reference or key."""

    kind: str
    target: str


@dataclass(frozen=True)
class Named:
    """An entry of another register as an entry names it; None where there is none."""

    register: Register
    words: str
    entry: Entry | None


def obstacles(register: Register, many: Sequence[Values]) -> list[dict[str, str]]:
    """Return, for each set of values, what it names wrongly, by field.

    At most one query for controls, one for evidence and one for each link.
    """
    unknown = _unknown(register, many)
    found: list[dict[str, str]] = [dict(_wrong_references(register, one, unknown)) for one in many]
    for link in register.declared.links:
        if link.required:
            others = _others(link, many)
            for problems, one in zip(found, many, strict=True):
                problems.update(_wrong_link(link, one, others))
    return found


def named(register: Register, values: Values) -> Iterator[Name]:
    """Yield what an entry with these values names; asks no database."""
    for name, field in register.fields.items():
        if kind := _KINDS.get(field.type):
            for ref in reading.words(values[name]).split():
                yield Name(kind, ref[:64])
    for link in register.declared.links:
        if target := _target(link, values):
            yield Name(link.register, target)


def named_by(register: Register, entry: Entry) -> list[Named]:
    """Return the entries of other registers that an entry names; one query for each link."""
    values = reading.opened(register.fields, entry.values)
    found = []
    for link in register.declared.links:
        target = _target(link, values)
        if target:
            other = Entry.objects.filter(register=link.register, key=target).first()
            words = ", ".join(reading.words(values[name]) for name in link.fields)
            found.append(Named(registry.get(link.register), words, other))
    return found


def naming(kind: str, target: str) -> QuerySet[Entry]:
    """Return the entries that name a control or an item (by reference) or an entry (by key)."""
    found = Relation.objects.filter(kind=kind, target=target)
    return Entry.objects.filter(pk__in=found.values("entry")).order_by("-id")


def naming_entry(entry: Entry) -> QuerySet[Entry]:
    """Return the entries of other registers that name this one, the newest first."""
    return naming(entry.register, entry.key)


def linking_to(slug: str) -> list[tuple[Register, Link]]:
    """Return the registers whose entries may name one of this register, and by which link."""
    return [
        (register, link)
        for register in registry.registers().values()
        for link in register.declared.links
        if link.register == slug
    ]


def _unknown(register: Register, many: Sequence[Values]) -> Mapping[str, set[str]]:
    """Return the references that name nothing, by kind."""
    named: dict[str, set[str]] = {}
    for name, field in register.fields.items():
        if kind := _KINDS.get(field.type):
            refs = {ref for one in many for ref in reading.words(one.get(name)).split()}
            named.setdefault(kind, set()).update(refs)
    if controls := named.get(Relation.CONTROL):
        controls.difference_update(Control.objects.values_list("ref", flat=True))
    if items := named.get(Relation.EVIDENCE):
        items.difference_update(
            Evidence.objects.filter(ref__in=items).values_list("ref", flat=True)
        )
    return named


def _wrong_references(
    register: Register, one: Values, unknown: Mapping[str, set[str]]
) -> Iterator[tuple[str, str]]:
    for name, field in register.fields.items():
        kind = _KINDS.get(field.type, "")
        wrong = unknown.get(kind, set()).intersection(reading.words(one.get(name)).split())
        if wrong:
            listed = ", ".join(sorted(wrong))
            yield name, f"{field.label}: there is no {_WORDS[kind]} {listed}."


def _others(link: Link, many: Sequence[Values]) -> Mapping[str, Entry]:
    keys = {key for one in many if (key := _target(link, one))}
    found = Entry.objects.filter(register=link.register, key__in=keys)
    return {entry.key: entry for entry in found}


def _wrong_link(link: Link, one: Values, others: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    first = link.fields[0]
    target = _target(link, one)
    if not target:
        return
    other_register = registry.get(link.register)
    declared = other_register.declared
    other = others.get(target)
    if other is None:
        words = ", ".join(reading.words(one[name]) for name in link.fields)
        yield first, f"There is no {declared.entry} {words!r} in {declared.title!r}. Add it first."
    elif not other.is_active:
        yield first, f"{other.ref} {other.title} is retired; it counts no longer."
    else:
        theirs = reading.opened(other_register.fields, other.values)
        yield from link.fits(one, theirs)


def _target(link: Link, values: Values) -> str:
    """Return the digest of the key that an entry names, empty where it names none."""
    parts = [values.get(name) for name in link.fields]
    return "" if any(part is None for part in parts) else digest_of(parts)
