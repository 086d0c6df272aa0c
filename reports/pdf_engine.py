"""Renders PDF papers in a short-lived process of its own, and says whether that can be done here.

A paper is made to be kept (PDF/A-3a) and to be read by everybody (PDF/UA-1): its metadata say both,
and no independent check stands behind that. WeasyPrint needs a second to be imported and keeps a
hundred megabytes: apart, it costs a worker neither, works beside it, and a crash of the layout
takes nobody along.
"""

import ctypes
import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
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
    "On Debian or Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0"
)
_ROOT = Path(__file__).resolve().parents[1]
_MODULE = "reports.pdf_engine"
_SAID = 500
_VARIANT = "pdf/a-3a"
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

    def __enter__(self) -> Self:
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(  # noqa: S603  # our own module, and nothing from outside
            [sys.executable, "-m", _MODULE],
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
        stdin = cast("IO[bytes]", self._process.stdin)
        head = {"identifier": identifier.hex(), "attachments": [one.said() for one in attachments]}
        try:
            stdin.write(json.dumps(head).encode() + b"\n" + html.encode())
            stdin.close()
        except BrokenPipeError:
            raise self._failure() from None

    def result(self) -> bytes:
        """Wait for the PDF; PdfError with the engine's last words when there is none."""
        content = cast("IO[bytes]", self._process.stdout).read()
        if self._process.wait():
            raise self._failure()
        return content

    def _failure(self) -> PdfError:
        self._process.wait()
        self._said.seek(0)
        words = self._said.read().decode(errors="replace").strip()
        return PdfError(f"{PdfError.__doc__} It said: {words[-_SAID:]}")


def main() -> None:
    """Render what standard input holds: a line of JSON, then the HTML."""
    # Imported only here: where its two libraries are missing, the import itself would fail.
    weasyprint = importlib.import_module("weasyprint")
    line, html = sys.stdin.buffer.read().split(b"\n", 1)
    head = json.loads(line)
    # A paper stands alone: one that names something to load is refused, and nothing is loaded.
    alone = importlib.import_module("weasyprint.urls").URLFetcher(
        allowed_protocols=(), fail_on_errors=True
    )
    document = weasyprint.HTML(string=html.decode(), url_fetcher=alone)
    content = document.write_pdf(
        pdf_identifier=bytes.fromhex(head["identifier"]),
        pdf_variant=_VARIANT,
        attachments=[_attached(weasyprint, one) for one in head["attachments"]],
        finisher=_finished,
    )
    sys.stdout.buffer.write(content)


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


def _finished(_document: Any, pdf: Any) -> None:
    """Say that the paper is for everybody too; and name each attachment once, not twice."""
    for one in pdf.objects:
        if getattr(one, "extra", {}).get("Type") == "/Metadata":
            (content,) = one.stream
            one.stream = [content.replace(b"</rdf:RDF>", _READ_BY_EVERYBODY + b"</rdf:RDF>")]
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
