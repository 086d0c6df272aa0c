#!/usr/bin/env python3
"""Hands evidence in to Countersign from anywhere: one file, no other library, Python 3.9 or later.

    push.py send report.pdf --field title="Restore test" --field evidence_type=test_result ...
    push.py flush

COUNTERSIGN_URL and COUNTERSIGN_TOKEN (or COUNTERSIGN_TOKEN_FILE) say where to and as whom. What
cannot be sent now is kept in a spool folder and sent by the next `flush`. Rules:
- Each item has an idempotency key, by default a digest of all that it says: what is sent twice is
  taken in once.
- An item in the spool is signed (HMAC-SHA256 with a key made from the token); one that was changed
  there is not sent.
- The digest of the file goes along, so that the server refuses what was damaged on the way.
- The token goes to the named server only: no redirect is followed, and plain HTTP is refused but to
  this machine.

Exit codes: 0 taken in, 75 kept in the spool for later, 1 refused, 2 wrongly called.
"""

import argparse
import hashlib
import hmac
import json
import os
import secrets
import ssl
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Dict, List, Tuple
from urllib.parse import urlsplit

LATER = 75
PASSING = {408, 425, 429, 500, 502, 503, 504}
SECONDS = 120
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
Fields = List[Tuple[str, str]]


class Refused(Exception):
    """The item will not be taken in as it is; the words say why."""


class Unreachable(Exception):
    """The item could not be handed in now; it may be later."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_asked: Any) -> None:
        return None


class Server:
    """Where evidence goes, and as whom."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise Refused("COUNTERSIGN_URL must begin with https://")
        self.url = url.rstrip("/")
        self.token = token
        context = ssl.create_default_context()
        self._opener = urllib.request.build_opener(
            _NoRedirect(), urllib.request.HTTPSHandler(context=context)
        )

    def send(self, item: Dict[str, Any], content: bytes) -> Dict[str, Any]:
        """Hand one item in and return the receipt; raises Refused, Unreachable."""
        body, kind = multipart(item["fields"], item["filename"], content)
        headers = {
            "Authorization": "Bearer " + self.token,
            "Content-Type": kind,
            "Idempotency-Key": item["key"],
            "User-Agent": "countersign-push",
        }
        request = urllib.request.Request(
            self.url + "/api/v1/evidence", data=body, headers=headers, method="POST"
        )
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return dict(json.loads(answer.read()))
        except urllib.error.HTTPError as error:
            words = error.read().decode("utf-8", "replace")[:2000]
            said = "{} {}".format(error.code, words)
            raise (Unreachable if error.code in PASSING else Refused)(said) from error
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise Unreachable(str(error)) from error


