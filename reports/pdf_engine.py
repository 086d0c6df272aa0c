"""Renders PDF papers in a short-lived process of its own, and says whether that can be done here.

A paper is made to be kept (PDF/A-3a) and to be read by everybody (PDF/UA-1): its metadata say both,
and no independent check stands behind that. WeasyPrint needs a second to be imported and keeps a
hundred megabytes: apart, it costs a worker neither, works beside it, and a crash of the layout
takes nobody along.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any, Self, cast

from reports.errors import PdfError

# Each library under the names that WeasyPrint looks for on Linux and on macOS.
_LIBRARIES = (
    ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
)
_MISSING = (
    "PDF papers are switched off: the libraries of the PDF engine are missing. "
    "On Debian or Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-extra"
)
_ROOT = Path(__file__).resolve().parents[1]
_SAID = 500
VARIANT = "pdf/a-3a"
IDLE_SECONDS = 20
MOST_IN_A_ROW = 100
KEPT_OBJECTS = 200_000
# PDF/A wants every other schema of the metadata to be explained in them.
_READ_BY_EVERYBODY = b"""<rdf:Description rdf:about=""\
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>\
<rdf:Description rdf:about=""\
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"\
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"\
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>\
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>\
<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 that is followed</pdfaProperty:description></rdf:li>\
</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>\
"""


@dataclass(frozen=True)
class Attachment:
    """A file that a paper carries along; `relationship` is a word of ISO 32000-2, 7.11.3."""

    path: Path
    name: str
    description: str
    relationship: str
    at: datetime

    def said(self) -> dict[str, str]:
        """Return it as what JSON can hold."""
        moment = self.at.isoformat()
        named = {"name": self.name, "description": self.description}
        return {"path": str(self.path), "relationship": self.relationship, "at": moment} | named


def missing_libraries() -> str:
    """Return the sentence that says what to install; empty when nothing is missing."""
    complete = all(any(_loads(name) for name in names) for names in _LIBRARIES)
    return "" if complete else _MISSING


class Engine:
    """A process that renders one paper: enter it early, so that it is warm when the HTML comes."""

    module = "reports.pdf_engine"

    def __enter__(self) -> Self:
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(  # noqa: S603  # our own module, and nothing from outside
            [sys.executable, "-m", self.module],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            with suppress(BrokenPipeError):
                cast("IO[bytes]", stream).close()

    def begin(
        self, html: str, *, identifier: bytes, attachments: Sequence[Attachment] = ()
    ) -> None:
        """Hand over the HTML; the same HTML, attachments and identifier (hashed content) give the
        same bytes. Attachments are read until `result` has returned."""
        self._send(html, identifier, attachments, is_last=True)
        try:
            cast("IO[bytes]", self._process.stdin).close()
        except BrokenPipeError:
            raise self._failure() from None

    def result(self) -> bytes:
        """Wait for the PDF; PdfError with the engine's last words when there is none."""
        content = cast("IO[bytes]", self._process.stdout).read()
        if self._process.wait():
            raise self._failure()
        return content

    def next(self, html: str, *, identifier: bytes) -> bytes:
        """Render one paper of many; the process stays warm for the next one."""
        self._send(html, identifier, (), is_last=False)
        stdout = cast("IO[bytes]", self._process.stdout)
        length = stdout.readline()
        content = stdout.read(int(length)) if length else b""
        if not length or len(content) < int(length):
            raise self._failure()
        return content

    def _send(
        self, html: str, identifier: bytes, attachments: Sequence[Attachment], *, is_last: bool
    ) -> None:
        head = {
            "identifier": identifier.hex(),
            "attachments": [one.said() for one in attachments],
            "is_last": is_last,
        }
        self._hand_over(head, html.encode())

    def _hand_over(self, head: Mapping[str, Any], written: bytes) -> None:
        stdin = cast("IO[bytes]", self._process.stdin)
        line = json.dumps({**head, "size": len(written)}).encode() + b"\n"
        try:
            stdin.write(line + written)
            stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None

    def _failure(self) -> PdfError:
        self._process.wait()
        self._said.seek(0)
        words = self._said.read().decode(errors="replace").strip()
        return PdfError(f"{PdfError.__doc__} It said: {words[-_SAID:]}")


class LongPaper(Engine):
    """A process that joins a long paper out of pieces, in memory that does not grow with it.

    The same pieces and identifier give the same bytes.
    """

    module = "reports.pdf_volume"

    def open(self, path: Path, *, identifier: bytes) -> None:
        """Say where the paper is to be written; PdfError."""
        self._hand_over({"path": str(path), "identifier": identifier.hex()}, b"")

    def add(self, html: str, *, rows: int = 0) -> tuple[int, int]:
        """Lay out a piece, the last `rows` rows of which bear the ids r0, r1 and so on.

        Returns how many pages it became, and how many of those rows stand on them: the others
        belong to the next piece. PdfError with the engine's last words.
        """
        return self._told({"rows": rows, "is_end": False}, html)

    def end(self, html: str) -> None:
        """End it: `html` says on a page upright and one across how many pages there are."""
        self._told({"is_end": True}, html)

    def _told(self, head: Mapping[str, Any], html: str) -> tuple[int, int]:
        self._hand_over(head, html.encode())
        line = cast("IO[bytes]", self._process.stdout).readline()
        if not line:
            raise self._failure()
        pages, placed = json.loads(line)
        return pages, placed


