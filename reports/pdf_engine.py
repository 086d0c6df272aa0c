"""Renders PDF papers in a short-lived process of its own, and says whether that can be done here.

WeasyPrint needs a second to be imported and keeps a hundred megabytes: apart, it costs a worker
neither, works beside it, and a crash of the layout takes nobody along.
"""

import ctypes
import importlib
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

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

    def begin(self, html: str, *, identifier: bytes) -> None:
        """Hand over the HTML; the same HTML and identifier (hashed content) give the same bytes."""
        stdin = cast("IO[bytes]", self._process.stdin)
        try:
            stdin.write(identifier.hex().encode() + b"\n" + html.encode())
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
    """Render what standard input holds: a line with the identifier in hex, then the HTML."""
    # Imported only here: where its two libraries are missing, the import itself would fail.
    weasyprint = importlib.import_module("weasyprint")
    identifier, html = sys.stdin.buffer.read().split(b"\n", 1)
    # A paper stands alone: one that names something to load is refused, and nothing is loaded.
    alone = importlib.import_module("weasyprint.urls").URLFetcher(
        allowed_protocols=(), fail_on_errors=True
    )
    document = weasyprint.HTML(string=html.decode(), url_fetcher=alone)
    content = document.write_pdf(
        pdf_identifier=bytes.fromhex(identifier.decode()), pdf_variant="pdf/ua-1"
    )
    sys.stdout.buffer.write(content)


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
