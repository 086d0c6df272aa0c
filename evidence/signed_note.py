"""Signed notes, checkpoints of the log and proof files, as the C2SP specifications define them.

Rules, after c2sp.org/signed-note, tlog-checkpoint and tlog-proof:

1. A note is text that ends with a newline, an empty line, and signature lines
   "— name base64(key id || signature)". It is UTF-8 without control characters but newlines.
2. The only signature type here is plain Ed25519 (0x01) over the text. A key id is the first four
   bytes of SHA-256(name || newline || 0x01 || public key); a verifier key is written
   "name+hex(key id)+base64(0x01 || public key)".
3. Signatures of unknown keys are ignored, so that witnesses can cosign. At least one known key must
   have signed, and a known key whose signature does not verify refuses the whole note.
4. A checkpoint is a note text of origin, size and root, one a line. There is one way to write each:
   no leading zeros, no second base64 form.
5. A proof file carries a leaf's index, its inclusion proof from the leaf up, and the checkpoint.

Every refusal is a NoteError. Verified text is the only text to act on.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
KEY_ID_SIZE = 4
HASH_SIZE = 32
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
MOST_SIGNATURES = 100

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_NOT_IN_A_NOTE = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\ud800-\udfff\s+]")


class NoteError(Exception):
    """The note is not what its signer wrote, or is not signed by a key you trust."""


@dataclass(frozen=True)
class Verifier:
    """A named Ed25519 public key that signatures are checked against."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not self.name or _NOT_IN_A_NAME.search(self.name):
            raise NoteError(f"A key name is not empty and has no space and no plus: {self.name!r}")
        if len(self.public_key) != HASH_SIZE:
            raise NoteError("An Ed25519 public key is 32 bytes long.")

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """Read "name+hex key id+base64 key"; the parts must agree."""
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        key = _decoded(encoded, "The verifier key")
        if key[:1] != ED25519:
            raise NoteError("The verifier key is not an Ed25519 key of type 1.")
        verifier = cls(name, key[1:])
        if key_id != verifier.key_id.hex():
            raise NoteError("The verifier key contradicts its own key id; was it mistyped?")
        return verifier

    @property
    def key_id(self) -> bytes:
        named = self.name.encode() + b"\n" + ED25519 + self.public_key
        return hashlib.sha256(named).digest()[:KEY_ID_SIZE]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encoded(ED25519 + self.public_key)}"

    def verify(self, text: bytes, signature: bytes) -> None:
        """Refuse with a NoteError unless the signature is this key's, over this text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except InvalidSignature as error:
            raise NoteError(f"The signature of {self.name} does not fit the text.") from error


@dataclass(frozen=True)
class Signer:
    """A named Ed25519 private key."""

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.private_key.public_key().public_bytes_raw())

    def line(self, text: str) -> str:
        """Return the signature line for a note text."""
        signature = self.private_key.sign(text.encode())
        return f"— {self.name} {_encoded(self.verifier.key_id + signature)}\n"


@dataclass(frozen=True)
class Checkpoint:
    """What a log states of itself: its name, its number of leaves and their Merkle root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all((self.origin, *self.extensions)):
            raise NoteError("A checkpoint has an origin and no empty line.")
        if "\n" in "".join((self.origin, *self.extensions)):
            raise NoteError("A line of a checkpoint holds a newline.")
        if self.size < 0 or len(self.root) != HASH_SIZE:
            raise NoteError("A checkpoint has a size of 0 or more and a root of 32 bytes.")

    def to_text(self) -> str:
        lines = (self.origin, str(self.size), _encoded(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the text of a note that `open_note` has verified."""
        *lines, end = text.split("\n")
        if end or len(lines) < 3:
            raise NoteError("A checkpoint has three lines or more, each with a newline.")
        origin, size, root, *extensions = lines
        return cls(
            origin, _number(size), _decoded(root, "The root of the checkpoint"), tuple(extensions)
        )


@dataclass(frozen=True)
class ProofFile:
    """A leaf's place in a log: index, inclusion proof and the checkpoint it leads to, unverified.

    The optional extra data of the format are not authenticated by anything and are left out.
    """

    index: int
    proof: tuple[bytes, ...]
    checkpoint_note: str


def sign(text: str, signers: Iterable[Signer]) -> str:
    """Return the note of a text signed by each signer."""
    _require_text(text)
    lines = [signer.line(text) for signer in signers]
    if not lines:
        raise NoteError("A note has at least one signature.")
    return text + "\n" + "".join(lines)


def open_note(note: str, verifiers: Iterable[Verifier]) -> str:
    """Return the text of a note once at least one of the verifiers has vouched for it."""
    text, lines = _parts(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    vouched = False
    for name, key_id, signature in [_signature(line) for line in lines]:
        verifier = known.get((name, key_id))
        if verifier:
            verifier.verify(text.encode(), signature)
            vouched = True
    if not vouched:
        raise NoteError("None of the keys that you trust has signed this note.")
    return text


def text_of(note: str) -> str:
    """Return the text of a note that nobody has verified; for what you keep yourself."""
    return _parts(note)[0]


def lines_of(note: str) -> list[str]:
    """Return the signature lines of a note, without their newlines."""
    return _parts(note)[1]


def read_line(line: str) -> tuple[str, bytes, bytes]:
    """Return name, key id and signature of a signature line; raises NoteError."""
    return _signature(line)


def read_base64(text: str, what: str) -> bytes:
    """Read base64 in its one canonical form; `what` it is stands in the NoteError."""
    return _decoded(text, what)


def proof_file(index: int, proof: Sequence[bytes], checkpoint_note: str) -> str:
    """Return the text of a .tlog-proof file."""
    hashes = "".join(f"{_encoded(hashed)}\n" for hashed in proof)
    return f"{PROOF_HEADER}\nindex {index}\n{hashes}\n{checkpoint_note}"


def parse_proof_file(text: str) -> ProofFile:
    """Read a .tlog-proof file; nothing in it is verified yet."""
    head, separator, note = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != PROOF_HEADER or not separator:
        raise NoteError(f"A proof file starts with the line {PROOF_HEADER}.")
    if lines and lines[0].startswith("extra "):
        _decoded(lines.pop(0).removeprefix("extra "), "The extra data of the proof file")
    if not lines or not lines[0].startswith("index "):
        raise NoteError("A proof file names the index of its leaf.")
    index, *hashes = lines
    proof = tuple(_decoded(line, "A hash of the proof file") for line in hashes)
    if any(len(hashed) != HASH_SIZE for hashed in proof):
        raise NoteError("A hash of the proof file is not 32 bytes long.")
    return ProofFile(_number(index.removeprefix("index ")), proof, note)


def _require_text(text: str) -> None:
    if not text.endswith("\n"):
        raise NoteError("The text of a note ends with a newline.")
    if _NOT_IN_A_NOTE.search(text):
        raise NoteError("A note holds no control characters but newlines.")


def _parts(note: str) -> tuple[str, list[str]]:
    """Cut a note into its text and its signature lines, without their newlines."""
    _require_text(note)
    before, separator, after = note.rpartition("\n\n")
    if not separator:
        raise NoteError("A note has an empty line between its text and its signatures.")
    lines = after.split("\n")[:-1]
    if not 1 <= len(lines) <= MOST_SIGNATURES:
        raise NoteError(f"A note has between 1 and {MOST_SIGNATURES} signatures.")
    return before + "\n", lines


def _signature(line: str) -> tuple[str, bytes, bytes]:
    """Return name, key id and signature of a signature line."""
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    blob = _decoded(encoded, "A signature")
    if dash != "—" or not name or len(blob) <= KEY_ID_SIZE:
        raise NoteError("A signature line is a dash, a key name and a base64 signature.")
    return name, blob[:KEY_ID_SIZE], blob[KEY_ID_SIZE:]


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise NoteError(f"Not a plain decimal number: {text!r}")
    return int(text)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str, what: str) -> bytes:
    """Read base64 in its one canonical form."""
    try:
        data = binascii.a2b_base64(text)
    except ValueError as error:
        raise NoteError(f"{what} is not base64.") from error
    if _encoded(data) != text:
        raise NoteError(f"{what} is not base64 in its canonical form.")
    return data
