"""Deeds on breaks: give out, explain, propose how to close, approve or refuse; each leaves a leaf.

Rules:
- A break is closed by a run that does not find it any more, or by two people: who proposes how,
  with the cause, is not who approves it.
- A write-off needs an approver whose limit reaches, of one break and of the month.
- Whoever decides says which step they saw last; what moved since is looked at again.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger
from registers.errors import (
    ChangedMeanwhileError,
    ReconcilingError,
    ReconcilingNotAllowedError,
    SamePersonError,
)
from registers.models import Break, BreakEvent
from registers.reconciling import definitions, limits

MOST_AT_ONCE = 500
_TICKET = 200
_Kind = BreakEvent.Kind
_CLOSED = "is closed already. Look at its history."


def assign(
    breaks: Sequence[Break], *, to: User, by: User, seen: Mapping[int, int] | None = None
) -> int:
    """Give breaks to somebody who works on them, all or none; ReconcilingError for closed ones.

    `seen` has the step of each break, by its number, that the person saw: ChangedMeanwhileError
    where one moved on.
    """
    definitions.refuse_stranger(by, Capability.RUN_RECONCILIATIONS)
    if not can(to, Capability.RUN_RECONCILIATIONS):
        raise ReconcilingError(f"{to} may not work on breaks. Choose somebody who may.")
    if not 0 < len(breaks) <= MOST_AT_ONCE:
        raise ReconcilingError(f"Choose 1 to {MOST_AT_ONCE} breaks.")
    with transaction.atomic():
        ledger.lock()
        fresh = _again(breaks)
        steps = seen or {}
        for each in fresh:
            _refuse_closed(each)
            if steps.get(each.number) not in (None, 0, each.steps):
                raise ChangedMeanwhileError
            each.owner = to
        _tell(fresh, _Kind.ASSIGNED, by=by, owner=to)
        for each in fresh:
            each.save(update_fields=["owner", "steps"])
    return len(fresh)


def explain(broken: Break, *, cause: str, by: User, ticket: str = "", seen: int = 0) -> Break:
    """Say what a break comes from; it is investigated from then on, and stays open."""
    definitions.refuse_stranger(by, Capability.RUN_RECONCILIATIONS)
    said = definitions.read_text(cause, what="The cause")
    linked = _linked(ticket)
    with transaction.atomic():
        fresh = _fresh(broken, seen)
        if fresh.state == Break.State.PROPOSED:
            raise ReconcilingError("It waits for approval. Have it refused first.")
        fresh.cause, fresh.ticket = said, linked or fresh.ticket
        fresh.state = Break.State.INVESTIGATING
        fresh.owner = fresh.owner or by
        _tell([fresh], _Kind.EXPLAINED, by=by, text=said, owner=fresh.owner)
        fresh.save(update_fields=["cause", "ticket", "state", "owner", "steps"])
    return fresh


def propose(broken: Break, *, proposal: str, resolution: str, by: User, seen: int = 0) -> Break:
    """Propose how a break is closed; its cause must be known. Another person then approves."""
    definitions.refuse_stranger(by, Capability.RUN_RECONCILIATIONS)
    if proposal not in Break.Proposal.values:
        raise ReconcilingError("Choose whether it is resolved, accepted or written off.")
    said = definitions.read_text(resolution, what="How it is closed")
    with transaction.atomic():
        fresh = _fresh(broken, seen)
        if not fresh.cause:
            raise ReconcilingError("Say first what it comes from.")
        if proposal == Break.Proposal.WRITTEN_OFF and not fresh.size:
            raise ReconcilingError("There is no amount that could be written off.")
        fresh.proposal, fresh.resolution, fresh.proposed_by = proposal, said, by
        fresh.state = Break.State.PROPOSED
        fresh.owner = fresh.owner or by
        _tell([fresh], _Kind.PROPOSED, by=by, word=proposal, text=said, owner=fresh.owner)
        names = ["proposal", "resolution", "proposed_by", "state", "owner", "steps"]
        fresh.save(update_fields=names)
    return fresh


def approve(broken: Break, *, note: str, by: User, seen: int = 0) -> Break:
    """Close a break as proposed. Raises SamePersonError, LimitError, ReconcilingError."""
    definitions.refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
    said = definitions.read_text(note, what="What you looked at")
    today = definitions.today()
    with transaction.atomic():
        fresh = _fresh(broken, seen)
        _refuse_approver(fresh, by=by, day=today)
        fresh.state, fresh.is_open = Break.State(fresh.proposal), False
        fresh.closed_on = max(today, fresh.opened_on)
        _tell([fresh], _Kind.APPROVED, by=by, word=fresh.proposal, text=said, change=-1)
        fresh.save(update_fields=["state", "is_open", "closed_on", "steps"])
    return fresh


def refuse(broken: Break, *, note: str, by: User, seen: int = 0) -> Break:
    """Send a proposal back; the break goes on being investigated."""
    definitions.refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
    said = definitions.read_text(note, what="Why it is not approved")
    with transaction.atomic():
        fresh = _fresh(broken, seen)
        if fresh.state != Break.State.PROPOSED:
            raise ReconcilingError("Nothing is proposed that could be refused.")
        _tell([fresh], _Kind.REFUSED, by=by, word=fresh.proposal, text=said)
        fresh.state, fresh.proposal = Break.State.INVESTIGATING, ""
        fresh.save(update_fields=["state", "proposal", "steps"])
    return fresh


def obstacle(broken: Break, *, by: User) -> str:
    """Say why a person cannot approve what is proposed; empty where nothing stands against it."""
    try:
        definitions.refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
        _refuse_approver(broken, by=by, day=definitions.today())
    except (ReconcilingError, ReconcilingNotAllowedError) as error:
        return str(error)
    return ""


def event_body(events: Sequence[BreakEvent]) -> dict[str, object]:
    """Return what the leaf of a person's deed says of its events."""
    first = events[0]
    return {
        "breaks": [each.broken.ref for each in events],
        "kind": str(first.kind),
        "day": first.day.isoformat(),
        "word": str(first.word),
        "text_sha256": journal.digest(first.text),
        "amount": str(first.amount),
        "currency": first.currency,
        "change": first.change,
        "owner": actor(first.owner) if first.owner else "",
    }


