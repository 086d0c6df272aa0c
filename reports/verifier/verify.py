#!/usr/bin/env python3
"""Verify a Countersign evidence pack offline, trusting nothing but the key that you were given.

    python3 -I verify.py PACK.zip --key VKEY [--held-checkpoint FILE] [--scope FILE]

Get this file and the key (one line, name+id+base64) by another way than the pack. Python 3.9 or
later is all it needs. It uses no network, and writes nothing but, for --tsa-ca, two temporary
files that it hands to openssl. The steps, each resting on the last:

1. Container: the ZIP holds plain files under harmless names; every byte of it is accounted for.
   Where keys.json is there, entries of the log lead from your key to the one that signs now.
2. Signature: statement.dsse.json is signed by the key and names every file of the pack;
   statement.sigstore.json holds the very same envelope.
3. Files: every file has the SHA-256 that the statement gives it, and SHA256SUMS repeats.
4. Log: checkpoint.txt, signed by the key, gives the size and the Merkle root of the log, and
   consistency.json proves that it continues the log of an earlier pack.
5. Manifest: manifest.json tells of the same pack, engagement and log as the two signed papers;
   what it says of type, categories, dates and management's texts was logged. The pack is the one
   that you asked for, by its nonce, request and date. Time-stamps are about this checkpoint.
6. Items: the last entry of the log is that of the pack, made for the same nonce. An entry of the
   log binds each item's bytes and description, its reviews were logged for the same bytes and made
   by somebody else; no file and no replaced item is left unexplained. The words of findings and
   requests were logged, and what was handed in for a request is here. The lists for people say the
   same as the manifest, and no spreadsheet would run a cell of them.
7. Samples: each population is the table that was logged, and was asked for once its period was
   over; each draw was logged after it and comes out again from its nonce, no draw is missing, and
   results are about rows that were drawn and evidence that is here. What auditors looked up in
   a list comes out again, and walkthroughs point to items that are here.

Exit status: 0 valid, 1 invalid, 2 could not check (wrong usage, missing file, unknown version).
"""

from __future__ import annotations

import argparse
import binascii
import csv
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from heapq import nsmallest
from itertools import chain, zip_longest
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Callable, Iterator, NamedTuple

FORMAT, PREDICATE_TYPE = "countersign-pack/v1", "https://countersign.invalid/pack/v1"
STATEMENT_TYPE, PAYLOAD_TYPE = "https://in-toto.io/Statement/v1", "application/vnd.in-toto+json"
STATEMENT, BUNDLE = "statement.dsse.json", "statement.sigstore.json"
MANIFEST, SUMS, SCOPE, INDEX = "manifest.json", "SHA256SUMS", "scope.txt", "index.csv"
CHECKPOINT, CONSISTENCY = "checkpoint.txt", "consistency.json"
COSIGNED = "checkpoint.cosigned.txt"
FINDINGS, REQUESTS, REQUEST_LIST = "findings.json", "requests.json", "requests.csv"
LISTS = [INDEX, "shortfall.csv", REQUEST_LIST, "findings.csv"]
COVERS = {"cover.pdf", "cover.html"}
FIXED = {STATEMENT, BUNDLE, MANIFEST, SUMS, SCOPE, CHECKPOINT, CONSISTENCY, FINDINGS, REQUESTS}
FIXED |= {*LISTS, "README.txt", "index.xlsx", "verify.py"}
# These are bound by the statement alone; what they say follows from the rest of the pack.
FURTHER = re.compile(r"oscal/[A-Za-z0-9][A-Za-z0-9._-]*\.json")
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MOVES = {"asked": "Open", "answered": "Answered", "returned": "Returned"}
MOVES |= {"accepted": "Accepted", "withdrawn": "Withdrawn"}
BATCH, MOST_THREADS = 64, 4
CHUNK, LARGEST_TEXT, LARGEST_NUMBER = 2**20, 2**28, 2**53 - 1
HISTORY = "countersign-consistency/v1"
KEYS, KEY_EVENTS, KEY_EVENT = "keys.json", "countersign-keys/v1", "countersign-key-event/v1"
DRAW, POPULATION = "countersign-draw/v1", "countersign-population/v1"
JOINED, JOIN = "countersign-population/v2", "countersign-joined/v1"
WORKSHEET = "countersign-worksheet/v1"
SAMPLES = {"population": ("populations", "P"), "draw": ("draws", "D")}
SAMPLES |= {"worksheet": ("worksheets", "W")}
EARLY = "which is before the pack says that it was sealed"
SIGNED: dict[bool | None, str] = {
    True: "signed under your certificates",
    False: "not signed under your certificates",
    None: "not checked here: openssl ts -verify does, or --tsa-ca",
}
SELF_ISSUED, OWN_WORD = "self-issued", "issued by the company itself: proves nothing against it"
RESULTS = {"pass", "deviation", "not applicable", "not tested"}
REVERSE_TEST, REVERSE_ENTRY = "countersign-reversetest/v1", "countersign-reverseentry/v1"
WALKTHROUGH, MOST_NAMED = "countersign-walkthrough/v1", 20
SAMPLES |= {"reversetest": ("reversetests", "T"), "reverseentry": ("reversetests", "E")}
SAMPLES |= {"walkthrough": ("walkthroughs", "W")}
SAMPLE_NAMES = {"population": "populations", "draw": "draws", "walkthrough": "walkthroughs"}
SAMPLE_NAMES |= {"worksheet": "entries of work sheets", "reversetest": "reverse tests"}
SAMPLE_NAMES |= {"reverseentry": "entries of reverse tests"}
BROUGHT = {
    "--key": "the verifier key",
    "--witness": "the key of a witness",
    "--held-checkpoint": "the checkpoint that you kept",
    "--scope": "your list of refs",
    "--not-before": "your first day",
    "--tsa-ca": "your file of certificates",
}
# What it means, to somebody who knows nothing of keys and logs, that a step does not hold.
MEANINGS = {
    "Container": (
        "The ZIP file is not as it was written: it was damaged on its way, or somebody unpacked "
        "and packed it again, or put something into it. Get it once more from where it came from."
    ),
    "Key": (
        "Nothing leads from the key that you hold to the key that signed this pack. Ask the "
        "company, by another way than this pack, which key is right; do not use the one in the "
        "pack."
    ),
    "Signature": (
        "The list of files was not signed with the key that you hold: the key is another "
        "company's, or somebody without the key made or changed the pack."
    ),
    "Files": (
        "A file is not the one that was signed: it was changed after the pack was sealed, or "
        "damaged on its way."
    ),
    "Log": (
        "What the pack says of the company's log is not what the company signed: entries may have"
        " been changed or cut off."
    ),
    "Witnesses": (
        "A witness that you trust has signed another log than this one: the company may show one "
        "log to you and another one to others."
    ),
    "History": (
        "The pack does not prove that its log goes on from the one that you know: earlier entries"
        " may have been changed or cut off."
    ),
    "Manifest": (
        "The table of contents is not what was signed or recorded, or the pack is not the one "
        "that you asked for; it may be an old one."
    ),
    "Time-stamps": (
        "A time-stamp is about something else than this pack, or its time contradicts when the "
        "pack says that it was sealed."
    ),
    "Items": (
        "A piece of evidence, a review, a finding or a request is not what was recorded at the "
        "time, or something was left out or put in later."
    ),
    "Samples": (
        "A sample is not what was recorded, or does not come out again: rows, results or their "
        "order were changed, or a draw was left out."
    ),
    "Nothing else": (
        "The pack holds something that nothing explains, or lacks an entry that was there when it"
        " was sealed."
    ),
}
# Clocks of two machines differ a little; a time-stamp before the sealing by more refuses the pack.
SKEW = timedelta(minutes=5)
# Where it is the latest day on earth when it is midnight in Greenwich.
EASTERNMOST = timedelta(hours=14)


# What Python raises where something else was expected, besides ValueError.
ODD = (ArithmeticError, AttributeError, LookupError, TypeError, csv.Error, struct.error)


class Blaming:
    """A part of a check: what goes wrong in it is a failure of one file, and the run goes on."""

    def __init__(self, failures: list[dict[str, str]], file: str) -> None:
        self.failures, self.file = failures, file

    def __enter__(self) -> None:
        """There is nothing to begin."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None or not isinstance(error, (ValueError, *ODD)):
            return False
        reason = str(error)
        if not isinstance(error, ValueError):
            reason = f"lacks something, or holds another thing in its place: {error!r}"
        self.failures.append({"file": self.file, "reason": reason})
        return True


class CannotCheckError(Exception):
    """A key, a file or a newer verifier is needed before there can be an answer."""


def demand(condition: object, reason: str) -> None:
    if not condition:
        raise ValueError(reason)


# --- Ed25519 after RFC 8032. Verification handles no secret, so textbook arithmetic will do. -----
Point = tuple[int, int]
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(p: Point, q: Point) -> Point:
    k = D * p[0] * q[0] * p[1] * q[1] % P
    x = (p[0] * q[1] + q[0] * p[1]) * pow(1 + k, -1, P) % P
    return x, (p[1] * q[1] + p[0] * q[0]) * pow(1 - k, -1, P) % P


def multiply(factor: int, point: Point) -> Point:
    if not factor:
        return (0, 1)
    product = multiply(factor >> 1, add(point, point))
    return add(product, point) if factor & 1 else product


def decode_point(encoded: bytes) -> Point:
    """Read a point in its one encoding; one of low order is refused, as it would fit any text."""
    y, odd = int.from_bytes(encoded, "little") & (2**255 - 1), encoded[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    root = root if root * root % P == square else root * pow(2, (P - 1) // 4, P) % P
    x = root if root % 2 == odd else P - root
    demand(y < P and x < P and root * root % P == square, "an Ed25519 point is not encoded as one")
    demand(multiply(8, (x, y)) != (0, 1), "an Ed25519 point has low order")
    return x, y


BASE = decode_point(b"\x58" + b"\x66" * 31)


def check_signature(public: bytes, text: bytes, signature: bytes) -> None:
    nonce, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    demand(len(signature) == 64 and scalar < ORDER, "has a signature that is not Ed25519")
    hashed = hashlib.sha512(nonce + public)
    hashed.update(text)
    challenge = int.from_bytes(hashed.digest(), "little") % ORDER
    expected = add(decode_point(nonce), multiply(challenge, decode_point(public)))
    demand(multiply(scalar, BASE) == expected, "has a signature that does not fit its text")


# --- Text forms, each with one way to write a thing ----------------------------------------------
# RFC 8785 leaves one way to write a string and no space between tokens; fractions do not occur.
TOKENS = re.compile(
    r'(?:"[^"\\\x00-\x1f]*(?:\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))[^"\\\x00-\x1f]*)*"'
    r"|[\[\]{}:,]|0|-?[1-9][0-9]{0,15}|true|false|null){1,4096}"
)
NOTE = re.compile(
    r"((\S+)\n(0|[1-9][0-9]{0,17})\n([A-Za-z0-9+/]{43}=)\n)\n((?:— \S+ [A-Za-z0-9+/]+=*\n){1,16})"
)
PROOF = re.compile(
    r"c2sp\.org/tlog-proof@v1\nindex (0|[1-9][0-9]*)\n"
    r"((?:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\n)*)\n(.*)",
    re.DOTALL,
)


RUN = re.compile(r"[=+\-@\t\r]").match


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def canonical(value: Any) -> bytes:
    """Write JSON that was read in canonical form, so that its names are in order, once more."""
    return WRITER.encode(value).encode()


def moment(text: str) -> datetime:
    found = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
    same = found.strftime("%Y-%m-%dT%H:%M:%S.%fZ") == text
    demand(same, f"has a moment in another form than its one: {text}")
    return found


def unbase64(text: str) -> bytes:
    parts = []
    # In pieces: the list of 100,000 files is long, and the check writes all of it once more.
    for start in range(0, len(text), 2**16):
        piece = text[start : start + 2**16]
        try:
            parts.append(binascii.a2b_base64(piece))
        except binascii.Error:
            raise ValueError("holds something else than base64") from None
        again = binascii.b2a_base64(parts[-1], newline=False).decode()
        demand(again == piece, "holds base64 in another than its one canonical form")
    demand("=" not in text[:-2], "holds base64 in another than its one canonical form")
    return b"".join(parts)


ORDERED: set[tuple[str, ...]] = set()
MOST_ORDERED = 1000


def ordered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON whose names stand once each and in canonical order."""
    value = dict(pairs)
    # Thousands of objects have the same few sets of names.
    if (names := tuple(value)) not in ORDERED or len(value) != len(pairs):
        order = None if "".join(names).isascii() else lambda name: name.encode("utf-16-be")
        whole = len(value) == len(pairs) and list(names) == sorted(names, key=order)
        demand(whole, "is JSON with names repeated or out of order")
        if len(ORDERED) < MOST_ORDERED:
            ORDERED.add(names)
    return value


