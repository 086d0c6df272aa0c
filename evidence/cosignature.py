"""Cosignatures of witnesses over checkpoints, as C2SP defines them (tlog-cosignature, Ed25519).

Rules, after c2sp.org/tlog-cosignature and tlog-witness:

1. A witness has a name and an Ed25519 key of type 0x04: key id and verifier key are made as those
   of a log, with 4 in the place of 1, so that a key of one kind never counts as one of the other.
2. A cosignature is a signature line of the note whose signature is the time (8 bytes, big-endian,
   seconds since 1970) and the Ed25519 signature over "cosignature/v1", "time <seconds>" and the
   text of the checkpoint, each with its newline.
3. It says that by then the witness had seen no larger state of this log, and that the log had only
   grown. A line of a key that nobody named is ignored; a bad one of a known key is refused.
4. A request to a witness is the size that it saw last, the consistency proof from there, an empty
   line, and the checkpoint; a witness that saw another size answers 409 and tells it.

Every refusal is a NoteError.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence import signed_note
from evidence.signed_note import NoteError

COSIGNATURE = b"\x04"
MOST_HASHES = 63
_TIME_SIZE, _SIGNATURE_SIZE = 8, 64
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True)
class Witness:
    """Somebody else who watches the log: name, Ed25519 public key, address to ask ("" = none)."""

    name: str
    public_key: bytes
    url: str = ""

    def __post_init__(self) -> None:
        # The rules for names and keys are those of every note.
        signed_note.Verifier(self.name, self.public_key)

    @classmethod
    def from_vkey(cls, vkey: str, url: str = "") -> Self:
        """Read "name+hex key id+base64 key" of type 4; the parts must agree."""
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        key = signed_note.read_base64(encoded, "The verifier key of the witness")
        if key[:1] != COSIGNATURE:
            raise NoteError("The verifier key is not that of a witness (Ed25519, type 4).")
        witness = cls(name, key[1:], url)
        if key_id != witness.key_id.hex():
            raise NoteError("The verifier key contradicts its own key id; was it mistyped?")
        return witness

    @property
    def key_id(self) -> bytes:
        named = self.name.encode() + b"\n" + COSIGNATURE + self.public_key
        return hashlib.sha256(named).digest()[: signed_note.KEY_ID_SIZE]

    @property
    def vkey(self) -> str:
        key = base64.b64encode(COSIGNATURE + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    def stated_at(self, text: str, blob: bytes) -> int:
        """Return when the witness signed this checkpoint (seconds since 1970), or refuse."""
        if len(blob) != _TIME_SIZE + _SIGNATURE_SIZE:
            raise NoteError(f"The cosignature of {self.name} has another length than one has.")
        seconds = int.from_bytes(blob[:_TIME_SIZE], "big")
        if seconds >= 2**63:
            raise NoteError(f"The cosignature of {self.name} states a time that cannot be.")
        try:
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(blob[_TIME_SIZE:], message(text, seconds))
        except InvalidSignature as error:
            raise NoteError(
                f"The cosignature of {self.name} does not fit the checkpoint."
            ) from error
        return seconds


@dataclass(frozen=True)
class Line:
    """A cosignature that holds: whose, its line with the newline, and the time that it states."""

    witness: Witness
    text: str
    seconds: int


def message(text: str, seconds: int) -> bytes:
    """Return what a witness signs."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def found(text: str, lines: Iterable[str], witnesses: Iterable[Witness]) -> list[Line]:
    """Return the cosignatures of these witnesses among signature lines, each verified."""
    known = {(one.name, one.key_id): one for one in witnesses}
    cosigned = []
    for line in lines:
        name, key_id, blob = signed_note.read_line(line)
        witness = known.get((name, key_id))
        if witness:
            cosigned.append(Line(witness, f"{line}\n", witness.stated_at(text, blob)))
    return cosigned


def request(old_size: int, proof: Sequence[bytes], note: str) -> str:
    """Return what a witness is asked with."""
    if len(proof) > MOST_HASHES:
        raise NoteError("The consistency proof is longer than a witness reads.")
    hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    return f"old {old_size}\n{hashes}\n{note}"


def told_size(answer: str) -> int:
    """Return the size that a witness tells with its status 409."""
    match = _SIZE.fullmatch(answer)
    if not match:
        raise NoteError("The witness tells no size with its refusal.")
    return int(match[1])