def _refuse_approver(broken: Break, *, by: User, day: date) -> None:
    if broken.state != Break.State.PROPOSED:
        raise ReconcilingError("Nothing is proposed that could be approved.")
    if broken.proposed_by_id == by.pk:
        raise SamePersonError("You proposed this yourself. Another person must approve it.")
    if broken.proposal == Break.Proposal.WRITTEN_OFF:
        limits.refuse_too_much(broken, by=by, day=day)


def _fresh(broken: Break, seen: int) -> Break:
    """Return an open break as it stands under the log's lock."""
    ledger.lock()
    (fresh,) = _again([broken])
    if seen and fresh.steps != seen:
        raise ChangedMeanwhileError
    _refuse_closed(fresh)
    return fresh


def _again(breaks: Sequence[Break]) -> list[Break]:
    wanted = Break.objects.select_for_update().filter(pk__in=[each.pk for each in breaks])
    return list(wanted.order_by("number"))


def _refuse_closed(broken: Break) -> None:
    if not broken.is_open:
        raise ReconcilingError(f"{broken.ref} {_CLOSED}")


def _linked(ticket: str) -> str:
    text = ticket.strip()
    if not text:
        return ""
    if len(text) > _TICKET:
        raise ReconcilingError(f"The ticket has more than {_TICKET} letters.")
    return definitions.read_text(text, what="The ticket")


def _tell(
    breaks: Sequence[Break],
    kind: str,
    *,
    by: User,
    word: str = "",
    text: str = "",
    owner: User | None = None,
    change: int = 0,
) -> None:
    """Write the events of a deed with one leaf, and count its step."""
    now, today = timezone.now(), definitions.today()
    events = [
        BreakEvent(
            broken=each,
            kind=kind,
            # A break of a day that is not over by these clocks closes no earlier than it opened.
            day=max(today, each.opened_on),
            word=word,
            text=text,
            currency=each.currency,
            amount=each.amount,
            change=change,
            owner=owner,
            by=by,
            at=now,
        )
        for each in breaks
    ]
    leaf = ledger.append(
        f"break.{kind}",
        subject=breaks[0].ref if len(breaks) == 1 else "breaks",
        body=event_body(events),
        actor=actor(by),
    )
    for each in events:
        each.ledger_entry = leaf
        each.broken.steps += 1
    BreakEvent.objects.bulk_create(events)
