"""A witness (C2SP tlog-witness) on the loopback that keeps to its specification, for tests."""

import base64
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence import merkle, signed_note
from evidence.cosignature import Witness

Answer = tuple[int, str, str]


@dataclass
class Watcher:
    """Knows logs by their verifier keys, and of each the size and root that it cosigned last."""

    name: str = "witness.example/w1"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    logs: dict[str, str] = field(default_factory=dict)
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    clock: float = 0.0

    @property
    def witness(self) -> Witness:
        return Witness(self.name, self.key.public_key().public_bytes_raw(), self.url)

    @property
    def setting(self) -> str:
        return f"{self.witness.vkey} {self.url}".strip()

    def trust(self, vkey: str) -> None:
        self.logs[vkey.partition("+")[0]] = vkey

    def line(self, text: str) -> str:
        """Return the cosignature of a checkpoint, made without the code that is tested."""
        seconds = int(time.time() + self.clock)
        signature = self.key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
        blob = self.witness.key_id + struct.pack(">Q", seconds) + signature
        return f"— {self.name} {base64.b64encode(blob).decode()}\n"

    def add_checkpoint(self, body: str) -> Answer:
        """Answer as section add-checkpoint of the specification says."""
        self.asked.append(body)
        head, _, note = body.partition("\n\n")
        first, *proof = head.split("\n")
        old = int(first.removeprefix("old "))
        stated = signed_note.Checkpoint.from_text(signed_note.text_of(note))
        if stated.origin not in self.logs:
            return 404, "text/plain", "unknown log\n"
        try:
            trusted = signed_note.Verifier.from_vkey(self.logs[stated.origin])
            text = signed_note.open_note(note, [trusted])
        except signed_note.NoteError:
            return 403, "text/plain", "no signature of a key that is trusted\n"
        if old > stated.size:
            return 400, "text/plain", "old is larger than the checkpoint\n"
        size, root = self.seen.get(stated.origin, (0, b""))
        if old != size or (old == stated.size and size and root != stated.root):
            return 409, "text/x.tlog.size", f"{size}\n"
        hashes = [base64.b64decode(line) for line in proof]
        try:
            if old:
                merkle.verify_consistency(old, root, stated.size, stated.root, hashes)
            elif hashes:
                return 422, "text/plain", "a proof from nothing is empty\n"
        except merkle.ProofError:
            return 422, "text/plain", "the proof does not hold\n"
        self.seen[stated.origin] = stated.size, stated.root
        return 200, "text/plain", self.line(text)


@contextmanager
def served(watcher: Watcher) -> Iterator[Watcher]:
    """Let a witness answer on the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            known = self.path == "/w/add-checkpoint"
            status, kind, said = watcher.add_checkpoint(body) if known else (405, "text/plain", "")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    watcher.url = f"http://127.0.0.1:{server.server_port}/w/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield watcher
    finally:
        server.shutdown()
        server.server_close()
