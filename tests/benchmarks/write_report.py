"""Writes one long report in a process of its own; prints pages, seconds, peak and start in MB.

The peak is that of this process and of the engine that it starts, added up; the start is what this
process had when all was loaded and nothing written.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import django

DAY = date(2026, 1, 1)
MOMENT = datetime(2026, 1, 1, 8, tzinfo=UTC)
WORDS = "Needed for the settlement job of every night"


def main(what: str, count: int, path: Path) -> None:
    # The log library loads it where it is there: among our tools it is, in an installation not.
    sys.modules["rich"] = None  # type: ignore[assignment]
    django.setup()
    before = _peak(resource.RUSAGE_SELF)
    start = time.perf_counter()
    pages = SIDES[what](count, path)
    seconds = time.perf_counter() - start
    memory = _peak(resource.RUSAGE_SELF) + _peak(resource.RUSAGE_CHILDREN)
    sys.stdout.write(f"{pages} {seconds} {memory} {before}\n")


def _peak(who: int) -> int:
    """Return the most memory so far in MB."""
    return resource.getrusage(who).ru_maxrss // 1024


def pieces(count: int, path: Path) -> int:
    # Reports load only once Django is set up.
    from reports.written import long_pdf  # noqa: PLC0415
    from reports.written.document import readings_of  # noqa: PLC0415

    said = _document(count)
    readings = readings_of(said, whole=True)
    for reading in readings.values():
        reading.read()
    pages = long_pdf.write(said, _head(), path, readings=readings, tell=lambda _note: None)
    for reading in readings.values():
        reading.close()
    return pages


def one_go(count: int, path: Path) -> int:
    """Lay the same report out with WeasyPrint alone, with the same tags."""
    from reports.written import pdf  # noqa: PLC0415
    from reports.written.document import readings_of  # noqa: PLC0415

    said = _document(count)
    html = pdf.page(said, _head(), readings=readings_of(said, whole=True))
    import weasyprint  # noqa: PLC0415

    laid = weasyprint.HTML(string=html).render()
    laid.write_pdf(path, pdf_variant="pdf/a-3a")
    return len(laid.pages)


def excel(count: int, path: Path) -> int:
    from reports.written import excel as writer  # noqa: PLC0415

    writer.write(_document(count, columns=15), _head(), path)
    return 0


def openpyxl(count: int, path: Path) -> int:
    """Write the same table with openpyxl alone, no cover and no looks."""
    import openpyxl as library  # noqa: PLC0415

    book = library.Workbook(write_only=True)
    sheet = book.create_sheet("Lines")
    for row in _rows(count, 15):
        sheet.append(
            [one.replace(tzinfo=None) if isinstance(one, datetime) else one for one in row]
        )
    book.save(path)
    return 0


SIDES: dict[str, Callable[[int, Path], int]] = {
    each.__name__: each for each in (pieces, one_go, excel, openpyxl)
}


def _rows(count: int, columns: int) -> "Iterator[list[str | int | date | datetime]]":
    for number in range(count):
        row: list[str | int | date | datetime] = [
            f"CMP-{number // 500:04d}",
            number,
            f"svc-account-{number} in the production cluster",
            f"Payments core {number % 17}",
            WORDS,
            DAY + timedelta(number % 365),
            MOMENT + timedelta(minutes=number),
        ]
        yield [*row, *(f"cell {number} {place}" for place in range(columns - len(row)))]


def _document(count: int, columns: int = 9) -> Any:
    from reports.written.document import Column, Document, Section, Table  # noqa: PLC0415

    names = [Column(f"Column {place}", 16, wraps=place in {2, 4}) for place in range(columns)]
    table = Table("Lines", names, lambda: _rows(count, columns))
    return Document("A long report", "Of many lines", [Section("Lines", [table])])


def _head() -> Any:
    from reports.written.document import Head  # noqa: PLC0415

    return Head("Example Payments", "bench", "alice@example.org", MOMENT, "UTC", 1, "ab" * 32)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
