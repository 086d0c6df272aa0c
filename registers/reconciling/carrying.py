"""Carries breaks from run to run: the same difference stays the same break until it is gone.

Rules:
- The engine gives a difference the same key in every run; what was open stays open under it.
- What a run does not find any more is cleared, if the run read the files that it stands in. Else it
  stays open: what lies beyond the window is not gone.
- Files before the window are read for the other halves of pairs; what stands alone there is not
  told.
- What a person closed stays closed while it is found; what a run cleared and the next one finds is
  opened again.
- The amount at issue is the difference of both sides in one currency, else the whole of one side.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from django.db.models import Max
from django.utils import timezone

from evidence import ledger
from evidence.models import LedgerEntry
from evidence.reconcile.acceptance import FileBreak
from evidence.reconcile.outcome import Break as FoundBreak
from evidence.reconcile.outcome import Outcome
from registers.campaigns.choosing import batches
from registers.models import Break, BreakEvent, InputFile, Reconciliation, ReconciliationRun

LARGEST = 2**63 - 1
BATCH = 500
_LABEL = 200


@dataclass(frozen=True)
class Found:
    """One difference of a run as the queue keeps it."""

    key: str
    reason: str
    comparison: str
    facts: Mapping[str, Any]
    label: str
    currency: str
    amount: int
    due_on: date | None
    read_from: date


@dataclass
class Plan:
    """What a run does to the queue; nothing has been written."""

    day: date
    new: list[Found] = field(default_factory=list)
    changed: list[tuple[Break, Found]] = field(default_factory=list)
    cleared: list[Break] = field(default_factory=list)
    reopened: list[tuple[Break, Found]] = field(default_factory=list)
    seen: list[Break] = field(default_factory=list)


def found_of(outcome: Outcome, files: Sequence[InputFile], day: date) -> list[Found]:
    """Return the differences of an outcome; those about files have no amount."""
    days: dict[str, date] = {}
    for file in files:
        days[file.filename] = min(day, file.day, days.get(file.filename, day))
    told = [_of_items(each, days, day) for each in outcome.breaks]
    return [*told, *(_of_file(each, day) for each in outcome.file_breaks)]


def plan(
    reconciliation: Reconciliation, found: Sequence[Found], *, day: date, window_start: date
) -> Plan:
    """Say what would become of the queue."""
    made = Plan(day)
    known = _known(reconciliation, [each.key for each in found])
    for each in found:
        before = known.pop(each.key, None)
        if before is None:
            made.new.append(each)
        elif before.state == Break.State.CLEARED:
            made.reopened.append((before, each))
        elif before.is_open and (before.reason, before.due_on) != (each.reason, each.due_on):
            made.changed.append((before, each))
        else:
            made.seen.append(before)
    gone = (each for each in known.values() if each.is_open)
    made.cleared = [each for each in gone if each.read_from >= window_start]
    return made


def apply(made: Plan, run: ReconciliationRun, leaf: LedgerEntry) -> None:
    """Write a plan inside the transaction of its run, whose leaf tells all of it."""
    new = _write_new(made, run)
    reopened = [_again(each, found, run, made.day) for each, found in made.reopened]
    changed = [_changed(each, found, run) for each, found in made.changed]
    cleared = [_cleared(each, run, made.day) for each in made.cleared]
    names = ["reason", "due_on", "aged_from", "facts", "seen_by", "state", "is_open", "closed_on"]
    Break.objects.bulk_update([*reopened, *changed, *cleared], [*names, "steps"], batch_size=BATCH)
    for some in batches([each.pk for each in made.seen]):
        Break.objects.filter(pk__in=some).update(seen_by=run)
    kinds = BreakEvent.Kind
    rows = [
        *((each, kinds.FOUND, each.reason, 1) for each in new),
        *((each, kinds.REOPENED, each.reason, 1) for each in reopened),
        *((each, kinds.CHANGED, each.reason, 0) for each in changed),
        *((each, kinds.CLEARED, Break.State.CLEARED.value, -1) for each in cleared),
    ]
    now = timezone.now()
    BreakEvent.objects.bulk_create(
        (
            BreakEvent(
                broken=each,
                kind=kind,
                day=made.day,
                word=word,
                currency=each.currency,
                amount=each.amount,
                change=change,
                by=run.by,
                at=now,
                ledger_entry=leaf,
            )
            for each, kind, word, change in rows
        ),
        batch_size=BATCH,
    )


def told(made: Plan) -> dict[str, object]:
    """Return what the leaf of a run says of the queue."""
    lines = [
        *(_line("found", each.key, each.reason, each.currency, each.amount) for each in made.new),
        *(_line("reopened", b.key, f.reason, b.currency, b.amount) for b, f in made.reopened),
        *(_line("changed", b.key, f.reason, b.currency, b.amount) for b, f in made.changed),
        *(_line("cleared", b.key, "cleared", b.currency, b.amount) for b in made.cleared),
    ]
    return {"events": len(lines), "events_sha256": _digest(lines)}


def told_again(events: Iterable[BreakEvent]) -> dict[str, object]:
    """Return the same out of the rows that the leaf is about."""
    lines = [
        _line(each.kind, each.broken.key, each.word, each.currency, each.amount) for each in events
    ]
    return {"events": len(lines), "events_sha256": _digest(lines)}


def _line(kind: str, key: str, word: str, currency: str, amount: int) -> list[str]:
    return [kind, key, word, currency, str(amount)]


def _digest(lines: Iterable[list[str]]) -> str:
    said = sha256()
    for line in sorted(lines):
        said.update(ledger.canonical(line) + b"\n")
    return said.hexdigest()


def _of_items(each: FoundBreak, days: Mapping[str, date], day: date) -> Found:
    left, right = each.left, each.right
    side = left if left.count else right
    amount = side.amount
    if left.count and right.count and left.currency == right.currency:
        amount = left.amount - right.amount or left.amount
    names = [part.at.rpartition(":")[0] for part in (left, right) if part.at]
    return Found(
        key=each.id,
        reason=each.reason,
        comparison=each.comparison,
        facts={
            "left": asdict(left),
            "right": asdict(right),
            "pass": each.pass_name,
            "key": each.key,
        },
        label=(side.ids or each.key or each.id)[:_LABEL],
        currency=side.currency,
        amount=amount,
        due_on=each.due_on,
        read_from=min((days.get(name, day) for name in names), default=day),
    )


def _of_file(each: FileBreak, day: date) -> Found:
    key = sha256(f"file {each.leg} {each.reason} {each.subject}".encode()).hexdigest()[:20]
    facts = {"leg": each.leg, "subject": each.subject, "detail": each.detail, "line": each.line}
    label = f"{each.leg} {each.subject}"[:_LABEL]
    return Found(key, each.reason, each.leg, facts, label, "", 0, None, day)


def _known(reconciliation: Reconciliation, keys: Sequence[str]) -> dict[str, Break]:
    mine = Break.objects.filter(reconciliation=reconciliation)
    found = {each.key: each for each in mine.filter(is_open=True)}
    closed = [key for key in keys if key not in found]
    for start in range(0, len(closed), BATCH):
        some = closed[start : start + BATCH]
        found |= {each.key: each for each in mine.filter(key__in=some)}
    return found


def _write_new(made: Plan, run: ReconciliationRun) -> list[Break]:
    last = Break.objects.aggregate(last=Max("number"))["last"] or 0
    rows = [_new(each, last + place, run) for place, each in enumerate(made.new, 1)]
    return Break.objects.bulk_create(rows, batch_size=BATCH)


def _new(each: Found, number: int, run: ReconciliationRun) -> Break:
    return Break(
        reconciliation=run.reconciliation,
        number=number,
        key=each.key,
        reason=each.reason,
        comparison=each.comparison,
        facts=dict(each.facts),
        label=each.label,
        currency=each.currency,
        amount=each.amount,
        size=abs(each.amount),
        due_on=each.due_on,
        opened_on=run.day,
        aged_from=each.due_on or run.day,
        read_from=each.read_from,
        found_by=run,
        seen_by=run,
    )


def _changed(each: Break, found: Found, run: ReconciliationRun) -> Break:
    each.reason, each.due_on, each.facts = found.reason, found.due_on, dict(found.facts)
    each.aged_from = found.due_on or each.opened_on
    each.seen_by, each.steps = run, each.steps + 1
    return each


def _again(each: Break, found: Found, run: ReconciliationRun, day: date) -> Break:
    _changed(each, found, run)
    each.state, each.is_open, each.closed_on = Break.State.OPEN, True, None
    each.aged_from = found.due_on or day
    return each


def _cleared(each: Break, run: ReconciliationRun, day: date) -> Break:
    each.state, each.is_open, each.closed_on = Break.State.CLEARED, False, day
    each.seen_by, each.steps = run, each.steps + 1
    return each


def opened(reconciliation: Reconciliation) -> Iterator[Break]:
    """Yield the open breaks of a reconciliation, the oldest first."""
    found = Break.objects.filter(reconciliation=reconciliation, is_open=True)
    yield from found.order_by("aged_from", "number").select_related("owner").iterator(BATCH)
