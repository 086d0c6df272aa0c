"""Whoever carries a pack can change its bytes but not sign them: every change is refused."""

import base64
import json
from collections.abc import Callable

import pytest

from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import KEY, UNSUMMED, LogKey, good
from tests.reports.verifier.trees import canonical, sha256
from tests.reports.verifier.zips import zipped

FIRST = "evidence/EV-000001/staff_mfa 2026-01.csv"
STATEMENT = "statement.dsse.json"
IMPOSTOR = LogKey.of(b"somebody else")
GOOD = good().seal()
BYTES = zipped(GOOD)

Files = dict[str, bytes]


def changed(files: Files, name: str, content: bytes) -> Files:
    return files | {name: content}


def without(files: Files, *names: str) -> Files:
    return {name: content for name, content in files.items() if name not in names}


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def with_sums(files: Files) -> Files:
    """Recompute the checksums, as anybody can."""
    names = sorted(set(files) - set(UNSUMMED))
    sums = "".join(f"{sha256(files[name])}  {name}\n" for name in names)
    return changed(files, "SHA256SUMS", sums.encode())


def envelope(**changes: object) -> bytes:
    return canonical(json.loads(GOOD[STATEMENT]) | changes)


def payload(change: Callable[[dict[str, object]], object]) -> str:
    """Return the payload of the statement after a change that nobody has signed."""
    statement = json.loads(base64.b64decode(json.loads(GOOD[STATEMENT])["payload"]))
    change(statement)
    return base64.b64encode(canonical(statement)).decode()


def manifest(change: Callable[[list[object]], object]) -> bytes:
    told = json.loads(GOOD["manifest.json"])
    change(told["items"])
    return canonical(told)


def signature(change: Callable[[bytes], bytes]) -> bytes:
    told = json.loads(GOOD[STATEMENT])
    signed = base64.b64decode(told["signatures"][0]["sig"])
    told["signatures"][0]["sig"] = base64.b64encode(change(signed)).decode()
    return canonical(told)


def swapped(files: Files, one: str, other: str) -> Files:
    return files | {one: files[other], other: files[one]}


