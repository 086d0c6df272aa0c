"""Lets the files of the log's key follow what was decided in the database, once and whole.

The database is not trusted here: an event that its keys have not signed changes no file.
"""

import json
from collections.abc import Sequence
from functools import partial

from django.db import transaction

from evidence import key_events, key_files, key_history, keys, ledger
from evidence.errors import SealError
from evidence.key_events import KeyEvent, KeyEventError
from evidence.key_history import Recorded
from evidence.key_models import KeyDecision
from evidence.log_models import LogRestart
from evidence.models import LedgerEntry


def settle() -> None:
    """Do what a decision has left to do; nothing where the files say what the database says.

    Raises SealError where an event in the database does not hold.
    """
    known = key_history.read()
    decided = KeyDecision.objects.exclude(event="").order_by("-pk").first()
    if decided is None and not known:
        return
    with key_files.locked():
        known = key_history.read()
        missing = _missing(known) if decided else []
        if missing:
            known = _completed(known, missing)
            key_history.write(known)
        _place(known)


def retell() -> None:
    """Record again the events that a restored log lacks, in the transaction of its restart."""
    known = key_history.read()
    told = tuple(one if stands(one) else _retold(one.event) for one in known)
    if told != known:
        transaction.on_commit(partial(key_history.write, told))


def _retold(event: KeyEvent) -> Recorded:
    entry = ledger.append(key_events.RETOLD, subject="log", body=event.body, actor="system")
    return Recorded(entry.index, event)


def stands(one: Recorded) -> bool:
    """Say whether the log holds an event where it was recorded."""
    entry = LedgerEntry.objects.filter(pk=one.index, kind__in=key_events.KINDS).first()
    try:
        return bool(entry and json.loads(entry.leaf)["body"] == one.event.body)
    except (ValueError, LookupError, TypeError):
        return False


def _event(decided: KeyDecision) -> KeyEvent:
    try:
        return KeyEvent.read(json.loads(decided.event))
    except (ValueError, AttributeError, KeyEventError) as error:
        raise SealError(
            "A decision about the key of the log in the database is damaged."
        ) from error


def _missing(known: Sequence[Recorded]) -> list[Recorded]:
    """Return the events of the database that the files do not know.

    Those of before a restart are void where the folder of keys was lost with what it knew.
    """
    events = [one.event for one in known]
    decided = KeyDecision.objects.exclude(event="").order_by("pk")
    restart = LogRestart.objects.first()
    if restart:
        decided = decided.filter(decided_at__gt=restart.decided_at)
    found = [Recorded(one.ledger_entry_id, _event(one)) for one in decided]
    return [one for one in found if one.event not in events]


def _completed(known: Sequence[Recorded], missing: Sequence[Recorded]) -> tuple[Recorded, ...]:
    """Return the known events with the missing ones behind them, all of which hold."""
    found = [*known, *missing]
    try:
        ring = key_events.ring(found[0].event.old, [(one.index, one.event) for one in found])
    except KeyEventError as error:
        raise SealError(f"An entry about the key of the log does not hold: {error}") from error
    ours = {keys.verifier().vkey}
    if key_files.exists(keys.NEXT):
        ours.add(keys.next_verifier().vkey)
    if ring.current.vkey not in ours:
        raise SealError(
            "An entry about the key of the log names a key that is not in the folder of keys. Put"
            " the folder back from the newest backup of it."
        )
    return tuple(found)


def _place(known: Sequence[Recorded]) -> None:
    """Put the key in place that the last event names, and let the one before go if it may."""
    placed = next((one.event for one in reversed(known) if one.event.new), None)
    if placed and placed.new != keys.verifier().vkey:
        if not key_files.exists(keys.NEXT) or keys.next_verifier().vkey != placed.new:
            raise SealError(
                f"The key of the log is not the one that keys/{key_history.NAME} ends with. Put"
                " both back from the same backup of the keys."
            )
        keeps_old = placed.keeps_old or bool(placed.overlap_until)
        keys.put_in_place(old=placed.old, keeps_old=keeps_old)
