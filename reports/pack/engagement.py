"""What a pack says of its engagement: dates, scope and what management wrote, bound by the log.

A fact that is not what its leaf bound is refused, not packed. Packs that were frozen before these
facts were kept say only what they knew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, NamedTuple

from accounts.journal import digest
from audits.completeness import Section
from audits.engagement_facts import EngagementFacts
from audits.models import SubserviceOrganisation
from audits.selection import About, Selection
from reports.errors import ContradictionError
from reports.pack.contents import leaves_of, proof_path
from reports.pack.spool import Spool
from reports.pack.workbook import Cell

_METHODS = dict(SubserviceOrganisation.Method.choices)


class Bound(NamedTuple):
    """What the leaf of a fact must be: its index, its kind, and what its body says."""

    leaf: int
    kind: str
    body: dict[str, Any]


def described(selection: Selection) -> dict[str, Any]:
    """Return the engagement as the manifest says it."""
    about, facts = selection.about, selection.facts
    said: dict[str, Any] = {
        "ref": about.ref,
        "title": about.title,
        "framework": about.framework,
        "categories": [{"name": one.name, "reason": one.reason} for one in about.categories],
        "window_from": about.window_from,
        "window_to": about.window_to,
    }
    if facts is None:
        return said
    grounds = {one.name: one.ground for one in about.categories}
    for category in said["categories"]:
        category["ground"] = grounds[category["name"]]
    return said | {
        "type": facts.type,
        "firm": about.firm,
        "fieldwork_from": facts.fieldwork_from or None,
        "fieldwork_to": facts.fieldwork_to or None,
        "freeze_on": facts.freeze_on or None,
        "rolled_forward_from": facts.previous or None,
        "opened": _leaf(facts.opened),
        "chosen": None if facts.chosen == facts.opened else _leaf(facts.chosen),
        "parts": [asdict(one) for one in facts.parts],
        "changes": [_bound(one) for one in facts.changes],
        "subservice_organisations": [asdict(one) for one in facts.organisations],
        "user_entity_controls": [_bound(one) for one in facts.customer_controls],
        "description": [_bound(one) for one in facts.description],
        "assertion": _bound(facts.assertion) if facts.assertion else None,
        "signature": _bound(facts.signature) if facts.signature else None,
    }


def leaves(selection: Selection) -> list[int]:
    """Return the leaves that bind what is said of the engagement."""
    return sorted(selection.facts.leaves()) if selection.facts else []


def lay(spool: Spool, selection: Selection) -> None:
    """Lay down these leaves; ContradictionError."""
    found = leaves_of(leaves(selection))
    ref = selection.about.ref
    for one in _entries(selection):
        leaf = found[one.leaf]
        bound = {name: leaf.body.get(name, value) for name, value in one.body.items()}
        if (leaf.said["subject"], leaf.kind) != (ref, one.kind) or bound != one.body:
            raise ContradictionError(
                f"What the database says of {ref} is not what entry {one.leaf} of the log binds."
            )
    for leaf in found.values():
        spool.add(leaf.path, leaf.text.encode())


def about_rows(selection: Selection) -> Iterator[tuple[str, Cell]]:
    """Yield names and values for the first sheet of the index."""
    facts, people = selection.facts, selection.people
    if facts is None:
        return
    for name, day in _dates(facts):
        yield name, date.fromisoformat(day) if day else "not set"
    yield "Rolled forward from", facts.previous or "none"
    for part in facts.parts:
        yield f"Part of the window: {part.title}", f"{part.start} to {part.end}"
    for change in facts.changes:
        before, after = (" to ".join(filter(None, days)) for days in (change.before, change.after))
        moved = f"from {before or 'nothing'} to {after or 'nothing'}"
        yield f"Moved: {change.what}, on {change.at[:10]}", f"{moved}: {change.reason}"
    for one in facts.organisations:
        says = [f"{_METHODS[one.method]}. {one.services}", *one.complementary_controls]
        yield f"Subservice organisation: {one.name}", "\n".join([*says, one.monitoring])
    for control in facts.customer_controls:
        yield f"{control.ref} under {control.criterion}", control.text
    for section in facts.description:
        heading = Section(section.section).heading
        state = "carried over, not looked over" if section.is_carried else "written"
        by = f"{state} on {section.at[:10]} by {_name(section.by, people)}"
        text = f"Text {section.number}, {by}; SHA-256 {section.text_sha256}"
        yield f"Description {section.section}: {heading}", text
    yield "Management's assertion", _asserted(facts, people)


def _dates(facts: EngagementFacts) -> Iterator[tuple[str, str]]:
    yield "Fieldwork from", facts.fieldwork_from
    yield "Fieldwork to", facts.fieldwork_to
    yield "Scope may change until", facts.freeze_on


def _asserted(facts: EngagementFacts, people: dict[str, str]) -> str:
    if facts.assertion is None:
        return "not written"
    latest, signed = facts.assertion, facts.signature
    if signed is None:
        return f"Version {latest.number}, not signed"
    at = datetime.fromisoformat(signed.at).strftime("%Y-%m-%d %H:%M UTC")
    words = (
        f"Version {signed.number}, signed by {_name(signed.by, people)}, {signed.position}, {at}"
    )
    if signed.number != latest.number:
        words += f"; version {latest.number} was written since and is not signed"
    return words


def _name(actor: str, people: dict[str, str]) -> str:
    return f"{people[actor]} ({actor})" if actor in people else actor


def _leaf(index: int) -> dict[str, Any] | None:
    if index < 0:
        return None
    return {"index": index, "path": f"leaves/{index}.json", "proof": proof_path(index)}


def _bound(fact: Any) -> dict[str, Any]:
    said = asdict(fact)
    return said | {"leaf": _leaf(said["leaf"])}


def _entries(selection: Selection) -> Iterator[Bound]:
    """Yield what binds each fact; `verify.py` asks the same of the manifest."""
    facts = selection.facts
    if facts is None:
        return
    categories = {"categories": _reasons(selection.about)}
    if facts.opened >= 0:
        yield Bound(facts.opened, "engagement.opened", _opening(selection.about, facts))
    if facts.chosen >= 0:
        kind = "engagement." + ("opened" if facts.chosen == facts.opened else "categories")
        yield Bound(facts.chosen, kind, categories)
    for change in facts.changes:
        moved: dict[str, Any] = {"before": list(change.before), "after": list(change.after)}
        moved["reason_sha256"] = digest(change.reason)
        yield Bound(change.leaf, f"engagement.{change.what}_changed", moved)
    for one in facts.customer_controls:
        named = {"cuec": one.ref, "criterion": one.criterion, "number": one.number}
        yield Bound(one.leaf, "cuec.worded", named | {"text_sha256": digest(one.text)})
    for text in facts.description:
        named = {"section": text.section, "number": text.number, "carried": text.is_carried}
        body = named | {"text_sha256": text.text_sha256}
        yield Bound(text.leaf, "description.written", body)
    yield from _assertion(facts)


def _opening(about: About, facts: EngagementFacts) -> dict[str, Any]:
    """Return what the first entry says, as far as no later one says otherwise."""
    moved = {change.what for change in facts.changes}
    body: dict[str, Any] = {"type": facts.type}
    if "freeze" not in moved:
        body["freeze_on"] = facts.freeze_on
    if "window" not in moved:
        body |= {"window_from": about.window_from, "window_to": about.window_to}
    return body


def _assertion(facts: EngagementFacts) -> Iterator[Bound]:
    if latest := facts.assertion:
        body: dict[str, Any] = {"number": latest.number, "text_sha256": latest.text_sha256}
        yield Bound(latest.leaf, "assertion.written", body)
    if signed := facts.signature:
        body = {"number": signed.number, "text_sha256": signed.text_sha256}
        body |= {"position_sha256": digest(signed.position)}
        yield Bound(signed.leaf, "assertion.signed", body)


def _reasons(about: About) -> Sequence[dict[str, str]]:
    return [
        {"category": one.name, "reason_sha256": digest(one.reason), "ground": one.ground}
        for one in about.categories
    ]