NOT_SIGNED = "is not the file that was signed"
UNFIT = "has a signature that does not fit its text"
CHANGES: list[tuple[str, Files, str, str]] = [
    (
        "a flipped byte",
        changed(GOOD, FIRST, flipped(GOOD[FIRST], 3)),
        FIRST,
        NOT_SIGNED,
    ),
    (
        "a flipped byte with the checksums recomputed",
        with_sums(changed(GOOD, FIRST, flipped(GOOD[FIRST], 3))),
        FIRST,
        NOT_SIGNED,
    ),
    (
        "other line endings",
        changed(GOOD, FIRST, GOOD[FIRST].replace(b"\r\n", b"\n")),
        FIRST,
        NOT_SIGNED,
    ),
    ("an emptied file", changed(GOOD, FIRST, b""), FIRST, NOT_SIGNED),
    (
        "a row of the manifest deleted",
        with_sums(changed(GOOD, "manifest.json", manifest(lambda items: items.pop()))),
        "manifest.json",
        NOT_SIGNED,
    ),
    (
        "the rows of the manifest reordered",
        changed(GOOD, "manifest.json", manifest(lambda items: items.reverse())),
        "manifest.json",
        NOT_SIGNED,
    ),
    ("checksums alone changed", changed(GOOD, "SHA256SUMS", b""), "SHA256SUMS", NOT_SIGNED),
    (
        "the contents of two items swapped",
        swapped(GOOD, FIRST, "evidence/EV-000002/restore.xlsx"),
        FIRST,
        NOT_SIGNED,
    ),
    (
        "two inclusion proofs swapped",
        swapped(GOOD, "proofs/1.tlog-proof", "proofs/3.tlog-proof"),
        "proofs/1.tlog-proof",
        NOT_SIGNED,
    ),
    (
        "the verifier in the pack replaced",
        changed(GOOD, "verify.py", b"print('VALID')\n"),
        "verify.py",
        NOT_SIGNED,
    ),
    ("an item's file removed", without(GOOD, FIRST), FIRST, "is signed, but is not in the pack"),
    (
        "an unsigned file added",
        changed(GOOD, "evidence/EV-000001/more.csv", b"x"),
        "evidence/EV-000001/more.csv",
        "is in the pack, but is not signed",
    ),
    (
        "the statement removed",
        without(GOOD, STATEMENT),
        "the pack",
        "lacks statement.dsse.json",
    ),
    ("the cover removed", without(GOOD, "cover.pdf"), "the pack", "lacks its one cover"),
    (
        "a second cover added",
        changed(GOOD, "cover.html", b"<p>all is well"),
        "the pack",
        "lacks its one cover",
    ),
    (
        "the signatures removed",
        changed(GOOD, STATEMENT, envelope(signatures=[])),
        STATEMENT,
        "is not signed by the log",
    ),
    (
        "the statement edited under its old signature",
        changed(GOOD, STATEMENT, envelope(payload=payload(lambda one: one["subject"].pop()))),  # type: ignore[attr-defined]
        STATEMENT,
        UNFIT,
    ),
    (
        "the payload type changed",
        changed(GOOD, STATEMENT, envelope(payloadType="application/json")),
        STATEMENT,
        UNFIT,
    ),
    (
        "a flipped bit of the signature",
        changed(GOOD, STATEMENT, signature(lambda one: flipped(one, 40))),
        STATEMENT,
        UNFIT,
    ),
    (
        "a signature cut short",
        changed(GOOD, STATEMENT, signature(lambda one: one[:63])),
        STATEMENT,
        "has a signature that is not Ed25519",
    ),
    (
        "a signature with a scalar beyond the order",
        changed(
            GOOD,
            STATEMENT,
            signature(lambda one: one[:32] + (2**253).to_bytes(32, "little")),
        ),
        STATEMENT,
        "has a signature that is not Ed25519",
    ),
    (
        "a signature whose nonce has low order",
        changed(GOOD, STATEMENT, signature(lambda one: b"\1" + bytes(31) + one[32:])),
        STATEMENT,
        "low order",
    ),
    (
        "a signature whose nonce is not canonical",
        changed(
            GOOD,
            STATEMENT,
            signature(lambda one: (2**255 - 16).to_bytes(32, "little") + one[32:]),
        ),
        STATEMENT,
        "is not encoded as one",
    ),
    (
        "the statement with a name twice",
        changed(GOOD, STATEMENT, GOOD[STATEMENT].replace(b"{", b'{"payload":"",', 1)),
        STATEMENT,
        "is JSON with names repeated or out of order",
    ),
    (
        "the statement with a space more",
        changed(GOOD, STATEMENT, GOOD[STATEMENT] + b"\n"),
        STATEMENT,
        "is not canonical JSON",
    ),
    (
        "the statement nested without end",
        changed(GOOD, STATEMENT, b"[" * 200_000),
        STATEMENT,
        "is JSON that nests too deep",
    ),
    ("the statement empty", changed(GOOD, STATEMENT, b"{}"), STATEMENT, "lacks something"),
    ("the statement another thing", changed(GOOD, STATEMENT, b"[]"), STATEMENT, "lacks something"),
    ("the statement not text", changed(GOOD, STATEMENT, b"\xff"), STATEMENT, "utf-8"),
    (
        "the statement in another base64",
        changed(GOOD, STATEMENT, envelope(payload=payload(lambda _: None) + "\n")),
        STATEMENT,
        "holds base64 in another than its one canonical form",
    ),
    ("everything signed by somebody else", good().seal(IMPOSTOR), STATEMENT, "is not signed by"),
    (
        "the statement of another pack",
        changed(GOOD, STATEMENT, good(period="2026-02").seal()[STATEMENT]),
        FIRST,
        "is in the pack, but is not signed",
    ),
]


@pytest.mark.parametrize(
    ("files", "file", "reason"),
    [row[1:] for row in CHANGES],
    ids=[row[0] for row in CHANGES],
)
def test_it_refuses_changed_files(verified: Verifier, files: Files, file: str, reason: str) -> None:
    outcome = verified(zipped(files))
    assert outcome.refuses(file, reason), outcome


def test_another_key_of_the_same_name_does_not_open_the_pack(verified: Verifier) -> None:
    outcome = verified(BYTES, key=IMPOSTOR.vkey)
    assert outcome.refuses(STATEMENT, f"is not signed by the log {KEY.name}"), outcome


def test_the_key_of_another_tenant_does_not_open_the_pack(verified: Verifier) -> None:
    other = LogKey.of(b"the log", "log.example/other")
    assert verified(BYTES, key=other.vkey).refuses(STATEMENT, "is not signed by the log")


def test_a_key_that_only_borrows_the_key_id_does_not_sign(verified: Verifier) -> None:
    forged = json.loads(good().seal(IMPOSTOR)[STATEMENT])
    forged["signatures"][0]["keyid"] = KEY.key_id.hex()
    outcome = verified(zipped(changed(GOOD, STATEMENT, canonical(forged))))
    assert outcome.refuses(STATEMENT, UNFIT), outcome
