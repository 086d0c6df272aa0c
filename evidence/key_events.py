"""What happened to the key of the log, as entries of the log that the keys themselves have signed.

Rules:

1. An event is canonical JSON (RFC 8785). What is signed is a prefix that ends with a zero byte, and
   the event without its signatures: no note and no DSSE envelope begins so, so that a signature of
   one kind never counts as one of another.
2. `rotated` is signed by the old key and by the new one, over the name of the log, its size before
   the event, and the moment. Whoever trusts either of them may trust the other.
3. `revoked` is signed by the key that is revoked, or by the one that is valid by then. From its
   entry on, that key signs nothing that counts; what it signed before stays valid.
4. `replaced` puts a new key in the place of one that was revoked. Only the new one signs, because
   the other one is worth nothing: no trust passes over, and people are told the new key anew.
5. An event of entry i is about checkpoints of more than i entries, and i is the size that it signs.
   Where a restored backup lacks it, it is recorded once more as `key.retold`, in another entry.

Every refusal is a KeyEventError.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.signed_note import NoteError, Verifier

FORMAT = "countersign-key-event/v1"
PREFIX = FORMAT.encode() + b"\0"
ROTATED, REVOKED, REPLACED = "rotated", "revoked", "replaced"
RETOLD = "key.retold"
KINDS = {f"key.{name}" for name in (ROTATED, REVOKED, REPLACED)} | {RETOLD}
PACK_FORMAT = "countersign-keys/v1"
_TEXTS = ("event", "origin", "moment", "old", "new", "overlap_until", "compromised_at")
_DIGESTS = ("reason_sha256", "confirmation_sha256")


class KeyEventError(Exception):
    """The event of a key does not hold."""


@dataclass(frozen=True)
class KeyEvent:
    """One event; keys are written as verifier keys, moments as in all entries of the log."""

    event: str
    origin: str
    log_size: int
    moment: str
    old: str
    new: str
    reason_sha256: str
    confirmation_sha256: str
    proposal: int
    overlap_until: str = ""
    compromised_at: str = ""
    keeps_old: bool = False
    signatures: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read the body of an entry; nothing of it is verified yet."""
        texts = {name: body.get(name) for name in (*_TEXTS, *_DIGESTS)}
        numbers = {name: body.get(name) for name in ("log_size", "proposal")}
        signed, kept = body.get("signatures"), body.get("keeps_old")
        fits = (
            body.get("format") == FORMAT
            and all(isinstance(value, str) for value in texts.values())
            and all(type(value) is int and value >= 0 for value in numbers.values())
            and isinstance(signed, dict)
            and all(isinstance(part, str) for pair in signed.items() for part in pair)
            and type(kept) is bool
            and len(body) == len(texts) + len(numbers) + 3
        )
        if not fits or texts["event"] not in (ROTATED, REVOKED, REPLACED):
            raise KeyEventError("The entry is not the event of a key in a form that is known here.")
        ordered = tuple(sorted(signed.items())) if isinstance(signed, dict) else ()
        return cls(**texts, **numbers, keeps_old=kept is True, signatures=ordered)  # type: ignore[arg-type]

    @property
    def told(self) -> dict[str, Any]:
        """What is signed, as JSON."""
        texts = {name: getattr(self, name) for name in (*_TEXTS, *_DIGESTS)}
        numbers = {"log_size": self.log_size, "proposal": self.proposal}
        return {"format": FORMAT, **texts, **numbers, "keeps_old": self.keeps_old}

    @property
    def body(self) -> dict[str, Any]:
        """What stands in the entry of the log."""
        return {**self.told, "signatures": dict(self.signatures)}

    @property
    def signed_bytes(self) -> bytes:
        return PREFIX + rfc8785.dumps(self.told)

    def signed_by(self, *keys: Ed25519PrivateKey) -> Self:
        """Return the event with the signature of each key."""
        made = {}
        for key in keys:
            signer = Verifier(self.origin, key.public_key().public_bytes_raw())
            made[signer.vkey] = base64.b64encode(key.sign(self.signed_bytes)).decode()
        return replace(self, signatures=tuple(sorted(made.items())))

    def verify(self, *, valid: str) -> None:
        """Hold the event against the key that was valid where it stands ("" for none).

        Raises KeyEventError.
        """
        named = {key: Verifier.from_vkey(key) for key in (self.old, self.new) if key}
        if any(one.name != self.origin for one in named.values()):
            raise KeyEventError("The event is about the key of another log.")
        for key in self._needed(valid):
            self._verify_one(named.get(key) or Verifier.from_vkey(key))

    def _needed(self, valid: str) -> list[str]:
        """Return the keys that must have signed; KeyEventError where the event fits no state."""
        if self.event == REVOKED:
            signers = [key for key, _ in self.signatures if key in {self.old, valid}]
            if not self.old or self.new or not signers:
                raise KeyEventError("Neither the revoked key nor the valid one has signed this.")
            return signers
        if not self.old or not self.new or self.old == self.new:
            raise KeyEventError("The event does not name two keys.")
        if self.event == ROTATED:
            if self.old != valid:
                raise KeyEventError("The old key of the rotation was not valid by then.")
            return [self.old, self.new]
        if valid:
            raise KeyEventError("A key was replaced that had not been revoked.")
        return [self.new]

    def _verify_one(self, key: Verifier) -> None:
        signature = dict(self.signatures).get(key.vkey)
        if signature is None:
            raise KeyEventError(f"The key {key.key_id.hex()} has not signed this event.")
        try:
            key.verify(self.signed_bytes, base64.b64decode(signature, validate=True))
        except (NoteError, binascii.Error, ValueError) as error:
            sentence = f"The signature of the key {key.key_id.hex()} does not fit this event."
            raise KeyEventError(sentence) from error


