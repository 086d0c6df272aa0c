"""Expectations whose role nobody holds, and items without an owner."""

from collections import Counter
from collections.abc import Iterator

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, RowKind, decide, not_judged
from readiness.facts import Facts


def judge(_entry: Entry, facts: Facts) -> Judgement:
    if not facts.standings:
        return not_judged("no catalogue is loaded, so nothing has an owner yet")
    return decide(
        list(_ownerless(facts)),
        found="Not everything has somebody who answers for it.",
        clear="Each role that owns something is held, and each item in force has an owner.",
    )


def _ownerless(facts: Facts) -> Iterator[Row]:
    wanted = Counter(standing.owner_role for standing in facts.standings.values())
    for role, count in sorted(wanted.items()):
        if role not in facts.roles_held:
            name = role.replace("_", " ").capitalize()
            yield Row(RowKind.ROLE, role, name, f"owns {count} expectations and nobody holds it")
    for item in facts.items:
        if not item.owner:
            yield Row(RowKind.EVIDENCE, str(item.key), f"{item.ref} {item.title}", "has no owner")
