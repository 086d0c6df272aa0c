"""One reconciliation from files to outcome: accept, match, explain, prove, digest."""

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785

from controls import late_duckdb as duckdb
from evidence.reconcile import (
    census,
    findings,
    identities,
    lead,
    opening,
    passes,
    plain,
    recalculation,
    residue,
    tables,
)
from evidence.reconcile.acceptance import Accepted, accept
from evidence.reconcile.bulk import Bulk
from evidence.reconcile.census import Census
from evidence.reconcile.engine import DuckDB, Engine, Receiver, column_types, duckdb_engine
from evidence.reconcile.errors import InputError, ReconcileError
from evidence.reconcile.identities import Seat
from evidence.reconcile.opening import Open
from evidence.reconcile.outcome import Identity, Outcome, State
from evidence.reconcile.progress import Steps, Tell, quiet
from evidence.reconcile.rules import Comparison, Fees, RuleSet
from evidence.reconcile.tables import Place

DIGEST_VERSION = 3
"""Which definition the digest of an outcome follows; decision 0037 has it."""


Elsewhere = Callable[[Path], AbstractContextManager[Receiver]]
"""Opens another engine, which may put files of its own into a folder."""


@dataclass(frozen=True)
class Terms:
    """What a run is asked beside rules and files.

    `as_of` is the day whose end the run looks from; without it, the latest day of the inputs.
    `opening` are the breaks that were open before; `seen` are digests of files that came before.
    `leading_in` names files that are read for the other halves of pairs alone.
    `memory` and `threads` are DuckDB's; `elsewhere` opens the engine that does what follows on P0.
    `tell` hears how far the run is, in hundredths.
    """

    as_of: date | None = None
    opening: Mapping[str, Open] | None = None
    seen: Collection[str] = ()
    leading_in: Collection[str] = ()
    memory: str = "850MB"
    threads: int = 2
    elsewhere: Elsewhere | None = None
    tell: Tell = quiet


def reconcile(
    rules: RuleSet,
    given: Mapping[str, Sequence[Path]],
    *,
    scratch: Path,
    terms: Terms | None = None,
) -> Outcome:
    """Reconcile the files of all legs by a rule set and return all that was found.

    Raises InputError where files and rules do not fit, ReconcileError where the engine gave up.
    """
    terms = terms or Terms()
    _refuse_strangers(rules, given)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        place = Path(folder)
        try:
            with duckdb_engine(place, memory=terms.memory, threads=terms.threads) as engine:
                steps = Steps(terms.tell, len(rules.parts) + 2)
                accepted = _accepted(engine, rules, given, (place, terms, steps))
                if terms.elsewhere:
                    with terms.elsewhere(place) as other:
                        other.receive(engine, place)
                        return judge(other, rules, accepted, terms, steps)
                engine.close_doors()
                return judge(engine, rules, accepted, terms, steps)
        except duckdb.Error as error:
            first = str(error).strip().partition("\n")[0]
            raise ReconcileError(f"The database gave up: {first[:500]}") from error


def _accepted(
    engine: DuckDB,
    rules: RuleSet,
    given: Mapping[str, Sequence[Path]],
    how: tuple[Path, Terms, Steps],
) -> Accepted:
    """Put the rows of all files that are whole into the table `item`."""
    place, terms, steps = how
    engine.make("loaded", column_types())
    accepted = accept(
        rules,
        given,
        place,
        as_of=terms.as_of,
        seen=terms.seen,
        bulk=Bulk(engine, "loaded", rules, terms.as_of).take,
        tell=steps.read,
    )
    for facts in accepted.files:
        facts.leads_in = facts.name in terms.leading_in
    engine.load("loaded", accepted.tables)
    engine.number("loaded", "item")
    return accepted


def _refuse_strangers(rules: RuleSet, given: Mapping[str, Sequence[Path]]) -> None:
    strangers = sorted({*given} - {*rules.legs})
    if strangers:
        raise InputError(f"The rules have no leg {strangers[0]}; known: {', '.join(rules.legs)}.")


