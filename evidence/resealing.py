"""Exchanges the sealing key: what the former ones wrap is wrapped anew, and no file is touched.

Rules:
- The new key is used from the first moment; the former ones stay readable until nothing needs them.
- Broken off, it goes on where it stopped: what still needs a former key says so itself.
- A row that changed meanwhile (its content was disposed of) is left as it is.
- A former key is removed a day after at the earliest: somebody may still hold what it wrapped a
  moment before and not have written it down.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from evidence import keys, ledger, seal
from evidence.errors import SealError
from evidence.models import BlobKey
from jobs import queue
from jobs.models import Job

KIND = "evidence.reseal"
BATCH = 500
RETIRED_AFTER_SECONDS = 86_400

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Kept:
    """A column that something sealed stands in: which key each value needs, and its renewal."""

    model: Any
    column: str
    empty: object
    key_of: Callable[[Any], str]
    renewed: Callable[[Any], Any]
    """Takes a row, returns its value sealed by the key in use; raises SealError."""


_kept: dict[str, Kept] = {}


def keeps_texts(model: Any, column: str, *, context: Callable[[Any], str]) -> None:
    """Tell of a column of texts by `seal.seal_text`, so that an exchange seals them anew."""

    def renewed(row: Any) -> str:
        plain = seal.open_text(getattr(row, column), context=context(row))
        return seal.seal_text(plain, context=context(row))

    _kept[f"{model.__name__}.{column}"] = Kept(model, column, "", seal.key_of, renewed)


def keeps_data_keys(model: Any, column: str, *, digest: Callable[[Any], str]) -> None:
    """Tell of a column of data keys by `seal.wrap_named`, so that an exchange wraps them anew."""

    def renewed(row: Any) -> bytes:
        data_key = seal.unwrap(bytes(getattr(row, column)), digest=digest(row))
        return seal.wrap_named(data_key, digest=digest(row))

    def key_of(wrapped: Any) -> str:
        return seal.wrapping_key_of(bytes(wrapped))

    _kept[f"{model.__name__}.{column}"] = Kept(model, column, b"", key_of, renewed)


@dataclass(frozen=True)
class Done:
    """What was wrapped anew, and by which key."""

    key_id: str
    blobs: int
    texts: int


def begin() -> str:
    """Make a new sealing key, unless an exchange is not finished yet; return the id in use."""
    if needed():
        return keys.key_id(keys.sealing_key())
    former = keys.key_id(keys.sealing_key())
    with transaction.atomic():
        ledger.lock()
        made = keys.new_sealing_key()
        body = {"key": made, "former": former}
        ledger.append("sealing_key.made", subject="sealing key", body=body, actor="system")
    return made


def go_on(progress: Progress | None = None) -> Done:
    """Wrap everything anew that a former key wraps. Raises SealError where a key is gone."""
    current = keys.key_id(keys.sealing_key())
    old = _old_rows(current)
    total, done = old.count(), 0
    cursor = ""
    while batch := list(old.filter(pk__gt=cursor).order_by("pk")[:BATCH]):
        with transaction.atomic():
            done += sum(_rewrapped(key) for key in batch)
        cursor = batch[-1].pk
        if progress:
            progress(done, max(total, done), "data keys")
    texts = sum(_resealed(one, current) for one in _kept.values())
    if done or texts:
        with transaction.atomic():
            body = {"key": current, "blobs": done, "texts": texts}
            ledger.append("sealing_key.used", subject="sealing key", body=body, actor="system")
    return Done(current, done, texts)


def needed() -> set[str]:
    """Return the ids of former keys that something still needs."""
    current = keys.key_id(keys.sealing_key())
    found = set(_old_rows(current).values_list("key_id", flat=True).distinct())
    first = {path.name: key for key, path in keys.sealing_key_ids().items()}.get("sealing.key")
    for one in _kept.values():
        named = set(map(one.key_of, _sealed(one).values_list(one.column, flat=True)))
        found |= {first or keys.FIRST if key == keys.FIRST else key for key in named}
    return found - {current}


def retire(*, is_at_once: bool = False) -> list[str]:
    """Remove the former keys that nothing needs any more, and return their ids."""
    current = keys.key_id(keys.sealing_key())
    here = keys.sealing_key_ids()
    is_early = time.time() - _made(here[current]) < RETIRED_AFTER_SECONDS
    if is_early and not is_at_once:
        return []
    removed = sorted(set(here) - needed() - {current})
    for key in removed:
        with transaction.atomic():
            body = {"key": key}
            ledger.append("sealing_key.removed", subject="sealing key", body=body, actor="system")
        keys.remove_sealing_key(key)
    return removed


def ask() -> Job:
    """Have a worker go on with the exchange."""
    current = keys.key_id(keys.sealing_key())
    return queue.enqueue(KIND, key=f"reseal:{current}", payload={}, requested_by="system")


def _old_rows(current: str) -> Any:
    return BlobKey.objects.exclude(Q(key_id="") | Q(key_id=current))


def _rewrapped(key: BlobKey) -> int:
    data_key = seal.unwrap(bytes(key.wrapped_key), digest=key.pk, key_id=key.key_id)
    wrapped, new = seal.wrap(data_key, digest=key.pk)
    rows = BlobKey.objects.filter(pk=key.pk, key_id=key.key_id)
    return rows.update(wrapped_key=wrapped, key_id=new)


def _sealed(one: Kept) -> Any:
    return one.model.objects.exclude(**{one.column: one.empty})


def _resealed(one: Kept, current: str) -> int:
    done = 0
    for row in _sealed(one).order_by("pk"):
        value = getattr(row, one.column)
        if one.key_of(value) == current:
            continue
        try:
            renewed = one.renewed(row)
        except SealError:
            # It did not open before either; the page of its owner asks for it anew.
            continue
        rows = one.model.objects.filter(**{"pk": row.pk, one.column: value})
        done += rows.update(**{one.column: renewed})
    return done


def _made(path: Path) -> float:
    return path.stat().st_mtime