class Spool:
    """A private folder of items that wait; each is one file, written whole or not at all."""

    def __init__(self, folder: Path, token: str) -> None:
        self.folder = folder
        self._key = hashlib.sha256(b"countersign-push-spool\0" + token.encode()).digest()

    def keep(self, item: Dict[str, Any], content: bytes) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        head = json.dumps(item, sort_keys=True).encode()
        signed = self._signature(head, content)
        name = hashlib.sha256(item["key"].encode()).hexdigest()[:32]
        number = "{:020d}".format(max(self._numbers(), default=0) + 1)
        double = next(self.folder.glob("*-" + name + ".item"), None)
        target = double or self.folder / (number + "-" + name + ".item")
        handle, half = tempfile.mkstemp(dir=str(self.folder), suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(signed.encode() + b"\n" + head + b"\n" + content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(half, str(target))
        return target

    def waiting(self) -> List[Path]:
        return sorted(self.folder.glob("*.item"))

    def read(self, path: Path) -> Tuple[Dict[str, Any], bytes]:
        """Return an item as it was kept; Refused where somebody changed it."""
        signed, _, rest = path.read_bytes().partition(b"\n")
        head, _, content = rest.partition(b"\n")
        if not hmac.compare_digest(signed, self._signature(head, content).encode()):
            raise Refused("it was changed in the spool, or kept under another token")
        return dict(json.loads(head)), content

    def _numbers(self) -> List[int]:
        return [int(path.name.split("-", 1)[0]) for path in self.waiting()]

    def _signature(self, head: bytes, content: bytes) -> str:
        told = head + b"\n" + hashlib.sha256(content).digest()
        return hmac.new(self._key, told, hashlib.sha256).hexdigest()


def described(path: Path, fields: Fields, key: str) -> Tuple[Dict[str, Any], bytes]:
    """Return what is said of a file, with its digest and its idempotency key, and its content."""
    content = path.read_bytes()
    told = [*fields, ("sha256", hashlib.sha256(content).hexdigest())]
    digest = hashlib.sha256(json.dumps([path.name, sorted(told)]).encode()).hexdigest()
    return {"fields": told, "filename": path.name, "key": key or "push-" + digest}, content


def multipart(fields: Fields, filename: str, content: bytes) -> Tuple[bytes, str]:
    """Return a form as multipart/form-data (RFC 7578) and its content type."""
    mark = secrets.token_hex(16)
    quoted = filename.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
    part = '--{}\r\nContent-Disposition: form-data; name="{}"'
    body = b""
    for name, value in fields:
        body += (part.format(mark, name) + "\r\n\r\n" + value + "\r\n").encode()
    body += (part.format(mark, "file") + '; filename="' + quoted + '"\r\n').encode()
    body += b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n"
    return body + "--{}--\r\n".format(mark).encode(), "multipart/form-data; boundary=" + mark


def flush(server: Server, spool: Spool) -> int:
    """Send what waits, the oldest first; stop where the server cannot be reached."""
    code = 0
    for path in spool.waiting():
        try:
            item, content = spool.read(path)
            print(server.send(item, content)["ref"], item["filename"])
        except Unreachable as error:
            print("{} waits: {}".format(path.name, error), file=sys.stderr)
            return LATER
        except Refused as error:
            # It would be refused again; it is put aside for a person, and the others go on.
            path.rename(path.with_suffix(".refused"))
            print("{} is refused: {}".format(path.name, error), file=sys.stderr)
            code = 1
        else:
            path.unlink()
    return code


def send(server: Server, spool: Spool, path: Path, fields: Fields, key: str) -> int:
    """Send one file, or keep it for later."""
    item, content = described(path, fields, key)
    try:
        print(server.send(item, content)["ref"], item["filename"])
    except Unreachable as error:
        print("{} waits in the spool: {}".format(spool.keep(item, content), error), file=sys.stderr)
        return LATER
    except Refused as error:
        print("{} is refused: {}".format(path.name, error), file=sys.stderr)
        return 1
    return 0


def token_of(environment: Any) -> str:
    named = environment.get("COUNTERSIGN_TOKEN_FILE")
    told = Path(named).read_text(encoding="utf-8") if named else environment["COUNTERSIGN_TOKEN"]
    return str(told).strip()


def main(words: List[str]) -> int:
    """Do what the words say and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="push.py", description="Hands evidence in to Countersign."
    )
    parser.add_argument("--spool", type=Path, default=Path.home() / ".countersign-spool")
    verbs = parser.add_subparsers(dest="verb", required=True)
    sending = verbs.add_parser("send", help="hand one file in, or keep it for later")
    sending.add_argument("file", type=Path)
    sending.add_argument("--field", action="append", default=[], metavar="NAME=VALUE")
    sending.add_argument("--key", default="", help="idempotency key of your own")
    verbs.add_parser("flush", help="hand in what waits")
    asked = parser.parse_args(words)
    try:
        token = token_of(os.environ)
        server = Server(os.environ["COUNTERSIGN_URL"], token)
    except (KeyError, OSError, Refused) as error:
        parser.error("set COUNTERSIGN_URL and COUNTERSIGN_TOKEN: {}".format(error))
    spool = Spool(asked.spool, token)
    if asked.verb == "flush":
        return flush(server, spool)
    fields = [(name, value) for name, _, value in (each.partition("=") for each in asked.field)]
    return send(server, spool, asked.file, fields, asked.key)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
