"""Checks of what others, and the keys themselves, say of the log: cosignatures, times, key events.

Stages of the check of the log; each looks at the next rows and says where to go on.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from evidence import cosignature, key_events, key_history, signed_note, signing
from evidence.anchors import time_stamp
from evidence.cosignature import Witness
from evidence.errors import AnchorError, SealError
from evidence.key_models import Cosignature
from evidence.log_models import TimeStamp
from evidence.models import Checkpoint, LedgerEntry
from evidence.verification_step import Problem, Step

ROWS = 50
SKEW = timedelta(minutes=5)
"""Clocks of two machines may differ so much without anybody having turned one back."""


def wrong_with_key_event(entry: LedgerEntry, body: Mapping[str, Any]) -> str:
    """Say why an entry about the key of the log is not to be believed; empty for all others.

    An event counts only if the folder of keys knows it too: whoever owns the database alone can
    write entries, but neither sign them nor write there.
    """
    if entry.kind not in key_events.KINDS:
        return ""
    try:
        event = key_events.KeyEvent.read(body)
        # A restart records an event a second time; the folder knows the latest place only.
        known = [one.index for one in key_history.read() if one.event == event]
    except (key_events.KeyEventError, SealError) as error:
        return str(error)
    if entry.kind != key_events.RETOLD and (entry.kind, entry.index) != (
        f"key.{event.event}",
        event.log_size,
    ):
        return "The keys have signed this event for another kind of entry, or for another place."
    if not known or entry.index > max(known):
        return "The folder of keys knows of no such event of the key, so somebody made it up."
    return ""


def cosignatures(cursor: str, size: int) -> Step:
    """Verify the next cosignatures against the checkpoints beside which they are kept."""
    rows = list(
        Cosignature.objects.filter(pk__gt=int(cursor or 0), checkpoint__size__lte=size)
        .select_related("checkpoint")
        .order_by("pk")[:ROWS]
    )
    problems = [
        Problem(f"cosignature {row.checkpoint.size} ({row.witness})", sentence)
        for row in rows
        if (sentence := _of_cosignature(row))
    ]
    return Step(problems, len(rows), str(rows[-1].pk) if len(rows) == ROWS else "")


def _of_cosignature(row: Cosignature) -> str:
    try:
        witness = Witness.from_vkey(row.vkey)
        text = signed_note.text_of(row.checkpoint.note)
        (found,) = cosignature.found(text, [row.line.removesuffix("\n")], [witness])
        stated = datetime.fromtimestamp(found.seconds, UTC)
    except (signed_note.NoteError, ValueError, OverflowError, OSError) as error:
        return f"It does not hold: {error}"
    if (witness.name, stated) != (row.witness, row.stated_at):
        return "The row says another name or time than the cosignature."
    return ""


def times(cursor: str, size: int) -> Step:
    """Look whether tokens hold, and whether any time goes back, over the next checkpoints."""
    after = int(cursor or -1)
    told = signing.since_restart().prefetch_related("time_stamps", "cosignatures")
    rows = list(told.filter(size__gt=after, size__lte=size).order_by("size")[:ROWS])
    former = told.filter(size__lte=after).order_by("-size").first()
    latest = _latest(former)
    problems = []
    for row in rows:
        problems += [Problem(f"checkpoint {row.size}", one) for one in _of_times(row, latest)]
        latest = max(latest, _latest(row))
    return Step(problems, len(rows), str(rows[-1].size) if len(rows) == ROWS else "")


def _of_times(row: Checkpoint, latest: datetime) -> Iterator[str]:
    """Say what is wrong with the times of a checkpoint; `latest` is any time of one before it."""
    if row.signed_at < latest - SKEW:
        yield (
            f"It says that it was signed at {_shown(row.signed_at)}, but a smaller checkpoint was"
            f" there at {_shown(latest)} already: a clock was set back, or a time made up."
        )
    for token in _from_outside(row):
        who = f"The time-stamp of {token.authority}"
        try:
            stated = time_stamp.verified(bytes(token.token), row.note)
        except AnchorError as error:
            yield f"{who}: {error}"
            continue
        if stated != token.stated_at:
            yield f"{who} says {_shown(stated)}, its row {_shown(token.stated_at)}."
        if stated < latest - SKEW:
            yield f"{who} says {_shown(stated)}, which is before a smaller checkpoint was there."
        if stated < row.signed_at - SKEW:
            yield (
                f"{who} says {_shown(stated)}, which is before the checkpoint says it was signed"
                f" ({_shown(row.signed_at)}): the clock of this machine was ahead, or set."
            )
    for one in row.cosignatures.all():
        if one.stated_at < row.signed_at - SKEW:
            yield (
                f"{one.witness} saw it at {_shown(one.stated_at)}, before it says it was signed"
                f" ({_shown(row.signed_at)}): one of the two clocks is wrong."
            )


def _latest(row: Checkpoint | None) -> datetime:
    """Return the earliest time at which it is sure that a checkpoint was there.

    What came late, such as a token that was asked for again after a failure, proves no more than
    what came first.
    """
    if row is None:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return min([row.signed_at, *(one.stated_at for one in _from_outside(row))])


def _from_outside(row: Checkpoint) -> list[TimeStamp]:
    """Return the time-stamps that prove something: those that we issue ourselves do not."""
    return [one for one in row.time_stamps.all() if not one.proves_nothing]


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