class Warm:
    """An engine that is kept for many papers in a row, and leaves after a while without any.

    The import of the engine takes longer than a short paper. One process renders at a time; after
    a failure, or a hundred papers, the next one begins anew.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._engine: Engine | None = None
        self._owner = 0
        self._done = 0

    def render(self, html: str, *, identifier: bytes) -> bytes:
        """Return a paper; PdfError with the engine's last words when there is none."""
        with self._lock:
            if self._engine is not None and self._owner == os.getpid():
                with suppress(PdfError):
                    return self._rendered(self._engine, html, identifier)
            # There is none, it left for want of work, or it failed: a new one says why.
            return self._rendered(self._begun(), html, identifier)

    def close(self) -> None:
        """Let the engine go."""
        if self._engine is not None and self._owner == os.getpid():
            self._engine.__exit__(None, None, None)
        self._engine = None

    def _begun(self) -> Engine:
        self.close()
        self._engine, self._owner, self._done = Engine().__enter__(), os.getpid(), 0
        return self._engine

    def _rendered(self, engine: Engine, html: str, identifier: bytes) -> bytes:
        try:
            content = engine.next(html, identifier=identifier)
        except BaseException:
            self.close()
            raise
        self._done += 1
        if self._done >= MOST_IN_A_ROW:
            self.close()
        return content


warm = Warm()
"""The engine of this process for many short papers."""
atexit.register(warm.close)


def main() -> None:
    """Render what standard input holds, paper by paper: a line of JSON, then the HTML."""
    # Imported only here: where its two libraries are missing, the import itself would fail.
    weasyprint = importlib.import_module("weasyprint")
    # A layout is a million small objects that live until its end: looking for dead ones among them,
    # and among those of the engine itself, takes a quarter of the time of a short paper.
    gc.freeze()
    gc.set_threshold(KEPT_OBJECTS)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while line := stdin.readline():
        head = json.loads(line)
        content = _paper(weasyprint, head, stdin.read(head["size"]))
        if not head["is_last"]:
            stdout.write(f"{len(content)}\n".encode())
        stdout.write(content)
        stdout.flush()
        # Nothing lies in the buffer now: the next paper is sent when this one was read.
        if not head["is_last"] and not select.select([stdin], [], [], IDLE_SECONDS)[0]:
            return


def _paper(weasyprint: Any, head: Mapping[str, Any], html: bytes) -> bytes:
    content: bytes = html_of(weasyprint, html.decode()).write_pdf(
        pdf_identifier=bytes.fromhex(head["identifier"]),
        pdf_variant=VARIANT,
        attachments=[_attached(weasyprint, one) for one in head["attachments"]],
        finisher=_written,
    )
    return content


def html_of(weasyprint: Any, html: str) -> Any:
    """Return a paper to lay out, which stands alone: nothing that it names is loaded."""
    alone = importlib.import_module("weasyprint.urls").URLFetcher(
        allowed_protocols=(), fail_on_errors=True
    )
    return weasyprint.HTML(string=html, url_fetcher=alone)


def _attached(weasyprint: Any, said: dict[str, str]) -> Any:
    moment = datetime.fromisoformat(said["at"])
    return weasyprint.Attachment(
        file_obj=Path(said["path"]).open("rb"),
        name=said["name"],
        description=said["description"],
        relationship=said["relationship"],
        created=moment,
        modified=moment,
    )


def finished(_document: Any, pdf: Any) -> None:
    """Say that the paper is for everybody too; and name each attachment once, not twice."""
    for one in pdf.objects:
        if getattr(one, "extra", {}).get("Type") == "/Metadata":
            (content,) = one.stream
            one.stream = [content.replace(b"</rdf:RDF>", _READ_BY_EVERYBODY + b"</rdf:RDF>")]
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])


def _written(document: Any, pdf: Any) -> None:
    """Finish a paper, of which nothing is changed any more: each object becomes its bytes."""
    finished(document, pdf)
    for place, one in enumerate(pdf.objects):
        if one.free != "f" and one is not pdf.catalog:
            pdf.objects[place] = _Written(one)


class _Written:
    """An object of a PDF as its bytes: the writer asks twice for them, to hash and to write."""

    def __init__(self, one: Any) -> None:
        self.number, self.generation, self.free = one.number, one.generation, one.free
        self.compressible, self.reference = one.compressible, one.reference
        self.data: bytes = one.data
        self.offset = 0

    @property
    def indirect(self) -> bytes:
        """The object with its number, as it stands in the file."""
        return b"%d %d obj\n%b\nendobj" % (self.number, self.generation, self.data)


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