def judge(
    engine: Engine, rules: RuleSet, accepted: Accepted, terms: Terms, steps: Steps
) -> Outcome:
    """Run all passes over the table `loaded` of an engine, and prove the result."""
    tables.create(engine)
    counted = census.take(engine, rules)
    as_of = terms.as_of or counted.latest_day()
    seats: list[Seat] = []
    for comparison in rules.comparisons:
        steps.begin(f"Matching {comparison.name}")
        seats += compare(engine, rules, comparison, counted, as_of)
    seats += _recalculate(engine, rules, counted, steps)
    steps.begin("Proving the identities")
    lead.leave_out(engine, [facts.number for facts in accepted.files if facts.leads_in])
    tables.gather(engine)
    summed = identities.totals(engine, counted, seats)
    proved = identities.prove(engine, rules, accepted, seats, (counted, summed))
    names = {facts.number: facts.name for facts in accepted.files}
    breaks = findings.breaks(engine, as_of, names)
    count = findings.count_breaks(engine)
    if terms.opening is not None:
        proved += opening.roll_forward(terms.opening, breaks)
    steps.begin("Digesting the outcome")
    digest = _digest(engine, rules, accepted, (proved, counted), as_of)
    return Outcome(
        state=_state(proved, bool(count or accepted.breaks)),
        digest=digest,
        rules=rules.name,
        rules_version=rules.version,
        rules_digest=rules.digest,
        as_of=as_of,
        files=accepted.files,
        file_breaks=accepted.breaks,
        totals=summed,
        identities=proved,
        breaks=breaks,
        tolerated=findings.tolerated(engine),
        candidates=findings.candidates(engine),
        break_count=count,
    )


def compare(
    engine: Engine, rules: RuleSet, comparison: Comparison, counted: Census, as_of: date
) -> list[Seat]:
    """Give every item of both sides of a comparison its class."""
    left = Place(comparison.name, "left", comparison.left.leg)
    right = Place(comparison.name, "right", comparison.right.leg)
    seats = [(left, comparison.left), (right, comparison.right)]
    for place, side in seats:
        _open(engine, rules, (place, side), counted, comparison.grace_days)
    first = comparison.passes[0]
    if first.id in {"P1", "P2"}:
        sides = [(place, side, rules.legs[place.leg]) for place, side in seats]
        plain.set_aside(engine, first, sides[0], sides[1])
    for place, _ in seats:
        passes.set_duplicates_apart(engine, place, rules.legs[place.leg])
    are_open = passes.match(engine, comparison, left, right)
    if are_open:
        residue.explain(engine, comparison, left, right, as_of)
    for place, other in ((left, right), (right, left)):
        legs = rules.legs[place.leg], rules.legs[other.leg]
        residue.settle(engine, place, legs, (place.leg, other.leg), as_of)
    if are_open:
        passes.find_candidates(engine, comparison, left, right)
    return seats


def _open(engine: Engine, rules: RuleSet, seat: Seat, counted: Census, grace: int) -> None:
    place, side = seat
    tables.fill_due(engine, rules, seat, counted.days(side), grace)
    tables.open_side(engine, place, side)
    if counted.has_faults(place.leg):
        tables.quarantine(engine, place)


def _recalculate(engine: Engine, rules: RuleSet, counted: Census, steps: Steps) -> list[Seat]:
    seats: list[Seat] = []
    for rule in (part for part in rules.parts if not isinstance(part, Comparison)):
        steps.begin(f"Recomputing {rule.name}")
        place = Place(rule.name, "left", rule.of.leg)
        _open(engine, rules, (place, rule.of), counted, 0)
        seats.append((place, rule.of))
        if isinstance(rule, Fees):
            recalculation.recalculate_fees(engine, rule, place)
        else:
            recalculation.recalculate_conversions(engine, rule, place)
    return seats


def _state(proved: Sequence[Identity], has_breaks: bool) -> State:
    if not all(identity.holds for identity in proved):
        return State.FAILED
    return State.BREAKS if has_breaks else State.CLEAN


def _digest(
    engine: Engine,
    rules: RuleSet,
    accepted: Accepted,
    proof: tuple[Sequence[Identity], Census],
    as_of: date,
) -> str:
    """Return the digest of the output; names, lines and order of the files are no part of it."""
    proved, counted = proof
    digest = sha256()
    facts: dict[str, Any] = {
        "digest": DIGEST_VERSION,
        "rules": rules.digest,
        "as_of": as_of.isoformat(),
        # What was refused is told by its reason alone: its line moves with the order of rows.
        "files": sorted(
            [found.leg, found.reason, found.subject if found.reason == "file_missing" else ""]
            for found in accepted.breaks
        ),
        # Open breaks of before are no part of what an auditor re-performs on the same files.
        "identities": sorted(
            [i.name, i.subject if i.name != "files" else "", i.currency]
            + [str(number) for number in (*i.left, *i.right)]
            for i in proved
            if i.name != "roll_forward"
        ),
    }
    digest.update(rfc8785.dumps(facts))
    for line in findings.digest_lines(engine, counted):
        digest.update(f"\n{line}".encode())
    return digest.hexdigest()
