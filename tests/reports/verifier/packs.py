"""Packs to verify: a small builder of good packs, made without our own writer, and of bent ones."""

import base64
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey

import reports
from tests.reports.verifier.counted import entries_body
from tests.reports.verifier.trees import canonical, history_of, path_of, root_of, sha256
from tests.reports.verifier.zips import zipped

ORIGIN = "log.example/countersign"
PREDICATE_TYPE = "https://countersign.invalid/pack/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
CHECKPOINT = "checkpoint.txt"
STATEMENT, BUNDLE = "statement.dsse.json", "statement.sigstore.json"
UNSUMMED = ("SHA256SUMS", STATEMENT, BUNDLE)
SEALED_AT = "2026-11-21T10:00:00.000000Z"
VERIFIER = Path(reports.__file__).parent / "verifier" / "verify.py"

Json = dict[str, Any]


@dataclass(frozen=True)
class LogKey:
    """The signing key of a log."""

    private: Ed25519PrivateKey
    name: str = ORIGIN

    @classmethod
    def of(cls, seed: bytes, name: str = ORIGIN) -> "LogKey":
        return cls(Ed25519PrivateKey.from_private_bytes(seed.ljust(32, b"\0")), name)

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        named = self.name.encode() + b"\n\x01" + self.public
        return hashlib.sha256(named).digest()[:4]

    @property
    def vkey(self) -> str:
        encoded = base64.b64encode(b"\x01" + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def note(self, text: str) -> str:
        signature = base64.b64encode(self.key_id + self.private.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {signature}\n"

    def envelope(self, payload: bytes, payload_type: str = PAYLOAD_TYPE) -> Json:
        """Sign by securesystemslib, an implementation of DSSE that is not ours."""
        key = SSlibKey(self.key_id.hex(), "ed25519", "ed25519", {"public": self.public.hex()})
        envelope = Envelope(payload, payload_type, {})
        envelope.sign(CryptoSigner(self.private, key))
        return dict(envelope.to_dict())


KEY = LogKey.of(b"the log")


@dataclass
class Log:
    """The leaves of a log, and what it says of itself at its present size."""

    leaves: list[bytes] = field(default_factory=list)

    def append(self, kind: str, subject: str, body: Json, actor: str = "system") -> int:
        """Log an entry; that of the pack, which must be the last one, makes place for it."""
        if self.leaves and json.loads(self.leaves[-1])["kind"] == "pack":
            self.leaves.pop()
        leaf = {
            "actor": actor,
            "body": body,
            "kind": kind,
            "recorded_at": f"2026-07-01T10:00:{len(self.leaves) % 60:02}.000000Z",
            "subject": subject,
        }
        self.leaves.append(canonical(leaf))
        return len(self.leaves) - 1

    @property
    def hashes(self) -> list[bytes]:
        return [hashlib.sha256(b"\0" + leaf).digest() for leaf in self.leaves]

    @property
    def root(self) -> bytes:
        return root_of(self.hashes)

    def checkpoint(self, key: LogKey = KEY, size: int | None = None) -> str:
        hashes = self.hashes[:size]
        root = base64.b64encode(root_of(hashes)).decode()
        return key.note(f"{key.name}\n{len(hashes)}\n{root}\n")

    def proof(self, index: int, note: str) -> bytes:
        lines = "".join(
            base64.b64encode(one).decode() + "\n" for one in path_of(index, self.hashes)
        )
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{lines}\n{note}".encode()


def bundled(envelope: bytes, key: LogKey = KEY) -> bytes:
    """Put an envelope into a Sigstore bundle."""
    return canonical(
        {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "dsseEnvelope": json.loads(envelope),
            "verificationMaterial": {"publicKey": {"hint": key.key_id.hex()}},
        }
    )


def listing(items: Iterable[Json]) -> bytes:
    """Write index.csv, with the columns that say what the manifest says and one more."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(["Item", "Title", "Status", "File in this pack", "SHA-256"])
    for item in items:
        named = item["ref"], item["metadata"].get("title", ""), item["status"]
        lines.writerow([*named, item["path"], item["sha256"]])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


@dataclass
class Draft:
    """A pack before it is sealed: what an insider with the key could bend and seal again."""

    log: Log
    files: dict[str, bytes]
    manifest: Json
    predicate: Json = field(default_factory=dict)
    statement: Json = field(default_factory=dict)

    continues: int = 0
    """The size of the log at the pack that this auditor received before."""

    def item(self, ref: str) -> Json:
        return next(item for item in self.manifest["items"] if item["ref"] == ref)

    def seal(self, key: LogKey = KEY, payload_type: str = PAYLOAD_TYPE) -> dict[str, bytes]:
        """Return all files of the pack: manifest, lists, checksums and statement made to fit."""
        kinds = ("items", "samples", "findings", "requests")
        told = [one for kind in kinds for one in self.manifest.get(kind, ()) if "ref" in one]
        files = {
            "manifest.json": canonical(self.manifest),
            "index.csv": listing(one for one in told if "metadata" in one),
            "scope.txt": "".join(f"{one['ref']}\n" for one in told).encode(),
        } | self.files
        summed = sorted(name for name in files if name not in UNSUMMED)
        sums = "".join(f"{sha256(files[name])}  {name}\n" for name in summed)
        files = {"SHA256SUMS": sums.encode()} | files
        manifest, log = self.manifest, self.manifest["log"]
        predicate = {
            "pack": manifest["pack"],
            "engagement": manifest["engagement"]["ref"],
            "sealed_at": manifest["sealed_at"],
            "bound_to": manifest["bound_to"],
            "origin": log["origin"],
            "log_size": log["size"],
            "manifest_sha256": sha256(files["manifest.json"]),
        }
        subjects = [
            {"name": name, "digest": {"sha256": sha256(files[name])}} for name in sorted(files)
        ]
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subjects,
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate | self.predicate,
        }
        envelope = canonical(key.envelope(canonical(statement | self.statement), payload_type))
        return files | {STATEMENT: envelope, BUNDLE: bundled(envelope, key)}

    def pack(self, key: LogKey = KEY) -> bytes:
        return zipped(self.seal(key))


def good(*, period: str = "2026-01", seed: int = 0) -> Draft:
    """Return a pack of four items: reviewed, with a table, superseded, and replaced."""
    log = Log()
    log.append("genesis", "log", {"installation": f"test-{seed}"})
    files = {
        "README.txt": b"How to read this pack.\n",
        "cover.pdf": b"%PDF-1.7 a cover\n",
        "index.xlsx": b"PK an index",
        "shortfall.csv": b"expectation,control,from,to,state,reason\r\n",
        "findings.csv": b"finding,state\r\n",
        "findings.json": canonical({"format": "countersign-findings/v1", "findings": []}),
        "requests.csv": b"request,state,evidence\r\n",
        "requests.json": canonical({"format": "countersign-requests/v1", "requests": []}),
        "verify.py": VERIFIER.read_bytes(),
    }
    draft = Draft(log, files, about(period))
    add(draft, "EV-000001", f"staff_mfa {period}.csv", b"user,mfa\r\nalice,yes\r\n")
    add(draft, "EV-000002", "restore.xlsx", b"PK a workbook", table=b"table,rows\nusers,3\n")
    add(draft, "EV-000003", "Übersicht.pdf", b"%PDF an old version", status="superseded")
    add(draft, "EV-000004", "Übersicht.pdf", b"%PDF a new one", supersedes="EV-000003")
    log.append("run", "uptime_probe", {"state": "failed"})
    add(draft, "EV-000005", "empty.txt", b"", status="awaiting review", reviewed=False)
    finish(draft)
    return draft


def about(period: str) -> Json:
    return {
        "format": "countersign-pack/v1",
        "pack": "ENG-2026-1/1",
        "engagement": {
            "ref": "ENG-2026-1",
            "title": "SOC 2 Type 2",
            "framework": "TSC 2017/2022",
            "categories": [{"name": "Security", "reason": "always"}],
            "window_from": f"{period}-01",
            "window_to": f"{period}-28",
        },
        "organisation": "Example Payments Ltd",
        "sealed_at": SEALED_AT,
        "as_of": SEALED_AT,
        "bound_to": {"nonce": None, "request": None},
        "log": {},
        "items": [],
        "findings": [],
        "requests": [],
        "samples": [],
        "tokens": [],
        "tokens_missing": [],
        "shortfall": [
            {
                "expectation": "uptime",
                "control": "AV-01",
                "from": f"{period}-01",
                "to": f"{period}-07",
                "state": "missed",
                "reason": "the run failed",
            }
        ],
    }


def add(
    draft: Draft,
    ref: str,
    filename: str,
    content: bytes,
    *,
    table: bytes | None = None,
    status: str = "current",
    supersedes: str | None = None,
    reviewed: bool = True,
    kind: str = "state",
    said: Mapping[str, object] | None = None,
) -> None:
    """Add an item with its leaves: one of the evidence, one of the review."""
    path = f"evidence/{ref}/{filename}"
    draft.files[path] = content
    if table is not None:
        draft.files[f"tables/{ref}.csv"] = table
    metadata: Json = {"title": f"Title of {ref}", "kind": kind, "prepared_by": "user:1"}
    if filename.endswith((".csv", ".xlsx")):
        logged = content if table is None else table
        metadata["population"] = {"row_count": 1, "table_sha256": sha256(logged), "ipe": {}}
    item = {
        "ref": ref,
        "path": path,
        "sha256": sha256(content),
        "size": len(content),
        "table": None if table is None else f"tables/{ref}.csv",
        "metadata": metadata,
        "leaves": [],
        "controls": ["AC-01"],
        "criteria": ["CC6.1"],
        "expectations": ["staff-mfa-state"],
        "status": status,
    }
    draft.manifest["items"].append(item)
    record(draft, item, "evidence", evidence_body(item, supersedes) | dict(said or {}))
    if reviewed:
        record(draft, item, "review", review_body(item))


def evidence_body(item: Json, supersedes: str | None = None) -> Json:
    return {
        "uid": f"uid of {item['ref']}",
        "version": 1,
        "sha256": item["sha256"],
        "size": item["size"],
        "metadata_sha256": sha256(canonical(item["metadata"])),
        "collected_at": "2026-01-31T10:00:00.000000Z",
        "received_at": "2026-01-31T10:00:01.000000Z",
        "covers_from": "2026-01-01",
        "covers_to": "2026-01-31",
        "run": "",
        "expectations": item["expectations"],
        "supersedes": supersedes,
    }


def review_body(item: Json, **changes: object) -> Json:
    return {
        "evidence": item["ref"],
        "sha256": item["sha256"],
        "decision": "accepted",
        "reviewer": "user:2",
        "prepared_by": "user:1",
    } | changes


def record(draft: Draft, item: Json, kind: str, body: Json, subject: str = "") -> None:
    """Log an entry of an item and list it in the manifest."""
    index = draft.log.append(kind, subject or item["ref"], body)
    item["leaves"].append(
        {
            "index": index,
            "kind": kind,
            "path": f"leaves/{index}.json",
            "proof": f"proofs/{index}.tlog-proof",
        }
    )


def seal_body(draft: Draft) -> Json:
    told, bound = draft.manifest, draft.manifest["bound_to"]
    return {
        "engagement": told["engagement"]["ref"],
        "selection_sha256": sha256(b"a selection"),
        "as_of": told["as_of"],
        "sealed_at": told["sealed_at"],
        "nonce_sha256": sha256(bound["nonce"].encode()) if bound["nonce"] else None,
        "request": bound["request"],
        **{name: len(told[name]) for name in ("items", "shortfall", "findings", "requests")},
        **entries_body(told),
    }


def consistency(draft: Draft) -> Json:
    log, size = draft.log, draft.continues
    told = {"format": "countersign-consistency/v1", "to": state_of(log, len(log.leaves))}
    if not size:
        none: Json = {"from": None, "pack": None, "checkpoint": None, "proof": []}
        return told | none | {"reason": "No pack was sealed for this auditor before."}
    hashes = history_of(size, log.hashes)
    return told | {
        "from": state_of(log, size),
        "pack": "ENG-2025-1/1",
        "checkpoint": log.checkpoint(size=size),
        "proof": [base64.b64encode(hashed).decode() for hashed in hashes],
        "reason": "",
    }


def aim(draft: Draft, size: int, root: str) -> None:
    """Let manifest and consistency.json tell of another log."""
    draft.manifest["log"] |= {"size": size, "root": root}
    told = json.loads(draft.files["consistency.json"]) | {"to": {"size": size, "root": root}}
    draft.files["consistency.json"] = canonical(told)


def state_of(log: Log, size: int) -> Json:
    return {"size": size, "root": root_of(log.hashes[:size]).hex()}


def finish(draft: Draft, note: str = "") -> None:
    """Log the pack itself as the last entry, and write what follows from the log as of then."""
    for name in ("path", "proof"):
        draft.files.pop(draft.manifest.get("seal", {}).get(name), None)
    index = draft.log.append("pack", draft.manifest["pack"], seal_body(draft))
    seal = {"index": index, "path": f"leaves/{index}.json", "proof": f"proofs/{index}.tlog-proof"}
    draft.manifest["seal"] = seal
    settle(draft, note)


def settle(draft: Draft, note: str = "") -> None:
    """Write the checkpoint, the leaves and their proofs as the log now stands."""
    note = note or draft.log.checkpoint()
    draft.files["consistency.json"] = canonical(consistency(draft))
    draft.files["checkpoint.txt"] = note.encode()
    size = len(draft.log.leaves)
    draft.manifest["log"] = {"origin": ORIGIN, "size": size, "root": draft.log.root.hex()}
    listed = [leaf for item in draft.manifest["items"] for leaf in item["leaves"]]
    for leaf in [draft.manifest["seal"], *listed]:
        draft.files[leaf["path"]] = draft.log.leaves[leaf["index"]]
        draft.files[leaf["proof"]] = draft.log.proof(leaf["index"], note)