def exact(digits: str) -> int:
    """Read a number that every program reads alike: beyond 2^53 many round it."""
    number = int(digits) if len(digits) < 18 else LARGEST_NUMBER + 1
    demand(abs(number) <= LARGEST_NUMBER, "holds a number too large to be read alike everywhere")
    return number


@lru_cache
def reader(make: Callable[[list[tuple[str, Any]]], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=make, parse_int=exact)


def parse(raw: bytes, make: Callable[[list[tuple[str, Any]]], Any] = ordered) -> Any:
    """Read canonical JSON (RFC 8785); `make` is handed each object as soon as it is complete."""
    text, position = raw.decode(), 0
    del raw  # A manifest can be long; one copy of it is enough.
    while position < len(text):
        tokens = TOKENS.match(text, position)
        if not tokens:
            raise ValueError(f"is not canonical JSON at character {position}")
        position = tokens.end()
    try:
        return reader(make).decode(text)
    except RecursionError:
        raise ValueError("is JSON that nests too deep") from None


def subject(pairs: list[tuple[str, Any]]) -> Any:
    """Make of a subject of the statement its name and digest, and leave other objects alone."""
    value = ordered(pairs)
    is_subject = value.keys() == {"digest", "name"}
    return (value["name"], value["digest"]["sha256"]) if is_subject else value


class Item(NamedTuple):
    """What is checked of an item of the manifest; the rest of a long manifest need not be kept."""

    ref: str
    path: str
    sha256: str
    size: int
    table: str | None
    table_sha256: str | None
    ipe_sha256: str
    started_at: str | None
    metadata_sha256: str
    kind: str
    status: str
    entries: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> Any:
        """Make an item of an object of the manifest, if it is one."""
        value = ordered(pairs)
        if not {"leaves", "metadata", "ref"} <= value.keys():
            return value
        ref, path, table, described = (value[n] for n in ("ref", "path", "table", "metadata"))
        demand(path.split("/")[:-1] == ["evidence", ref], f"puts {ref} in another folder: {path}")
        demand(table in (None, f"tables/{ref}.csv"), f"puts a table in another place: {table}")
        for leaf in value["leaves"]:
            names = f"leaves/{leaf['index']}.json", f"proofs/{leaf['index']}.tlog-proof"
            demand((leaf["path"], leaf["proof"]) == names, f"numbers an entry of {ref} otherwise")
        population = described.get("population", {})
        ipe = population.get("ipe", {})
        return cls(
            ref,
            path,
            value["sha256"],
            value["size"],
            table,
            population.get("table_sha256"),
            hashlib.sha256(canonical(ipe)).hexdigest(),
            ipe.get("started_at"),
            hashlib.sha256(canonical(described)).hexdigest(),
            described["kind"],
            value["status"],
            tuple((leaf["index"], leaf["kind"]) for leaf in value["leaves"]),
        )


@dataclass(frozen=True)
class Key:
    """The verifier key of a log, as C2SP signed notes write it."""

    name: str
    key_id: str
    public: bytes

    @classmethod
    def of(cls, vkey: str, kind: bytes = b"\x01") -> Key:
        """Read the key of a log, or of another kind: 4 is that of a witness."""
        demand(vkey.count("+") > 1, "it is not name+id+base64")
        name, key_id, encoded = vkey.split("+", 2)
        data = unbase64(encoded)
        digest = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()
        demand(key_id == digest[:8], "its parts do not belong together")
        demand(data[:1] == kind and len(data) == 33, f"it is not an Ed25519 key of type {kind[0]}")
        decode_point(data[1:])
        return cls(name, key_id, data[1:])


# --- The key of the log: exchanged and revoked by entries that the keys themselves have signed ----
class Span(NamedTuple):
    """A key, and the checkpoints it signs: of more than `after` and at most `until` entries."""

    key: Key
    after: int
    until: int | None = None
    revoked: int | None = None
    is_vouched: bool = True


def key_spans(told: dict[str, Any], name: str) -> list[Span]:
    """Return every key of a log, the first one first; each event must be signed as it has to be."""
    demand(told["origin"] == name, f"is about another log than {name}")
    leaves = [(one["index"], parse(one["leaf"].encode())) for one in told["events"]]
    spans, before = [Span(Key.of(leaves[0][1]["body"]["old"]), -1)], -1
    for index, leaf in leaves:
        body = leaf["body"]
        place = f"key.{body['event']}", body["log_size"]
        known = leaf["kind"] == "key.retold" or (leaf["kind"], index) == place
        demand(known and index > before, f"has entry {index} in another place than it was made for")
        demand(
            (body["format"], body["origin"]) == (KEY_EVENT, name), f"has a strange entry {index}"
        )
        before = index
        check_key_event(body, spans, index)
    return spans


def check_key_event(body: dict[str, Any], spans: list[Span], index: int) -> None:
    """Hold one event to the keys before it, and let them be what it says."""
    last, old = spans[-1], Key.of(body["old"])
    due: list[str] = [body["old"], body["new"]] if body["event"] == "rotated" else [body["new"]]
    valid = last.key if last.until is None and last.revoked is None else None
    if body["event"] == "revoked":
        due = [one for one in body["signatures"] if Key.of(one) in (old, valid)]
        demand(not body["new"], f"has a revocation that names a new key, entry {index}")
    else:
        fits = valid == old if body["event"] == "rotated" else valid is None
        fits = fits and last.key == old and Key.of(body["new"]) not in [one.key for one in spans]
        demand(fits, f"has entry {index}, which exchanges another key than the one of then")
    demand(due, f"has entry {index}, which no key of the log has signed")
    signed = {key: value for key, value in body.items() if key != "signatures"}
    text = KEY_EVENT.encode() + b"\0" + canonical(signed)
    for vkey in due:
        demand(vkey in body["signatures"], f"has entry {index} without the signature of {vkey}")
        key = Key.of(vkey)
        demand(key.name == body["origin"], f"has entry {index} about the key of another log")
        check_signature(key.public, text, unbase64(body["signatures"][vkey]))
    if body["event"] == "revoked":
        place = [one.key for one in spans].index(old)
        held = spans[place]
        demand(held.revoked is None, f"has entry {index}, which revokes a key once more")
        until = index if held.until is None else held.until
        spans[place] = held._replace(revoked=index, until=until)
        return
    if last.until is None:
        spans[-1] = last._replace(until=index)
    spans.append(Span(Key.of(body["new"]), index, is_vouched=body["event"] == "rotated"))


def trusted_key(spans: list[Span], held: Key) -> Key:
    """Return the key of now, where the one that the auditor holds vouches for it."""
    keys = [one.key for one in spans]
    demand(held in keys, "does not tell of the key that you hold: it is about another log")
    at = spans[keys.index(held)].revoked
    if at is not None or not all(one.is_vouched for one in spans[keys.index(held) + 1 :]):
        told = f"was revoked by entry {at}" if at is not None else "cannot vouch for the one of now"
        raise CannotCheckError(
            f"the pack: the key that you hold {told}. Get the new one, by another way than this"
        )
    demand(spans[-1].revoked is None, "tells that the key of now is revoked")
    return spans[-1].key


def open_envelope(raw: bytes, key: Key) -> tuple[str, bytes]:
    """Return type and bytes of what a key has signed in a DSSE envelope."""
    envelope = parse(raw)
    del raw  # As in parse: with many files, a statement is the larger part of what is kept.
    kind, payload = envelope["payloadType"], unbase64(envelope.pop("payload"))
    ours = [one["sig"] for one in envelope["signatures"] if one["keyid"] == key.key_id]
    demand(ours, f"is not signed by the log {key.name}")
    text = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    check_signature(key.public, text, unbase64(ours[0]))
    return kind, payload


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: how many entries it has, and the root over them."""

    size: int
    root: bytes
    note: bytes

    @classmethod
    def of(cls, note: bytes, key: Key) -> Checkpoint:
        """Open the signed note of the log that has the key's name."""
        match = NOTE.fullmatch(note.decode())
        if not match:
            raise ValueError("is not the signed checkpoint of a log")
        text, origin, size, root, lines = match.groups()
        named = [line.split(" ")[1:] for line in lines.splitlines()]
        blobs = [unbase64(blob) for name, blob in named if name == key.name]
        ours = [blob[4:] for blob in blobs if blob[:4].hex() == key.key_id]
        demand(ours and origin == key.name, f"is not signed by the log {key.name}")
        for signature in ours:
            check_signature(key.public, text.encode(), signature)
        return cls(int(size), unbase64(root), note)


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def climb(hashed: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that an audit path leads to from a leaf hash (RFC 9162, section 2.1.3.2)."""
    demand(0 <= index < size, "is numbered beyond the end of the log")
    last, sha256 = size - 1, hashlib.sha256
    for sibling in path:
        demand(last, "has a proof with too many or too few hashes")
        if index & 1 or index == last:
            hashed = sha256(b"\x01" + sibling + hashed).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            hashed = sha256(b"\x01" + hashed + sibling).digest()
        index, last = index >> 1, last >> 1
    demand(not last, "has a proof with too many or too few hashes")
    return hashed


def check_history(old: Checkpoint, new: Checkpoint, proof: list[bytes]) -> None:
    """Refuse a log that does not begin with an older one of itself (RFC 9162, section 2.1.4.2)."""
    demand(0 < old.size < new.size, "starts from a log that is not an older and shorter one")
    # The proof leaves out what the older log says of itself, where that is one whole subtree.
    path = [old.root, *proof] if old.size & (old.size - 1) == 0 else proof
    first, second = old.size - 1, new.size - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    demand(path, "has a proof with too many or too few hashes")
    before = after = path[0]
    for hashed in path[1:]:
        demand(second, "has a proof with too many or too few hashes")
        if first & 1 or first == second:
            before, after = node(hashed, before), node(hashed, after)
            while first and not first & 1:
                first, second = first >> 1, second >> 1
        else:
            after = node(after, hashed)
        first, second = first >> 1, second >> 1
    demand(not second, "has a proof with too many or too few hashes")
    same = (before, after) == (old.root, new.root)
    demand(same, f"does not lead from the {old.size} entries of then to the log of this pack")


# --- Time-stamps after RFC 3161: what they say; who has signed that is for openssl to check ------
SIGNED_DATA, TIME_STAMP = "2a864886f70d010702", "2a864886f70d0109100104"
IMPRINTS = {"608648016503040201": "sha256", "608648016503040202": "sha384"}
IMPRINTS |= {"608648016503040203": "sha512"}


def elements(data: bytes, least: int = 1) -> list[tuple[int, bytes]]:
    """Cut DER into its elements, each with its tag."""
    found = []
    while data:
        demand(len(data) > 1, "is not a time-stamp: it is cut short")
        size, start = data[1], 2
        if size > 0x7F:
            start += size & 0x7F
            size = int.from_bytes(data[2:start], "big")
        demand(start + size <= len(data), "is not a time-stamp: it is cut short")
        found.append((data[0], data[start : start + size]))
        data = data[start + size :]
    demand(len(found) >= least, "is not a time-stamp: it is cut short")
    return found


def read_time_stamp(raw: bytes) -> tuple[str, bytes, datetime]:
    """Return the algorithm, the digest and the time that the answer of an authority names."""
    status, *token = elements(elements(raw)[0][1])
    demand(elements(status[1])[0] in ((2, b"\0"), (2, b"\1")) and token, "was not granted")
    kind, wrapped = elements(token[0][1], 2)[:2]
    demand(kind == (6, bytes.fromhex(SIGNED_DATA)), "holds something else than a signed time")
    signed = elements(elements(wrapped[1])[0][1], 3)
    kind, wrapped = elements(signed[2][1], 2)[:2]
    demand(kind == (6, bytes.fromhex(TIME_STAMP)), "holds something else than a signed time")
    info = elements(elements(wrapped[1])[0][1])[0][1]
    _, _, imprint, _, stated = elements(info, 5)[:5]
    algorithm, digest = elements(imprint[1], 2)[:2]
    name = IMPRINTS[elements(algorithm[1])[0][1].hex()]
    at = re.fullmatch(r"([0-9]{14})(?:\.[0-9]+)?Z", stated[1].decode("ascii"))
    if stated[0] != 0x18 or not at:
        raise ValueError("is not a time-stamp: it names no time")
    told = datetime.strptime(f"{at[1]}Z", "%Y%m%d%H%M%S%z")
    return name, digest[1], told


def openssl_accepts(program: str, note: bytes, token: bytes, at: datetime, roots: Path) -> bool:
    """Say whether openssl finds a token signed by an authority under one of these certificates."""
    with tempfile.TemporaryDirectory() as folder:
        signed, answer = Path(folder, CHECKPOINT), Path(folder, "token.tsr")
        signed.write_bytes(note)
        answer.write_bytes(token)
        # The authority's certificate may have expired since; it had to be good at that time.
        command = [program, "ts", "-verify", "-data", str(signed), "-in", str(answer)]
        command += ["-CAfile", str(roots), "-attime", str(int(at.timestamp()))]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603
    return done.returncode == 0


# --- Draws: countersign-draw/v1, as docs/sampling.md explains it ---------------------------------
def smallest(seed: str, rows: Any, most: int) -> list[int]:
    return nsmallest(most, rows, key=lambda r: hashlib.sha256(f"{seed}:{r}".encode()).digest())


def shares(items: dict[str, int], size: int) -> dict[str, int]:
    """Share the places of a stratified draw among months, by the largest remainders."""
    count, months = sum(items.values()), sorted(items)
    places = {month: size * items[month] // count for month in months}
    left = size - sum(places.values())
    for month in sorted(months, key=lambda month: -(size * items[month] % count))[:left]:
        places[month] += 1
    while size >= len(months) and 0 in places.values():
        places[max(months, key=lambda month: places[month])] -= 1
        places[next(month for month in months if not places[month])] += 1
    return places


def draw_again(seed: str, method: str, size: int, months: list[str]) -> list[int]:
    """Return the row numbers that a seed draws from rows of these months, in ascending order."""
    count, rows = len(months), range(1, len(months) + 1)
    demand(1 <= size <= count, f"draws {size} of {count} items")
    if method == "all":
        return list(rows)
    if method == "random":
        return sorted(smallest(seed, rows, size))
    if method == "systematic":
        start = smallest(seed, rows, 1)[0] - 1
        return [(start + place * count) // size + 1 for place in range(size)]
    demand(method == "stratified", f"is drawn by an unknown method, {method!r}")
    chosen: list[int] = []
    for month, places in shares(dict(Counter(months)), size).items():
        chosen += smallest(seed, (row for row in rows if months[row - 1] == month), places)
    return sorted(chosen)


# --- What is said of the engagement, and the entries of the log that must say the same -----------
def engagement_entries(told: dict[str, Any]) -> Iterator[tuple[int, str, dict[str, Any], str]]:
    """Yield index, kind, body and author of the entry behind each fact."""
    reasons = [
        {"category": o["name"], "reason_sha256": sha256_of(o["reason"]), "ground": o.get("ground")}
        for o in told["categories"]
    ]
    opened, chosen = told.get("opened"), told.get("chosen")
    moved = {one["what"]: one["after"] for one in told.get("changes", ())}
    now = {"window": [told["window_from"], told["window_to"]]}
    now["freeze"] = ["", told.get("freeze_on") or ""]
    for what, days in now.items():
        demand(moved.get(what, days) == days, f"says another {what} than the last change of it")
    if opened:
        body = {"type": told["type"]} | ({} if chosen else {"categories": reasons})
        body |= {} if "freeze" in moved else {"freeze_on": now["freeze"][1]}
        first, last = now["window"]
        body |= {} if "window" in moved else {"window_from": first, "window_to": last}
        yield opened["index"], "engagement.opened", body, ""
    if chosen:
        yield chosen["index"], "engagement.categories", {"categories": reasons}, ""
    for one in told.get("changes", ()):
        body = {"before": one["before"], "after": one["after"]}
        body["reason_sha256"] = sha256_of(one["reason"])
        yield one["leaf"]["index"], f"engagement.{one['what']}_changed", body, one["by"]
    for one in told.get("user_entity_controls", ()):
        body = {"cuec": one["ref"], "criterion": one["criterion"], "number": one["number"]}
        body["text_sha256"] = sha256_of(one["text"])
        yield one["leaf"]["index"], "cuec.worded", body, one["by"]
    for one in told.get("description", ()):
        body = {"section": one["section"], "number": one["number"], "carried": one["is_carried"]}
        body["text_sha256"] = one["text_sha256"]
        yield one["leaf"]["index"], "description.written", body, one["by"]
    for name, kind in (("assertion", "assertion.written"), ("signature", "assertion.signed")):
        one = told.get(name)
        if one:
            body = {"number": one["number"], "text_sha256": one["text_sha256"]}
            body |= {"position_sha256": sha256_of(one["position"])} if name == "signature" else {}
            yield one["leaf"]["index"], kind, body, one["by"]


# --- The container: a ZIP in which every byte follows from names, sizes and bytes of the files ---
STREAMED, UTF8, NEW_YEAR_1980, PLAIN_FILE = 0x08, 0x800, 0x21, 0o100644 << 16
MANY, LARGE, HUGE = 2**16 - 1, 2**31 - 1, 2**32 - 1
HEAD, BEHIND = struct.Struct("<4s5H3L2H").pack, struct.Struct("<4s3L").pack


class Member(NamedTuple):
    """A file that is stored as it is; size and CRC stand behind it, as in any streamed ZIP."""

    name: str
    offset: int
    size: int
    crc: int


def check_name(name: str) -> None:
    clear = name.isprintable() and unicodedata.normalize("NFC", name) == name
    demand(clear, "has a name with invisible or ambiguous characters")
    plain = all(part and part == part.rstrip(". ") for part in name.split("/"))
    demand(plain and not set(name) & set("\\:"), "has a name that could lead out of its folder")


def surroundings(member: Member) -> tuple[list[bytes], bytes]:
    """Write what can stand right before the bytes of a file, and what must stand right behind."""
    name, _, size, crc = member.name.encode(), *member[1:]
    flags = STREAMED if name.isascii() else STREAMED | UTF8
    large = size * 1.05 > LARGE
    if not large:
        head = HEAD(b"PK\3\4", 20, flags, 0, 0, NEW_YEAR_1980, 0, 0, 0, len(name), 0)
        return [head + name], BEHIND(b"PK\7\10", crc, size, size)
    extra = struct.pack("<2H2Q", 1, 16, 0, 0)
    fixed = (b"PK\3\4", 45, flags, 0, 0, NEW_YEAR_1980, 0)
    # Python writes a mark where the sizes would stand; before 3.11.4 it left 0.
    heads = [HEAD(*fixed, told, told, len(name), len(extra)) + name + extra for told in (HUGE, 0)]
    return heads, struct.pack("<4sL2Q", b"PK\7\10", crc, size, size)


def directory_entry(member: Member) -> bytes:
    """Write the one entry that a file of this name, place, size and CRC can have."""
    name, offset, size, crc = member.name.encode(), *member[1:]
    flags = STREAMED if name.isascii() else STREAMED | UTF8
    wide = [size, size] * (size > LARGE) + [offset] * (offset > LARGE)
    extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = 45 if wide or size * 1.05 > LARGE else 20
    size, offset = HUGE if size > LARGE else size, HUGE if offset > LARGE else offset
    head = (b"PK\1\2", version, 3, version, 0, flags, 0, 0, NEW_YEAR_1980, crc, size, size)
    rest = (len(name), len(extra), 0, 0, 0, PLAIN_FILE, offset)
    return struct.pack("<4s4B4H3L5H2L", *head, *rest) + name + extra


def directory_ends(count: int, start: int, end: int) -> tuple[bytes, bytes]:
    """Write the two ends that a directory can have: the plain one, and that of a large ZIP."""
    size = end - start
    few = (min(count, MANY), min(count, MANY), min(size, HUGE), min(start, HUGE), 0)
    many = (b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start, b"PK\6\7", 0, end, 1)
    plain = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *few)
    return plain, struct.pack("<4sQ2H2L4Q4sLQL", *many) + plain


def directory_start(file: BinaryIO) -> tuple[int, int]:
    """Return how many files a ZIP says it has, and where its directory starts."""
    length = file.seek(0, 2)
    file.seek(max(0, length - 98))
    tail = file.read()
    demand(tail[-22:-18] == b"PK\5\6", "is not a ZIP file, or hides something around its directory")
    count, _, start = struct.unpack("<H2L", tail[-12:-2])
    if tail[-98:-94] == b"PK\6\6" and len(tail) == 98:
        count, _, start = struct.unpack("<3Q", tail[32:56])
    demand(start <= length, "is not a ZIP file that can be read: its directory is not there")
    return count, start


def listed(file: BinaryIO) -> tuple[Member, bytes]:
    """Read the next entry of the directory: what it says of a file, and its very bytes."""
    head = file.read(46)
    demand(len(head) == 46, "is not a ZIP file that can be read: its directory is cut short")
    crc, _, size, name, extra = struct.unpack("<3L2H", head[16:32])
    (offset,) = struct.unpack("<L", head[42:])
    rest = file.read(name + extra)
    wide = rest[name + 4 :]
    large = struct.unpack(f"<{len(wide) // 8}Q", wide[: len(wide) // 8 * 8])
    size, offset = large[0] if size == HUGE else size, large[-1] if offset == HUGE else offset
    return Member(rest[:name].decode("utf-8", "replace"), offset, size, crc), head + rest


class Pack:
    """The files of a ZIP, each read where the directory says that it lies."""

    def __init__(self, file: BinaryIO) -> None:
        count, start = directory_start(file)
        self.file, self.members, self.turn = file, {}, Lock()
        file.seek(start)
        end = 0
        for _ in range(count):
            # An entry is what this file must have, byte for byte: no other reading is possible.
            member, entry = listed(file)
            if directory_entry(member) != entry:
                demand(False, f"holds {member.name!r} not as a plain file")
            if member.offset != end:
                demand(False, f"hides something in front of {member.name!r}")
            heads, after = surroundings(member)
            end += len(heads[0]) + member.size + len(after)
            self.members[member.name] = member
        ends = directory_ends(count, start, file.tell())
        demand(end == start and file.read() in ends, "hides something around its directory")
        alike = len({name.casefold() for name in self.members}) < count
        demand(not alike, "holds two files of one name, or of names that differ only in case")

    def read_at(self, offset: int, size: int) -> bytes:
        with self.turn:
            self.file.seek(offset)
            return self.file.read(size)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Read a file in pieces, and with it what must stand around it."""
        member = self.members[name]
        heads, after = surroundings(member)
        head = self.read_at(member.offset, len(heads[0]))
        demand(head in heads, "has a header that contradicts the ZIP")
        at = member.offset + len(head)
        end = at + member.size
        while end - at > CHUNK:
            yield self.read_at(at, CHUNK)
            at += CHUNK
        last = self.read_at(at, end - at + len(after))
        demand(last[end - at :] == after, "has an end that contradicts the ZIP")
        yield last[: end - at]

    def lines(self, name: str) -> Iterator[str]:
        """Read a file of UTF-8 line by line."""
        kept = b""
        for piece in self.pieces(name):
            *whole, kept = (kept + piece).split(b"\n")
            demand(len(kept) <= LARGEST_TEXT, "has a line that is too long")
            yield from (line.decode() + "\n" for line in whole)
        yield from [kept.decode()] if kept else []

    def read(self, name: str) -> bytes:
        demand(self.members[name].size <= LARGEST_TEXT, "is too large for what it is")
        return b"".join(self.pieces(name))


# --- The seven steps -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Anchors:
    """What the auditor brings; nothing in a pack can stand in for it."""

    key: Key
    held: Checkpoint | None
    scope: frozenset[str]
    nonce: str | None
    request: str | None
    not_before: str
    within: timedelta | None
    roots: Path | None
    witnesses: tuple[Key, ...]

    @classmethod
    def of(cls, options: argparse.Namespace) -> Anchors:
        what, note, refs = "--key", options.held_checkpoint, options.scope
        nonce, start, days = options.nonce, options.not_before or "", options.within
        try:
            key = Key.of(options.key)
            what = "--witness"
            witnesses = tuple(Key.of(vkey, b"\x04") for vkey in options.witness)
            what = "--held-checkpoint"
            held = Checkpoint.of(note.read_bytes(), key) if note else None
            what = "--scope"
            scope = frozenset(refs.read_text("utf-8").split() if refs else ())
            what = "--not-before"
            day = re.fullmatch(
                r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d\.\d{6}Z)?", start or "2000-01-01"
            )
            demand(day and date.fromisoformat(day[1]), "it is no day such as 2026-11-21")
            what = "--tsa-ca"
            roots = options.tsa_ca
            known = roots is None or b"-----BEGIN CERTIFICATE-----" in roots.read_bytes()
            demand(known, "it holds no certificate as PEM")
        except ValueError as error:
            told = f"anything, because {BROUGHT[what]} ({what}) cannot be used: {error}"
            raise CannotCheckError(told) from None
        nonce = None if nonce is None else unicodedata.normalize("NFC", nonce.strip())
        within = None if days is None else timedelta(days=days)
        return cls(key, held, scope, nonce, options.request, start, within, roots, witnesses)


class Verification:
    """One pack; each step says what it has proved, and keeps it for the steps behind it."""

    # What the run begins with, and what each step found.
    file: BinaryIO
    key: Key
    spans: list[Span]
    anchors: Anchors
    pack: Pack
    told: dict[str, Any]
    signed: dict[str, str]
    log: Checkpoint
    manifest: dict[str, Any]
    engagement: str
    items: dict[str, Item]
    findings: dict[str, dict[str, Any]]
    requests: dict[str, dict[str, Any]]
    samples: list[dict[str, Any]]
    sealed: dict[str, Any]

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failures: list[dict[str, str]] = []
        self.unchecked: list[str] = []
        self.meaning = ""
        self.owners: dict[str, str] = {}
        # Of the samples: how many of a kind a parent has, where each was logged, what it says.
        self.counts: dict[tuple[str, str], int] = {}
        self.places: dict[str, int] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.months: dict[str, list[str]] = {}
        self.letters: dict[str, set[str]] = {}

    def blaming(self, file: str) -> Blaming:
        """Note what is wrong inside as a failure of this file, and go on behind it."""
        return Blaming(self.failures, file)

    def run(self, file: BinaryIO, anchors: Anchors) -> None:
        self.file, self.key, self.anchors = file, anchors.key, anchors
        for step, name, check in (
            ("Container", "the pack", self.check_container),
            ("Key", KEYS, self.check_keys),
            ("Signature", STATEMENT, self.check_signature),
            ("Files", SUMS, self.check_files),
            ("Log", CHECKPOINT, self.check_log),
            ("Witnesses", COSIGNED, self.check_cosigned),
            ("History", CONSISTENCY, self.check_consistency),
            ("Manifest", MANIFEST, self.check_manifest),
            ("Time-stamps", MANIFEST, self.check_time_stamps),
            ("Items", MANIFEST, self.check_items),
            ("Samples", MANIFEST, self.check_samples),
            ("Nothing else", MANIFEST, self.check_strays),
        ):
            with self.blaming(name):
                sentence = check()
            if self.failures:
                self.meaning = MEANINGS[step]
                return
            # A step with nothing to check says nothing.
            self.passed += [sentence] if sentence else []

    def check_container(self) -> str:
        self.pack = Pack(self.file)
        names = set(self.pack.members)
        lacking = ", ".join(sorted(FIXED - names)) or "its one cover"
        demand(names >= FIXED and len(names & COVERS) == 1, f"lacks {lacking}")
        for name in self.pack.members:
            with self.blaming(name):
                check_name(name)
        return f"Container: a ZIP of {len(names)} plain files and nothing else"

    def check_keys(self) -> str:
        """Follow the key of the log from the one that the auditor holds to the one of now."""
        self.spans = [Span(self.key, -1)]
        if KEYS not in self.pack.members:
            return ""
        self.owners[KEYS] = "the key of the log"
        told = parse(self.pack.read(KEYS))
        self.require_version(told["format"], KEY_EVENTS)
        self.spans = key_spans(told, self.key.name)
        self.key = trusted_key(self.spans, self.anchors.key)
        events = len(told["events"])
        return f"Key: {self.key.key_id} signs now, {events} entries lead from and to yours"

    def open_checkpoint(self, note: bytes) -> Checkpoint:
        """Open a checkpoint by the key that signed at its size."""
        found = NOTE.fullmatch(note.decode())
        size = int(found[3]) if found else 0
        ends = [(one, size if one.until is None else one.until) for one in self.spans]
        keys = [one.key for one, until in ends if one.after < size <= until]
        demand(keys or not size, "was signed when the key of the log was revoked")
        return Checkpoint.of(note, keys[0] if keys else self.spans[0].key)

    def check_key_entries(self) -> None:
        """Look that the log holds the entries about its key, as far as it reaches."""
        if KEYS not in self.pack.members:
            return
        for one in parse(self.pack.read(KEYS))["events"]:
            index, path = one["index"], [unbase64(hashed) for hashed in one["proof"]]
            if index >= self.log.size:
                demand(not path, f"proves entry {index}, which is younger than the log")
                continue
            leaf = hashlib.sha256(b"\0" + one["leaf"].encode()).digest()
            same = climb(leaf, index, self.log.size, path) == self.log.root
            demand(same, f"tells of entry {index}, which the log does not hold")

    def check_signature(self) -> str:
        kind, payload = open_envelope(self.pack.read(STATEMENT), self.key)
        statement = parse(payload, subject)
        types = (kind, statement["_type"])
        demand(types == (PAYLOAD_TYPE, STATEMENT_TYPE), "is signed, but is not a statement")
        self.require_version(statement["predicateType"], PREDICATE_TYPE)
        self.told, subjects = statement["predicate"], statement["subject"]
        self.signed = dict(subjects)
        demand(len(self.signed) == len(subjects), "names a file twice")
        for name in sorted(set(self.signed) ^ (set(self.pack.members) - {STATEMENT, BUNDLE})):
            with self.blaming(name):
                demand(name in self.pack.members, "is signed, but is not in the pack")
                demand(name in self.signed, "is in the pack, but is not signed")
        with self.blaming(BUNDLE):
            self.check_bundle()
        return f"Signature: {self.key.name} has signed a list of {len(self.signed)} files"

    def check_bundle(self) -> None:
        """Hold the bundle to the envelope: the same bytes in it, and one way to write the rest."""
        key = f'{{"publicKey":{{"hint":"{self.key.key_id}"}}}}'
        rest = f',"mediaType":"{BUNDLE_TYPE}","verificationMaterial":{key}}}'
        due, found = hashlib.sha256(b'{"dsseEnvelope":'), hashlib.sha256()
        for piece in self.pack.pieces(STATEMENT):
            due.update(piece)
        due.update(rest.encode())
        for piece in self.pack.pieces(BUNDLE):
            found.update(piece)
        same = due.digest() == found.digest()
        demand(same, f"is not the same envelope as {STATEMENT} in a bundle for this key")

    def require_version(self, found: str, known: str) -> None:
        if found != known and found.startswith(known[:-1]):
            raise CannotCheckError(f"the pack is of format {found}; this verifier knows {known}")
        demand(found == known, f"is of type {found!r} where it must be {known!r}")

    def check_files(self) -> str:
        # The digests of files need not wait for each other; hashlib lets other threads run.
        names = list(self.pack.members)
        batches = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
        with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads:
            for failures in threads.map(self.check_batch, batches):
                self.failures += failures
        names = sorted(set(self.signed) - {SUMS})
        listed = "".join(f"{self.signed[name]}  {name}\n" for name in names)
        demand(self.pack.read(SUMS).decode() == listed, "is not the list of the signed digests")
        size = sum(member.size for member in self.pack.members.values())
        return f"Files: each has its signed SHA-256; {size:,} bytes"

    def check_batch(self, names: list[str]) -> list[dict[str, str]]:
        failures: list[dict[str, str]] = []
        for name in names:
            with Blaming(failures, name):
                self.check_file(name)
        return failures

    def check_file(self, name: str) -> None:
        hashed, crc = hashlib.sha256(), 0
        for piece in self.pack.pieces(name):
            hashed.update(piece)
            crc = binascii.crc32(piece, crc)
        digest = hashed.hexdigest()
        same = digest == self.signed.get(name, digest)
        demand(same, f"is not the file that was signed: its SHA-256 is {digest}")
        # Programs that unpack a ZIP refuse a file of another checksum, or warn of it.
        same = crc == self.pack.members[name].crc
        demand(same, "is whole, but the ZIP tells another checksum (CRC-32)")

    def check_log(self) -> str:
        self.log = self.open_checkpoint(self.pack.read(CHECKPOINT))
        with self.blaming(KEYS):
            self.check_key_entries()
        return f"Log: {self.log.size:,} entries under the root {self.log.root.hex()}"

    def check_cosigned(self) -> str:
        """Look which of the auditor's witnesses saw the log grow to this checkpoint."""
        lines: list[list[str]] = []
        if COSIGNED in self.pack.members:
            self.owners[COSIGNED] = "the checkpoint"
            note = self.pack.read(COSIGNED)
            whole = note.startswith(self.log.note) and NOTE.fullmatch(note.decode())
            demand(whole, f"is not {CHECKPOINT} with further signatures")
            lines = [
                line.split(" ")[1:] for line in note[len(self.log.note) :].decode().split("\n")
            ]
        told, text = [], self.log.note.rpartition(b"\n\n")[0] + b"\n"
        for key in self.anchors.witnesses:
            blobs = [unbase64(one[1]) for one in lines if one[:1] == [key.name]]
            ours = [blob[4:] for blob in blobs if blob[:4].hex() == key.key_id]
            if not ours:
                self.unchecked.append(f"that {key.name} saw this log: the pack holds no word of it")
                continue
            seconds = int.from_bytes(ours[0][:8], "big")
            said = f"cosignature/v1\ntime {seconds}\n".encode() + text
            check_signature(key.public, said, ours[0][8:])
            at = datetime.fromtimestamp(seconds, timezone.utc)
            told.append(f"{key.name} saw it at {at:%Y-%m-%dT%H:%M:%SZ}")
        return f"Witnesses: {'; '.join(told)}" if told else ""

    def check_consistency(self) -> str:
        """Follow the log from the pack before, and from what the auditor has kept."""
        told = parse(self.pack.read(CONSISTENCY))
        self.require_version(told["format"], HISTORY)
        here = {"size": self.log.size, "root": self.log.root.hex()}
        demand(told["to"] == here, "leads to another log than that of this pack")
        older, sentence = None, ""
        if told["from"]:
            older = self.open_checkpoint(told["checkpoint"].encode())
            same = told["from"] == {"size": older.size, "root": older.root.hex()}
            demand(same, "starts from another log than its older checkpoint says")
            check_history(older, self.log, [unbase64(hashed) for hashed in told["proof"]])
            sentence = f"History: the log continues the {older.size:,} entries of {told['pack']}"
        else:
            demand(told["reason"] and not told["proof"], "has no start, and no reason for that")
        self.check_held(older, told["pack"])
        return sentence

    def check_held(self, older: Checkpoint | None, pack: str | None) -> None:
        """Hold the log to the checkpoint that the auditor has kept."""
        held = self.anchors.held
        if held is None:
            return
        with self.blaming(CHECKPOINT):
            demand(self.log.size >= held.size, f"is older than yours of {held.size} entries")
            for known in filter(None, (self.log, older)):
                same = known.size != held.size or known.root == held.root
                demand(same, "has another root than yours: the history of the log was rewritten")
        if held.size in (self.log.size, older.size if older else -1):
            return
        told = f"that the log continues yours of {held.size} entries: the pack "
        told += f"proves it from the {older.size} of {pack} on" if older else "holds no such proof"
        told += (
            ". Hold that pack to your checkpoint first, and this one to its "
            if older
            else (". Ask for a pack that begins with yours; keep your ")
        )
        self.unchecked.append(f"{told}{CHECKPOINT}")

    def check_manifest(self) -> str:
        manifest = self.manifest = parse(self.pack.read(MANIFEST), Item.of)
        told, log = self.told, self.log
        self.require_version(manifest["format"], FORMAT)
        for here, signed in (
            (self.signed[MANIFEST], told["manifest_sha256"]),
            (manifest["pack"], told["pack"]),
            (manifest["engagement"]["ref"], told["engagement"]),
            (manifest["sealed_at"], told["sealed_at"]),
            (manifest["bound_to"], told["bound_to"]),
            (manifest["log"]["origin"], told["origin"]),
            (manifest["log"]["origin"], self.key.name),
            (manifest["log"]["size"], told["log_size"]),
            (manifest["log"]["size"], log.size),
            (manifest["log"]["root"], log.root.hex()),
        ):
            demand(here == signed, f"says {here!r} where the signed papers say {signed!r}")
        self.findings = {one["ref"]: one for one in manifest["findings"]}
        demand(len(self.findings) == len(manifest["findings"]), "names a finding twice")
        self.requests = {one["ref"]: one for one in manifest["requests"]}
        demand(len(self.requests) == len(manifest["requests"]), "names a request twice")
        listed = manifest.pop("items")
        self.items = {item.ref: item for item in listed}
        demand(len(self.items) == len(listed), "gives one ref to two items")
        self.engagement, self.samples = told["engagement"], manifest["samples"]
        for index, kind, body, by in engagement_entries(manifest["engagement"]):
            with self.blaming(f"leaves/{index}.json"):
                self.check_engagement_entry(index, kind, body, by)
        self.check_binding()
        return (
            f"Manifest: pack {manifest['pack']} of {manifest['organisation']}, sealed at "
            f"{manifest['sealed_at']}; it declares {len(manifest['shortfall'])} shortfalls"
        )

    def check_binding(self) -> None:
        """Refuse a pack that was not sealed for this auditor's nonce or request, or not lately."""
        asked, bound, sealed_at = self.anchors, self.told["bound_to"], self.told["sealed_at"]
        for name, wanted in (("nonce", asked.nonce), ("request", asked.request)):
            found = bound[name]
            told = f"for another {name}" if found else f"without a {name}"
            demand(wanted in (None, found), f"was sealed {told}: it is not the one you asked for")
        unknown = bound["request"] and bound["request"] not in self.requests
        demand(not unknown, f"was sealed for {bound['request']}, which is no request of this pack")
        late = sealed_at >= asked.not_before
        demand(late, f"was sealed at {sealed_at}, before {asked.not_before}: it may be an old one")
        age = datetime.now(timezone.utc) - moment(sealed_at)
        if asked.within is not None:
            new = -timedelta(days=1) < age <= asked.within
            demand(new, f"was sealed at {sealed_at}, not within {asked.within.days} days of now")

    def check_time_stamps(self) -> str:
        """Read what authorities say of the checkpoint; the signature is for openssl to check."""
        others = [one for one in self.manifest["tokens"] if one["authority"] != SELF_ISSUED]
        if self.anchors.roots and not others:
            self.unchecked.append(
                "who has stamped the time: the pack holds no time-stamp from outside the company"
            )
        told, verdicts = [], set()
        for place, token in enumerate(self.manifest["tokens"], 1):
            with self.blaming(token["path"]):
                named = re.fullmatch(rf"tokens/[A-Za-z0-9.-]+-{place}\.tsr", token["path"])
                demand(named, f"lies in another place than that of token {place}")
                raw = self.pack.read(self.claim(token["path"], "the checkpoint"))
                algorithm, digest, at = read_time_stamp(raw)
                same = hashlib.new(algorithm, self.log.note).digest() == digest
                demand(same, f"is about something else than this {CHECKPOINT}")
                sealed_at = self.told["sealed_at"]
                demand(at + SKEW >= moment(sealed_at), f"says {at:%Y-%m-%dT%H:%M:%SZ}, {EARLY}")
                said = f"{token['authority']} says {at:%Y-%m-%dT%H:%M:%SZ}"
                if token["authority"] == SELF_ISSUED:
                    told.append(f"{said}, {OWN_WORD}")
                    continue
                verdict = self.is_stamped(raw, at)
                verdicts.add(verdict)
                told.append(f"{said}, {SIGNED[verdict]}")
        demand(verdicts != {False}, "has no time-stamp that is signed under your certificates")
        return f"Time-stamps: {'; '.join(told)}" if told else ""

    def is_stamped(self, token: bytes, at: datetime) -> bool | None:
        """Say whether openssl accepts a token; None where nobody asked, or nobody can tell."""
        roots, program = self.anchors.roots, shutil.which("openssl")
        if roots is None:
            return None
        if program is None:
            told = "who has stamped the time: openssl is not on this machine"
            self.unchecked += [] if told in self.unchecked else [told]
            return None
        return openssl_accepts(program, self.log.note, token, at, roots)

    def check_engagement_entry(self, index: int, kind: str, body: dict[str, Any], by: str) -> None:
        """Hold one thing that is said of the engagement to the entry that binds it."""
        leaf = self.open_leaf(index, self.engagement)
        about = leaf["kind"], leaf["subject"], by or leaf["actor"]
        demand(
            about == (kind, self.engagement, leaf["actor"]), f"is no {kind} by {by or 'anybody'}"
        )
        for name, value in body.items():
            demand(leaf["body"].get(name) == value, f"was logged with another {name}")

    def check_items(self) -> str:
        samples = [sample["ref"] for sample in self.samples]
        present = [*self.items, *samples, *self.findings, *self.requests]
        missing = sorted(self.anchors.scope.difference(present))
        demand(not missing, f"lacks what your scope names: {', '.join(missing)}")
        with self.blaming(SCOPE):
            same = self.pack.read(SCOPE).decode() == "".join(f"{ref}\n" for ref in present)
            demand(same, "is not the list of what the manifest tells about")
        self.check_lists()
        with self.blaming(MANIFEST):
            self.check_seal()
        for item in self.items.values():
            with self.blaming(item.path):
                self.check_item(item)
        with self.blaming(FINDINGS):
            self.check_findings()
        with self.blaming(REQUESTS):
            self.check_requests()
        entries = sum(len(item.entries) for item in self.items.values())
        found = f", and {len(self.findings)} findings" if self.findings else ""
        found += f", and {len(self.requests)} requests" if self.requests else ""
        return f"Items: {len(self.items)} items, bound by {entries} entries of the log{found}"

    def check_seal(self) -> None:
        """Hold the pack to its own entry, the last one: the nonce is older than the checkpoint."""
        manifest, told = self.manifest, self.told
        index, bound = manifest["seal"]["index"], told["bound_to"]
        with self.blaming(f"leaves/{index}.json"):
            demand(index == self.log.size - 1, "is not the last entry, that of the pack itself")
            body = self.open_body(index, "pack", told["pack"])
            due = {name: told[name] for name in ("engagement", "sealed_at")}
            due |= {"as_of": manifest["as_of"], "request": bound["request"]}
            due["nonce_sha256"] = sha256_of(bound["nonce"]) if bound["nonce"] else None
            for name, value in due.items():
                demand(body[name] == value, f"was logged with another {name} than the pack has")
            self.check_counts(body)
            self.sealed = body

    def check_counts(self, body: dict[str, Any]) -> None:
        """Count every list as when the pack was sealed: the last of a list could lack unseen."""
        lists = {"items": len(self.items), "shortfall": len(self.manifest["shortfall"])}
        lists |= {"findings": len(self.findings), "requests": len(self.requests)}
        told = [(name, body[name], here) for name, here in lists.items()]
        found, kinds = Counter(sample["kind"] for sample in self.samples), body["samples"]
        names = sorted({*kinds, *found})
        told += [(SAMPLE_NAMES.get(one, one), kinds.get(one, 0), found[one]) for one in names]
        for name, logged, here in told:
            demand(logged == here, f"was logged with {logged} {name}, where the pack has {here}")

    def check_entries(self) -> None:
        """Hold the entries that lie here to those of the sealing: reviews and steps are in them."""
        own = self.manifest["seal"]["index"]
        places = sorted(int(name[7:-5]) for name in self.owners if name.startswith("leaves/"))
        digest = sha256_of("".join(f"{place}\n" for place in places if place != own))
        with self.blaming(f"leaves/{own}.json"):
            logged, here = self.sealed["entries"], len(places) - 1
            told = f"was logged with {logged} entries of the log, where the pack shows {here}"
            demand(logged == here, told)
            demand(self.sealed["entries_sha256"] == digest, "was logged with other entries of it")

    def check_lists(self) -> None:
        """Hold the list of items to the manifest, and see that no spreadsheet would run a cell."""
        for name in LISTS:
            with self.blaming(name):
                for row in self.rows(name):
                    if any(map(RUN, row)):
                        demand(False, f"has a cell that a spreadsheet would run: {row[:2]}")
        with self.blaming(INDEX):
            rows = self.rows(INDEX)
            header = next(rows, [])
            names = ("Item", "Status", "File in this pack", "SHA-256")
            demand(set(names) <= set(header), f"lacks a column of {', '.join(names)}")
            places = [header.index(name) for name in names]
            for row, item in zip_longest(rows, self.items.values()):
                due = [item.ref, item.status, item.path, item.sha256] if item else []
                found = [row[place].removeprefix("'") for place in places] if row else None
                demand(found == due, f"says another thing of {due[:1]} than the manifest")

    def rows(self, name: str) -> Iterator[list[str]]:
        """Read a list for people row by row, the header first."""
        csv.field_size_limit(LARGEST_TEXT)
        lines = self.pack.lines(name)
        first = next(lines, "").removeprefix("\ufeff")
        return csv.reader(chain([first], lines))

    def check_strays(self) -> str:
        self.check_entries()
        strays = set(self.signed) - FIXED - COVERS - set(self.owners)
        for name in sorted(name for name in strays if not FURTHER.fullmatch(name)):
            self.failures.append({"file": name, "reason": "belongs to no item of the manifest"})
        return ""

    def claim(self, name: str, ref: str) -> str:
        """Keep that a file belongs to this item, and so to no other."""
        demand(name in self.signed, f"is listed with {name}, which is not in the pack")
        demand(name not in self.owners, f"is listed with {name}, as {self.owners.get(name)} is")
        self.owners[name] = ref
        return name

    def check_item(self, item: Item) -> None:
        found = self.signed[self.claim(item.path, item.ref)], self.pack.members[item.path].size
        demand(found == (item.sha256, item.size), f"is not the file listed for {item.ref}")
        if item.table or item.table_sha256:
            table = self.claim(item.table, item.ref) if item.table else item.path
            same = self.signed[table] == item.table_sha256
            demand(same, "comes with another table than the one that was logged")
        places, kinds = [index for index, _ in item.entries], [kind for _, kind in item.entries]
        own = kinds[:1] == ["evidence"] and kinds.count("evidence") == 1
        demand(own and places == sorted(places), "lacks a log entry of its own before all others")
        decision: str | None = None
        for index, kind in item.entries:
            with self.blaming(f"leaves/{index}.json"):
                body = self.open_entry(index, kind, item)
                if kind == "evidence":
                    self.check_description(item, body)
                if kind == "review":
                    decision = self.check_review(item, body)
        open_or_returned = {None: "awaiting review", "returned": "returned"}
        fits = item.status in ("superseded", open_or_returned.get(decision, "current"))
        demand(fits, f"is listed as {item.status!r}, but its last review says {decision!r}")

    def open_entry(self, index: int, kind: str, item: Item) -> dict[str, Any]:
        """Return what an entry about the bytes of an item says."""
        body = self.open_body(index, kind, item.ref)
        demand(body["sha256"] == item.sha256, f"is no {kind} of these bytes as {item.ref}")
        return body

    def open_body(self, index: int, kind: str, ref: str) -> dict[str, Any]:
        """Return what an entry of this kind says of its subject."""
        leaf = self.open_leaf(index, ref)
        about = leaf["kind"], leaf["subject"]
        demand(about == (kind, ref), f"is no {kind} of these bytes as {ref}")
        return dict(leaf["body"])

    def open_leaf(self, index: int, ref: str) -> dict[str, Any]:
        """Return an entry of the log, once its proof leads from it to the root."""
        entry = self.pack.read(self.claim(f"leaves/{index}.json", ref))
        proof = self.pack.read(self.claim(f"proofs/{index}.tlog-proof", ref))
        match = PROOF.fullmatch(proof.decode())
        place, lines, note = match.groups() if match else ("", "", "")
        here = (place, note.encode()) == (str(index), self.log.note)
        demand(here, "has no proof of this place in the log at this checkpoint")
        path = [binascii.a2b_base64(line) for line in lines.splitlines()]
        root = climb(hashlib.sha256(b"\x00" + entry).digest(), index, self.log.size, path)
        demand(root == self.log.root, "is not in the log: its proof leads to another root")
        return dict(parse(entry))

    def check_findings(self) -> None:
        """Hold the words of each finding to the entries of the log, none of which may lack."""
        told = parse(self.pack.read(FINDINGS))["findings"]
        refs = [finding["ref"] for finding in told]
        demand(refs == list(self.findings), "tells of other findings than the manifest")
        for finding in told:
            steps = [entry["step"] for entry in finding["history"]]
            whole = steps and steps == list(range(1, len(steps) + 1))
            demand(whole, f"leaves out a part of the history of {finding['ref']}")
            last = finding["history"][-1]["state"]
            demand(finding["state"] == last, f"gives {finding['ref']} a state of its own")
            listed = [leaf["index"] for leaf in self.findings[finding["ref"]]["leaves"]]
            same = listed == [entry["leaf"] for entry in finding["history"]]
            demand(same, f"tells another history of {finding['ref']} than the manifest")
            for entry in finding["history"]:
                with self.blaming(f"leaves/{entry['leaf']}.json"):
                    self.check_finding_entry(finding, entry)

    def check_finding_entry(self, finding: dict[str, Any], entry: dict[str, Any]) -> None:
        leaf = self.open_leaf(entry["leaf"], finding["ref"])
        about = leaf["kind"], leaf["subject"], leaf["actor"]
        here = f"finding.{entry['kind']}", finding["ref"], entry["actor"]
        demand(about == here, f"is no entry of {finding['ref']} of this kind and author")
        body = leaf["body"]
        for name in ("step", "state", "side", "part", "exceptions", "population", "action", "due"):
            demand(body[name] == entry[name], f"was logged with another {name}")
        demand((body["evidence"] or "") == entry["evidence"], "was logged with other evidence")
        words = canonical({name: entry[name] for name in ("owner", "text", "value")})
        same = hashlib.sha256(words).hexdigest() == body["words_sha256"]
        demand(same, "was logged with other words")
        if entry["step"] == 1:
            names = ("control", "expectation", "from", "to", "source")
            same = all(body[name] == finding[name] for name in names)
            named = sha256_of(finding["title"]), sha256_of(finding["subject"]["ref"])
            same = same and named == (body["title_sha256"], body["subject_sha256"])
            demand(same, "was logged as a finding of something else")

    def check_requests(self) -> None:
        """Hold the threads of requests to the log, and their answers to the items of the pack."""
        told = parse(self.pack.read(REQUESTS))["requests"]
        refs = [request["ref"] for request in told]
        demand(refs == list(self.requests), "tells of other requests than the manifest")
        for request in told:
            listed = self.requests[request["ref"]]
            leaves = [leaf["index"] for leaf in listed["leaves"]]
            same = leaves == [entry["leaf"] for entry in request["thread"]] == sorted(leaves)
            demand(same, f"tells another thread of {request['ref']} than the manifest")
            bodies = []
            for entry in request["thread"]:
                with self.blaming(f"leaves/{entry['leaf']}.json"):
                    bodies.append(self.check_request_entry(request["ref"], entry))
            moves = [entry["kind"] for entry in request["thread"] if entry["kind"] in MOVES]
            same = {request["state"], listed["state"]} == {*moves[-1:]}
            demand(moves and same, f"gives {request['ref']} a state of its own")
            self.check_request_words(request, bodies)
        with self.blaming(REQUEST_LIST):
            self.check_request_list(told)

    def check_request_entry(self, ref: str, entry: dict[str, Any]) -> dict[str, Any]:
        """Return what was logged of an entry; its evidence is what lies in this pack."""
        leaf = self.open_leaf(entry["leaf"], ref)
        about = leaf["kind"], leaf["subject"], leaf["actor"]
        due = f"request.{entry['kind']}", ref, entry["actor"]
        demand(about == due, f"is no entry of {ref} of this kind and author")
        body = dict(leaf["body"])
        said = entry["side"], sha256_of(entry["text"])
        demand((body["side"], body["text_sha256"]) == said, "has other words")
        demand(body.get("evidence", []) == entry["evidence"], "was logged with other evidence")
        for answer in entry["evidence"]:
            item = self.items.get(answer["ref"])
            here = item and item.sha256 == answer["sha256"]
            demand(here, f"answers {ref} with {answer['ref']}, which is not in this pack")
        return body

    def check_request_words(self, request: dict[str, Any], bodies: list[dict[str, Any]]) -> None:
        """Hold the words to the last entry that asked or changed them."""
        worded = [body for body in bodies if "request_sha256" in body]
        demand(worded, f"has no entry with the words of {request['ref']}")
        body = worded[-1]
        named = sha256_of(request["title"]), sha256_of(request["text"])
        same = named == (body["title_sha256"], body["request_sha256"])
        told = request["controls"], request["due"] or "", request["owner"]
        same = same and told == (body["refs"], body["due"], body["owner"])
        demand(same, f"gives {request['ref']} other words than were logged")

    def check_request_list(self, requests: list[dict[str, Any]]) -> None:
        """Hold the list for people to the threads: the same requests, states and evidence."""
        header, *lines = self.rows(REQUEST_LIST)
        names = ("request", "state", "evidence")
        demand(set(names) <= set(header), f"lacks a column of {', '.join(names)}")
        places = [header.index(name) for name in names]
        rows = [tuple(row[place] for place in places) for row in lines]
        told = []
        for request in requests:
            handed_in = [one["evidence"] for one in request["thread"] if one["evidence"]][-1:]
            refs = " ".join(answer["ref"] for last in handed_in for answer in last)
            told.append((request["ref"], MOVES[request["state"]], refs))
        demand(rows == told, "tells of other requests, states or evidence than the threads")

    def check_description(self, item: Item, body: dict[str, Any]) -> None:
        logged = body["size"], body["metadata_sha256"]
        demand(logged == (item.size, item.metadata_sha256), "was logged with another description")
        replaced = self.items.get(body["supersedes"])
        told = body["supersedes"] is None or (replaced and replaced.status == "superseded")
        demand(told, f"replaced {body['supersedes']}, which is not listed as superseded")

    def check_review(self, item: Item, body: dict[str, Any]) -> str:
        """Return the decision of a review that somebody else than the preparer has made."""
        reviewer, preparer, decision = body["reviewer"], body["prepared_by"], body["decision"]
        demand(body["evidence"] == item.ref, f"is a review of {body['evidence']}")
        demand(reviewer and reviewer != preparer, f"was decided by the preparer, {reviewer}")
        return str(decision)

    # --- Step 7 ---
    def check_samples(self) -> str:
        self.places[self.engagement] = -1
        for sample in self.samples:
            with self.blaming(sample["path"]):
                self.check_sample(sample)
        kinds = Counter(sample["kind"] for sample in self.samples)
        draws, sealed, entries = kinds["draw"], kinds["population"], kinds["worksheet"]
        sentence = f"{draws} draws from {sealed} populations come out again"
        more = f"; {kinds['reversetest']} reverse tests too" if kinds["reversetest"] else ""
        more += f"; {kinds['walkthrough']} walkthroughs" if kinds["walkthrough"] else ""
        return f"Samples: {sentence}; {entries} entries of work sheets{more}" if kinds else ""

    def check_sample(self, sample: dict[str, Any]) -> None:
        kind, ref, index = sample["kind"], sample["ref"], sample["leaf"]["index"]
        folder, letter = SAMPLES[kind]
        parent = ref.rpartition("/")[0]
        number = self.counts[parent, kind] = self.counts.get((parent, kind), 0) + 1
        due = f"{parent}/{letter}{number}"
        demand(ref == due, f"is {ref}, where {due} comes next: one is missing")
        demand(parent in self.places, f"belongs to {parent}, which is not in the pack before it")
        own = ref[len(self.engagement) + 1 :].replace("/", "-")
        demand(sample["path"] == f"{folder}/{own}.json", "lies in another place than its own")
        demand(index > self.places[parent], f"was logged before {parent} was")
        raw = self.pack.read(self.claim(sample["path"], ref))
        with self.blaming(f"leaves/{index}.json"):
            body = self.open_body(index, kind, ref)
            same = body["record_sha256"] == hashlib.sha256(raw).hexdigest()
            demand(same, f"was logged over another record than {sample['path']}")
        record = parse(raw)
        if not self.failures:
            check = {"population": self.check_population, "draw": self.check_draw}
            check |= {"reversetest": self.check_reverse_test, "walkthrough": self.check_walkthrough}
            check |= {"reverseentry": self.check_reverse_entry}
            check.get(kind, self.check_worksheet)(ref, parent, record, body)
        self.places[ref], self.records[ref] = index, record

    def check_population(
        self, ref: str, parent: str, record: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Count the rows of the table anew, in all and by month."""
        if record["format"] != JOINED:
            self.require_version(record["format"], POPULATION)
        demand((record["ref"], record["engagement"]) == (ref, parent), f"is not about {ref}")
        is_joined = record["format"] == JOINED
        parts = self.check_parts(record) if is_joined else [record]
        known: dict[str, str] = {}
        months: list[str] = []
        self.months[ref] = months
        for part in parts:
            before = len(months)
            # One text for each month: a million rows share a dozen of them.
            months += (known.setdefault(cell, cell) for cell in self.month_cells(part, record))
            rows = part.get("rows", len(months) - before)
            demand(rows == len(months) - before, f"counts {rows} rows of {part['evidence']}")
        told = record["profile"]
        demand(len(months) == told["count"], f"counts {told['count']} rows of {len(months)}")
        same = not record["date_column"] or dict(Counter(months)) == told["months"]
        demand(same, "counts other rows by month than its table has")
        demand(body["table_sha256"] == record["table_sha256"], "was logged for another table")
        self.check_retrieval(record, parts)

    def check_parts(self, record: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the parts of a joined population, which lie one behind the other."""
        parts, period = list(record["parts"]), record["period"]
        digest = sha256_of("\n".join((JOIN, *(part["table_sha256"] for part in parts))))
        demand(digest == record["table_sha256"], "is not the digest of its parts in their order")
        due = date.fromisoformat(period["from"])
        for part in parts:
            start, end = (date.fromisoformat(part["period"][name]) for name in ("from", "to"))
            demand(due == start <= end, f"has a gap or an overlap before {part['evidence']}")
            due = end + timedelta(days=1)
        demand(due - timedelta(days=1) == date.fromisoformat(period["to"]), "ends before its end")
        return parts

    def check_retrieval(self, record: dict[str, Any], parts: list[dict[str, Any]]) -> None:
        """Hold what a population says of its origin to its parts, and these to their items."""
        for name in ("evidence", "evidence_sha256", "ipe_sha256"):
            demand(record[name] == parts[0][name], f"has another {name} than its first part")
        latest = max(part["retrieved_at"] for part in parts)
        demand(record["retrieved_at"] == latest, "was not retrieved when its last part was")
        for part in parts:
            self.check_origin(part, record["lag_days"])

    def check_origin(self, part: dict[str, Any], lag: int) -> None:
        """Hold what is said of a table's origin to its item; events must all have happened."""
        item = self.items[part["evidence"]]
        demand(
            part["evidence_sha256"] == item.sha256, f"is sealed over other bytes than {item.ref}"
        )
        demand(part["ipe_sha256"] == item.ipe_sha256, f"has another origin than {item.ref}")
        logged = parse(self.pack.read(f"leaves/{item.entries[0][0]}.json"))["body"]
        days = {"from": logged["covers_from"], "to": logged["covers_to"]}
        demand(part["period"] == days, f"is of other days than {item.ref}")
        asked = moment(logged["collected_at"])
        asked = min(asked, datetime.fromisoformat(item.started_at)) if item.started_at else asked
        same = moment(part["retrieved_at"]) == asked
        demand(same, f"was retrieved at another time than {item.ref}")
        whole = date.fromisoformat(days["to"]) + timedelta(days=1 + lag)
        settled = lag >= 0 and (asked + EASTERNMOST).date() >= whole
        told = (
            f"was retrieved at {part['retrieved_at']}, before {whole}: later events are not in it"
        )
        demand(settled or item.kind != "event", told)

    def month_cells(self, part: dict[str, Any], record: dict[str, Any]) -> Iterator[str]:
        """Yield the month of each row of a table, empty where it has no dates."""
        item = self.items[part["evidence"]]
        demand(part["table_sha256"] == item.table_sha256, f"is not the table of {item.ref}")
        csv.field_size_limit(LARGEST_TEXT)
        rows = csv.reader(self.pack.lines(item.table or item.path))
        header, column = next(rows), record["date_column"]
        same = "parts" not in record or header == record["columns"]
        demand(same, f"has other columns than the table of {item.ref}")
        place = header.index(column) if column else None
        for row in rows:
            yield "" if place is None else row[place][:7]

    def check_draw(
        self, ref: str, parent: str, record: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Draw again."""
        self.require_version(record["format"], DRAW)
        demand((record["ref"], record["population"]) == (ref, parent), f"is not about {ref}")
        sealed = self.records[parent]
        for name in ("table_sha256", "control", "period", "date_column"):
            demand(record[name] == sealed[name], f"has another {name} than {parent}")
        period, nonce = sealed["period"], record["nonce"]
        demand(nonce.isprintable(), "has a nonce with invisible characters")
        lines = (DRAW, sealed["table_sha256"], sealed["control"], period["from"], period["to"])
        seed = sha256_of("\n".join((*lines, nonce)))
        demand(seed == record["seed"], "has another seed than its population and nonce give")
        rows = draw_again(seed, record["method"], record["size"], self.months[parent])
        demand(rows == record["rows"], "names other rows than the seed draws")
        demand(len(rows) == record["size"], "names another number of rows than its size")
        digest = sha256_of("".join(f"{row}\n" for row in rows))
        logged = body["seed"], body["method"], body["size"], body["rows_sha256"], body["algorithm"]
        told = seed, record["method"], record["size"], digest, DRAW
        demand(logged == told, "is not the draw that was logged")
        self.letters[ref] = set()

    def check_worksheet(
        self, ref: str, parent: str, record: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Hold results against the rows and attributes of their draw."""
        self.require_version(record["format"], WORKSHEET)
        named = f"{record['draw']}/W{record['number']}"
        demand((named, body["draw"]) == (ref, parent), f"is not about {ref}")
        self.letters[parent] |= {one["letter"] for one in record.get("attributes", ())}
        rows = set(self.records[parent]["rows"])
        for one in record.get("results", ()):
            demand(one["row"] in rows, f"has a result of row {one['row']}, which was not drawn")
            known = one["attribute"] in self.letters[parent] and one["result"] in RESULTS
            demand(known, f"has a result that its sheet does not know, of row {one['row']}")
            here = not one["evidence"] or one["evidence"] in self.items
            demand(here, f"rests on {one['evidence']}, which is not in this pack")

    def table_rows(self, sealed: dict[str, Any]) -> Iterator[dict[str, str]]:
        """Yield every row of a sealed population by the names of its columns, part by part."""
        csv.field_size_limit(LARGEST_TEXT)
        for part in sealed.get("parts", [sealed]):
            item = self.items[part["evidence"]]
            rows = csv.reader(self.pack.lines(item.table or item.path))
            header = next(rows)
            for row in rows:
                yield {name: row[place] for place, name in enumerate(header)}

    def check_reverse_test(
        self, ref: str, parent: str, record: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Look everything up in the table again, or choose the rows again."""
        self.require_version(record["format"], REVERSE_TEST)
        demand((record["ref"], record["population"]) == (ref, parent), f"is not about {ref}")
        sealed = self.records[parent]
        for name in ("table_sha256", "control"):
            demand(record[name] == sealed[name], f"has another {name} than {parent}")
        count = len(self.months[parent])
        demand(record["rows_in_table"] == count, "counts other rows than its table has")
        demand(body["direction"] == record["direction"], "was logged in another direction")
        if record["direction"] == "completeness":
            self.check_looked_up(sealed, record, body)
        else:
            demand(record["direction"] == "accuracy", "goes in no direction that is known")
            self.check_chosen(sealed, record, body, self.months[parent])

    def check_looked_up(
        self, sealed: dict[str, Any], record: dict[str, Any], body: dict[str, Any]
    ) -> None:
        hits: dict[str, list[int]] = {one["id"]: [] for one in record["looked_up"]}
        demand(len(hits) == len(record["looked_up"]), "looks one id up twice")
        for number, row in enumerate(self.table_rows(sealed), 1):
            if row[record["column"]] in hits:
                hits[row[record["column"]]].append(number)
        for one in record["looked_up"]:
            found = hits[one["id"]]
            outcome = ("not found", "found", "found several times")[min(len(found), 2)]
            told = one["outcome"], one["count"], one["rows"]
            same = told == (outcome, len(found), found[:MOST_NAMED])
            demand(same, f"says of {one['id']!r} that it was {told[0]}, which its table does not")
        counts = Counter(one["outcome"] for one in record["looked_up"])
        logged = body["looked_up"], body["not_found"], body["several"]
        told_all = len(hits), counts["not found"], counts["found several times"]
        demand(logged == told_all, "is not the test that was logged")

    def check_chosen(
        self,
        sealed: dict[str, Any],
        record: dict[str, Any],
        body: dict[str, Any],
        months: list[str],
    ) -> None:
        rows, selection = record["rows"], record["selection"]
        real = rows and rows == sorted(set(rows)) and rows[0] >= 1 and rows[-1] <= len(months)
        demand(real, "chooses rows that its table does not have")
        if selection["by"] == "nonce":
            period = sealed["period"]
            lines = (DRAW, sealed["table_sha256"], sealed["control"], period["from"], period["to"])
            seed = hashlib.sha256("\n".join((*lines, selection["nonce"])).encode()).hexdigest()
            again = draw_again(seed, "random", selection["size"], months)
            same = (seed, again, DRAW) == (selection["seed"], rows, selection["algorithm"])
            demand(same, "chooses other rows than its nonce draws")
        else:
            demand(selection["by"] == "number", "does not say how its rows were chosen")
        digest = hashlib.sha256("".join(f"{row}\n" for row in rows).encode()).hexdigest()
        logged = body["rows_sha256"], body["rows"]
        demand(logged == (digest, len(rows)), "is not the choice that was logged")

    def check_reverse_entry(
        self, ref: str, parent: str, record: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Hold what the source is said to have shown against the rows of the list."""
        self.require_version(record["format"], REVERSE_ENTRY)
        about = record["ref"], record["test"], body["test"]
        demand(about == (ref, parent, parent), f"is not about {ref}")
        test, results = self.records[parent], record["results"]
        told = {one["row"]: one for one in results}
        demand(len(told) == len(results), "says two things of one row")
        demand(set(told) <= set(test.get("rows", ())), "has a row that was not chosen")
        exceptions = sum(one["outcome"] != "agrees" for one in results)
        logged = body["results"], body["exceptions"]
        demand(logged == (len(results), exceptions), "counts other exceptions than it tells")
        for number, row in enumerate(self.table_rows(self.records[test["population"]]), 1):
            one = told.get(number, {"differs": []})
            for cell in one["differs"]:
                real = row[cell["column"]] == cell["listed"] != cell["seen"]
                demand(real, f"tells of row {number} another {cell['column']} than the list has")
        for one in results:
            known = one["outcome"] in ("agrees", "differs", "not there")
            fits = known and bool(one["differs"]) == (one["outcome"] == "differs")
            demand(fits, f"has an outcome of row {one['row']} that its columns do not bear out")
            here = not one["evidence"] or one["evidence"] in self.items
            demand(here, f"rests on {one['evidence']}, which is not in this pack")

    def check_walkthrough(
        self, ref: str, parent: str, record: dict[str, Any], body: dict[str, Any]
    ) -> None:
        """Hold a walkthrough against its entry, and what it points to against the pack."""
        self.require_version(record["format"], WALKTHROUGH)
        demand((record["ref"], record["engagement"]) == (ref, parent), f"is not about {ref}")
        logged = body["control"], body["result"], body["steps"]
        told = record["control"], record["result"], len(record["steps"])
        demand(logged == told, "is not the walkthrough that was logged")
        demand(record["result"] in ("as described", "not as described"), "has no known result")
        demand(record["steps"] and record["asked"], "has no step, or asked nobody")
        cited = {shown for step in record["steps"] for shown in step["evidence"]}
        lost = sorted(cited - set(self.items))
        demand(not lost, f"points to what is not in the pack: {', '.join(lost)}")


def show(line: str) -> None:
    """Print a line; what a hostile pack put into it must not steer the terminal."""
    visible = "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
    encoding = sys.stdout.encoding or "ascii"
    print(visible.encode(encoding, "backslashreplace").decode(encoding))


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verify a Countersign evidence pack offline.")
    parser.add_argument("pack", type=Path, help="the ZIP file")
    parser.add_argument("--key", required=True, metavar="VKEY", help="name+id+base64 of the log")
    parser.add_argument(
        "--witness", action="append", default=[], metavar="VKEY", help="of one that you trust"
    )
    parser.add_argument("--held-checkpoint", type=Path, metavar="FILE", help="one that you kept")
    parser.add_argument("--scope", type=Path, metavar="FILE", help="refs that must be in the pack")
    parser.add_argument("--nonce", metavar="TEXT", help="yours, for which it must be sealed")
    parser.add_argument("--request", metavar="REF", help="that it must answer: ENG-2026-1/R4")
    parser.add_argument("--not-before", metavar="DAY", help="it must be sealed then or later")
    parser.add_argument("--within", type=int, metavar="DAYS", help="it must be sealed so lately")
    parser.add_argument("--tsa-ca", type=Path, metavar="FILE", help="let openssl check time-stamps")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="print the verdict only")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options, found = options_of(arguments), Verification()
    try:
        anchors = Anchors.of(options)
        with options.pack.open("rb") as file:
            found.run(file, anchors)
    except (CannotCheckError, OSError) as error:
        found.unchecked.append(str(error))
    except Exception as error:  # noqa: BLE001  # What breaks the verifier is no verdict on a pack.
        found.unchecked.append(f"it to the end, because this verifier failed: {error!r}")
    status = 1 if found.failures else 2 if found.unchecked else 0
    verdict = ("VALID", "INVALID", "COULD NOT CHECK")[status]
    lines = [f"ok    {sentence}" for sentence in found.passed]
    lines += [f"FAIL  {one['file']} {one['reason']}" for one in found.failures]
    lines += [f"      That means: {found.meaning}"] if found.meaning else []
    lines += [f"?     could not check {reason}" for reason in found.unchecked]
    if options.json:
        told = {"verdict": verdict, "exit_status": status, "passed": found.passed}
        told |= {"failures": found.failures, "unchecked": found.unchecked}
        told |= {"meaning": found.meaning}
        print(json.dumps(told, indent=2))
        return status
    for line in [] if options.quiet else lines:
        show(line)
    show(verdict)
    return status


if __name__ == "__main__":
    sys.exit(main())
