"""Deeds about the key of the log: one person proposes, another one decides, the keys sign it.

Rules:
- Two pairs of eyes: whoever proposed does not confirm. A command on the machine counts as one pair,
  because who works there can take the files of keys anyway. It counts as both only where fewer than
  two people may manage the log; the entries of the log say so, as they name `system` twice.
- A proposal to revoke the key that signs stops the signing at once; a decision ends the pause.
- The event is recorded under the log's lock, over its size. The files follow once the transaction
  is committed; where the process died between the two, `settle` does the rest before the next
  signing.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.journal import digest
from accounts.models import User
from evidence import checkpoint, key_events, key_history, keys, ledger, settling, signing
from evidence.errors import KeyDeedError, SealError, SigningRefusedError
from evidence.key_events import KeyEvent, Ring, Span
from evidence.key_models import KeyDecision, KeyProposal
from evidence.models import LedgerEntry

SHORTEST_REASON = 10
LONGEST_OVERLAP = 90


def propose_rotation(
    *, by: User | None, reason: str, overlap_days: int = 0, keeps_old: bool = False
) -> KeyProposal:
    """Propose a new key for the log; `by` is None for whoever works on the machine itself.

    Where the key of now is revoked, the new one takes its place, and trust does not pass over.
    """
    _require_right(by, reason)
    if not 0 <= overlap_days <= LONGEST_OVERLAP:
        raise KeyDeedError(f"An overlap has between 0 and {LONGEST_OVERLAP} days.")
    with transaction.atomic():
        ledger.lock()
        current = _ring().current
        if overlap_days and not current.is_valid:
            raise KeyDeedError("A revoked key signs nothing more, so it has no overlap.")
        proposal = KeyProposal(
            deed=KeyProposal.Deed.ROTATE,
            vkey=current.vkey,
            overlap_days=overlap_days,
            keeps_old=keeps_old,
        )
        return _record(proposal, by=by, reason=reason)


def propose_revocation(
    *, by: User | None, reason: str, compromised_at: datetime, vkey: str = ""
) -> KeyProposal:
    """Propose that a key of the log counts no more; without `vkey` the one that signs now."""
    _require_right(by, reason)
    if compromised_at > timezone.now():
        raise KeyDeedError("The moment at which the key got into other hands lies in the future.")
    with transaction.atomic():
        ledger.lock()
        ring = _ring()
        span = _span(ring, vkey or ring.current.vkey)
        if span.revoked_at is not None:
            raise KeyDeedError("This key is revoked already.")
        proposal = KeyProposal(
            deed=KeyProposal.Deed.REVOKE, vkey=span.vkey, compromised_at=compromised_at
        )
        return _record(proposal, by=by, reason=reason)


def confirm(proposal: KeyProposal, *, by: User | None, reason: str) -> KeyDecision:
    """Do what was proposed; whoever proposed it cannot."""
    _require_right(by, reason)
    with transaction.atomic():
        head = ledger.lock()
        _require_open(proposal)
        _require_second(proposal, by)
        ring = _ring()
        event = _event(proposal, ring, size=head.size, reason=reason)
        try:
            key_events.ring(ring.spans[0].vkey, [*_known(), (head.size, event)])
        except key_events.KeyEventError as error:
            raise KeyDeedError(f"This does not fit what the key went through: {error}") from error
        decision = _decide(
            KeyDecision(
                proposal=proposal,
                outcome=KeyDecision.Outcome.CONFIRMED,
                event=ledger.canonical(event.body).decode(),
            ),
            f"key.{event.event}",
            by=by,
            reason=reason,
        )
        transaction.on_commit(settling.settle)
        transaction.on_commit(_sign)
    return decision


def decline(proposal: KeyProposal, *, by: User | None, reason: str) -> KeyDecision:
    """Let a proposal be; whoever proposed it may do so too."""
    _require_right(by, reason)
    with transaction.atomic():
        ledger.lock()
        _require_open(proposal)
        decision = KeyDecision(proposal=proposal, outcome=KeyDecision.Outcome.DECLINED)
        decision = _decide(decision, "key.declined", by=by, reason=reason)
        transaction.on_commit(_sign)
    return decision


def open_proposals() -> "Sequence[KeyProposal]":
    """Return what waits for a decision."""
    return list(KeyProposal.objects.filter(decision=None).select_related("by"))


def end_overlap(now: datetime) -> None:
    """Destroy an old key that signed beside the new one until now, unless it is to be kept."""
    for event in [one.event for one in key_history.read()]:
        is_over = event.overlap_until and datetime.fromisoformat(event.overlap_until) <= now
        if is_over and not event.keeps_old:
            keys.forget_retired(event.old)


def may_decide(proposal: KeyProposal, by: User | None) -> bool:
    """Say whether this person, or the machine, may confirm a proposal."""
    if proposal.by_id != (by.pk if by else None):
        return True
    return by is None and _managers() < 2


def _require_right(by: User | None, reason: str) -> None:
    if by and not can(by, Capability.MANAGE_LOG):
        raise KeyDeedError("Only an administrator may decide about the key of the log.")
    if len(reason.strip()) < SHORTEST_REASON:
        raise KeyDeedError("Say why: what happened to the key, or which rule asks for a new one.")


def _require_open(proposal: KeyProposal) -> None:
    if KeyDecision.objects.filter(proposal=proposal).exists():
        raise KeyDeedError("This was decided already.")


def _require_second(proposal: KeyProposal, by: User | None) -> None:
    if may_decide(proposal, by):
        return
    if by is None:
        raise KeyDeedError(
            "It was proposed on the machine, so a person confirms it: page Log and anchors."
        )
    raise KeyDeedError(
        "You proposed this, so another administrator confirms it. Where there is none, whoever"
        f" works on the machine does: manage.py confirm_key --proposal {proposal.pk} --reason ..."
    )


def _managers() -> int:
    people = User.objects.filter(is_active=True).prefetch_related("roles")
    return sum(Capability.MANAGE_LOG in one.held for one in people.iterator(500))


def _ring() -> Ring:
    settling.settle()
    try:
        return keys.ring()
    except SealError as error:
        raise KeyDeedError(str(error)) from error


def _span(ring: Ring, vkey: str) -> Span:
    found = next((one for one in ring.spans if one.vkey == vkey), None)
    if found is None:
        raise KeyDeedError("The log never had this key.")
    return found


def _known() -> list[tuple[int, KeyEvent]]:
    return [(one.index, one.event) for one in key_history.read()]


def _record(proposal: KeyProposal, *, by: User | None, reason: str) -> KeyProposal:
    if KeyProposal.objects.filter(decision=None).exists():
        raise KeyDeedError("Something else about the key waits for a decision. Decide that first.")
    proposal.by, proposal.reason, proposal.proposed_at = by, reason.strip(), timezone.now()
    proposal.ledger_entry = ledger.append(
        "key.proposed", subject="log", body=proposed(proposal), actor=_actor(by)
    )
    proposal.save(force_insert=True)
    if reason_not_to_sign := signing.key_refusal():
        transaction.on_commit(partial(signing.remember_refusal, reason_not_to_sign))
    return proposal


def proposed(proposal: KeyProposal) -> dict[str, object]:
    """What the entry of a proposal says."""
    at = proposal.compromised_at
    return {
        "deed": proposal.deed,
        "vkey": proposal.vkey,
        "overlap_days": proposal.overlap_days,
        "keeps_old": proposal.keeps_old,
        "compromised_at": ledger.stamp(at) if at else "",
        "reason_sha256": digest(proposal.reason),
    }


def _event(proposal: KeyProposal, ring: Ring, *, size: int, reason: str) -> KeyEvent:
    """Return what was proposed as an event, signed by every key that must."""
    now = timezone.now()
    is_revocation = proposal.deed == KeyProposal.Deed.REVOKE
    current = ring.current
    if not is_revocation and proposal.vkey != current.vkey:
        raise KeyDeedError("Another key was put in place since. Decline this and propose anew.")
    new = "" if is_revocation else keys.next_verifier().vkey
    until = now + timedelta(days=proposal.overlap_days)
    at = proposal.compromised_at
    placed = key_events.ROTATED if current.is_valid else key_events.REPLACED
    event = KeyEvent(
        event=key_events.REVOKED if is_revocation else placed,
        origin=keys.log_origin(),
        log_size=size,
        moment=ledger.stamp(now),
        old=proposal.vkey,
        new=new,
        reason_sha256=digest(proposal.reason),
        confirmation_sha256=digest(reason.strip()),
        proposal=proposal.ledger_entry_id,
        overlap_until=ledger.stamp(until) if proposal.overlap_days else "",
        compromised_at=ledger.stamp(at) if at else "",
        keeps_old=proposal.keeps_old,
    )
    signers = [keys.signing_key()] if current.is_valid else []
    return event.signed_by(*signers, *([] if is_revocation else [keys.next_signing_key()]))


def decided(decision: KeyDecision) -> dict[str, Any]:
    """What the entry of a decision says."""
    if decision.event:
        event: dict[str, Any] = json.loads(decision.event)
        # The reason of the row is bound by its digest, which the keys have signed.
        return {**event, "confirmation_sha256": digest(decision.reason)}
    return {
        "proposal": decision.proposal.ledger_entry_id,
        "confirmation_sha256": digest(decision.reason),
    }


def _decide(decision: KeyDecision, kind: str, *, by: User | None, reason: str) -> KeyDecision:
    decision.by, decision.reason, decision.decided_at = by, reason.strip(), timezone.now()
    body = decided(decision)
    decision.ledger_entry = ledger.append(kind, subject="log", body=body, actor=_actor(by))
    decision.save(force_insert=True)
    return decision


def _actor(by: User | None) -> str:
    return actor(by) if by else "system"


def _sign() -> None:
    """Sign at once as things are now; where that is refused, the overview says why."""
    with suppress(SigningRefusedError):
        checkpoint.sign()


def entries() -> list[LedgerEntry]:
    """Return the entries that tell what happened to the key, in the order of the log."""
    places = [one.index for one in key_history.read()]
    return list(LedgerEntry.objects.filter(index__in=places).order_by("index"))
