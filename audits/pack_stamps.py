"""Settles which time-stamps a pack carries: asked for once, so that it is always the same bytes."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from audits.models import Pack, PackStamps
from evidence import self_issued
from evidence.anchors import time_stamp, witness
from evidence.errors import CosignatureError, SealError
from evidence.log_models import TimeStamp

_SECONDS = 10
"""A pack waits so long for each authority; it is whole without a time-stamp."""
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Stamps:
    """The tokens of a pack in their order, and who gave none, with the reason."""

    tokens: tuple[TimeStamp, ...]
    missing: tuple[tuple[str, str], ...]


def settled(pack: Pack) -> Stamps:
    """Return the time-stamps of a pack; where they are not settled yet, ask for what is missing.

    Not to be called inside a transaction that holds the log's lock: authorities may be slow.
    """
    known = PackStamps.objects.filter(pack=pack).first() or _settle(pack)
    rows = TimeStamp.objects.in_bulk(known.tokens)
    return Stamps(
        tuple(rows[key] for key in known.tokens),
        tuple((authority, reason) for authority, reason in known.missing),
    )


def _settle(pack: Pack) -> PackStamps:
    # A witness that does not answer is told where deposits are; the pack is whole without it.
    with suppress(CosignatureError):
        witness.obtain(pack.checkpoint)
    missing = time_stamp.obtain(pack.checkpoint, seconds=_SECONDS)
    try:
        self_issued.obtain(pack.checkpoint)
    except SealError as error:
        missing[TimeStamp.SELF_ISSUED] = str(error)
    tokens = []
    for one in pack.checkpoint.time_stamps.order_by("pk"):
        # No verifier believes a checkpoint that is stamped before its pack says it was sealed.
        if one.stated_at + _SKEW < pack.sealed_at:
            at = f"{one.stated_at:%Y-%m-%d %H:%M:%S} UTC"
            missing[one.authority] = f"It says {at}, before the sealing by our clock."
        else:
            tokens.append(one.pk)
    told = {"tokens": tokens, "missing": [list(pair) for pair in missing.items()]}
    with transaction.atomic():
        # Two workers may write one pack; what the first has settled holds for both.
        return PackStamps.objects.get_or_create(pack=pack, defaults=told)[0]