@dataclass(frozen=True)
class Span:
    """A key and the checkpoints that it signs: of more than `after` and at most `until` entries."""

    vkey: str
    after: int
    until: int | None = None
    revoked_at: int | None = None

    @property
    def verifier(self) -> Verifier:
        return Verifier.from_vkey(self.vkey)

    @property
    def is_valid(self) -> bool:
        """Whether it signs today."""
        return self.until is None and self.revoked_at is None

    def covers(self, size: int) -> bool:
        return size > self.after and (self.until is None or size <= self.until)


@dataclass(frozen=True)
class Ring:
    """Every key of a log, the first one first."""

    spans: tuple[Span, ...]

    @property
    def current(self) -> Span:
        return self.spans[-1]

    def at(self, size: int) -> Verifier | None:
        """Return the key that a checkpoint of this size must be signed by; None for none."""
        return next((one.verifier for one in self.spans if one.covers(size)), None)

    def revoked(self, vkey: str) -> int | None:
        """Return the entry that revoked a key; None where none did."""
        return next((one.revoked_at for one in self.spans if one.vkey == vkey), None)


def ring(first: str, events: Iterable[tuple[int, KeyEvent]]) -> Ring:
    """Return the keys of a log that began with one key, from its events in the order of the log.

    Raises KeyEventError for the first event that does not hold.
    """
    spans = [Span(first, -1)]
    before = -1
    for index, event in events:
        if index <= before:
            raise KeyEventError("The events of the key are not in the order of the log.")
        before, last = index, spans[-1]
        try:
            event.verify(valid=last.vkey if last.is_valid else "")
        except NoteError as error:
            raise KeyEventError(str(error)) from error
        _apply(spans, index, event)
    return Ring(tuple(spans))


def _apply(spans: list[Span], index: int, event: KeyEvent) -> None:
    if event.event == REVOKED:
        place = next((at for at, one in enumerate(spans) if one.vkey == event.old), None)
        if place is None or spans[place].revoked_at is not None:
            raise KeyEventError("A key was revoked that the log never had, or that was revoked.")
        held = spans[place]
        until = index if held.until is None else held.until
        spans[place] = replace(held, revoked_at=index, until=until)
        return
    if event.old != spans[-1].vkey or any(one.vkey == event.new for one in spans):
        raise KeyEventError("The event names another old key, or a new one that was used before.")
    if spans[-1].until is None:
        spans[-1] = replace(spans[-1], until=index)
    spans.append(Span(event.new, index))


def pack_file(origin: str, events: Iterable[tuple[int, str, Iterable[bytes]]]) -> bytes:
    """Return `keys.json` of a pack: each event as its entry of the log, with its proof."""
    told: list[Any] = [
        {
            "index": index,
            "leaf": leaf,
            "proof": [base64.b64encode(one).decode() for one in proof],
        }
        for index, leaf, proof in events
    ]
    content: bytes = rfc8785.dumps({"format": PACK_FORMAT, "origin": origin, "events": told})
    return content
