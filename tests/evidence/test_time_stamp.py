"""Time-stamps of checkpoints, from a real `openssl ts` behind a server of the loopback."""

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import rfc3161_client
from pytest_django import Settings

from evidence import anchoring, checkpoint
from evidence.anchors import time_stamp
from evidence.anchors.note import Note
from evidence.errors import AnchorError
from evidence.log_models import Deposit, TimeStamp
from evidence.models import Checkpoint
from tests.conftest import demand
from tests.evidence.test_signing import grow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

_CONF = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """A time-stamp authority with its own root; `spoils` makes it answer about other bytes."""

    folder: Path
    url: str = ""
    spoils: bool = False

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def run(self, *arguments: str) -> None:
        command = [demand("openssl", "openssl"), *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def set_up(self) -> None:
        (self.folder / "serial").write_text("01")
        (self.folder / "tsa.conf").write_text(_CONF.format(folder=self.folder))
        (self.folder / "ext").write_text(
            "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n"
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        )
        new = ("req", "-newkey", "rsa:2048", "-nodes")
        self.run(
            *(*new, "-x509", "-days", "30", "-subj", "/CN=Test root"),
            *("-addext", "keyUsage=critical,keyCertSign"),
            *("-keyout", "root.key", "-out", "root.pem"),
        )
        self.run(*new, "-subj", "/CN=Test authority", "-keyout", "tsa.key", "-out", "tsa.csr")
        self.run(
            *("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key"),
            *("-set_serial", "7", "-days", "30", "-extfile", "ext", "-out", "tsa.pem"),
        )

    def answer(self, query: bytes) -> bytes:
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            asked, told = Path(folder) / "q.tsq", Path(folder) / "a.tsr"
            asked.write_bytes(query)
            if self.spoils:
                (Path(folder) / "other").write_bytes(b"other bytes")
                self.run(
                    *("ts", "-query", "-data", f"{folder}/other", "-sha512", "-cert"),
                    *("-out", str(asked)),
                )
            self.run(
                *("ts", "-reply", "-config", "tsa.conf", "-section", "own"),
                *("-queryfile", str(asked), "-signer", "tsa.pem", "-inkey", "tsa.key"),
                *("-out", str(told)),
            )
            return told.read_bytes()


def serve(authority: Authority) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority.url = f"http://127.0.0.1:{server.server_port}/tsa"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("tsa"))
    made.set_up()
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def trusted(authority: Authority, settings: Settings) -> Authority:
    settings.TIME_STAMP_URLS = [authority.url]
    settings.TIME_STAMP_ROOTS = str(authority.root)
    authority.spoils = False
    return authority


def signed() -> Checkpoint:
    grow(3)
    return checkpoint.sign()


def test_openssl_verifies_the_token_over_the_checkpoint(trusted: Authority, tmp_path: Path) -> None:
    row = signed()
    anchoring.deposit(row, "time_stamp")
    (tmp_path / "checkpoint.txt").write_text(row.note, encoding="utf-8")
    (tmp_path / "token.tsr").write_bytes(bytes(TimeStamp.objects.get().token))
    trusted.run(
        *("ts", "-verify", "-data", str(tmp_path / "checkpoint.txt")),
        *("-in", str(tmp_path / "token.tsr"), "-CAfile", str(trusted.root)),
    )
    assert "127.0.0.1" in Deposit.objects.get(is_done=True).receipt
    (tmp_path / "checkpoint.txt").write_text(row.note + "more", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        trusted.run(
            *("ts", "-verify", "-data", str(tmp_path / "checkpoint.txt")),
            *("-in", str(tmp_path / "token.tsr"), "-CAfile", str(trusted.root)),
        )


def test_each_authority_is_asked_once(trusted: Authority) -> None:
    note = Note.of(signed())
    assert time_stamp.deposit(note) == time_stamp.deposit(note)
    assert TimeStamp.objects.count() == 1


def test_a_token_of_a_stranger_is_refused(
    trusted: Authority, tmp_path: Path, settings: Settings
) -> None:
    stranger = Authority(tmp_path)
    stranger.set_up()
    settings.TIME_STAMP_ROOTS = str(stranger.root)
    with pytest.raises(AnchorError, match="does not hold"):
        time_stamp.deposit(Note.of(signed()))
    assert not TimeStamp.objects.exists()


def test_a_token_over_something_else_is_refused(trusted: Authority) -> None:
    trusted.spoils = True
    with pytest.raises(AnchorError, match="does not hold"):
        time_stamp.deposit(Note.of(signed()))
    assert not TimeStamp.objects.exists()


def test_without_the_check_such_a_token_would_be_kept(
    trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack (42) succeeds against a copy that believes what it is sent."""
    trusted.spoils = True
    believes = type("Believes", (), {"verify_message": lambda *_: True})
    monkeypatch.setattr(rfc3161_client.VerifierBuilder, "build", lambda _self: believes())
    time_stamp.deposit(Note.of(signed()))
    assert TimeStamp.objects.exists()


def test_one_that_does_not_answer_leaves_the_tokens_of_the_others(
    trusted: Authority, settings: Settings
) -> None:
    settings.TIME_STAMP_URLS = ["http://user:hunter2@127.0.0.1:9/tsa", trusted.url]
    with pytest.raises(AnchorError, match=r"127.0.0.1:9/tsa: It did not answer") as refused:
        time_stamp.deposit(Note.of(signed()))
    assert "hunter2" not in str(refused.value)
    assert TimeStamp.objects.get().authority == trusted.url


def test_roots_that_cannot_be_read_are_told(trusted: Authority, settings: Settings) -> None:
    settings.TIME_STAMP_ROOTS = "/nonexistent.pem"
    with pytest.raises(AnchorError, match="TIME_STAMP_ROOTS"):
        time_stamp.deposit(Note.of(signed()))
