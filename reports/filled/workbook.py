"""Fills a workbook that somebody else made: cells of its sheets, and sheets of our own at its end.

Every part but those that change is copied as it is; the same inputs give the same bytes.
"""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from posixpath import normpath

from xlsxwriter.utility import xl_col_to_name

from reports.errors import FillingError
from reports.filled import sheet_xml
from reports.filled.sheet_xml import LONGEST, Place, Write
from reports.filled.styles_xml import Styles
from reports.filled.xml_spans import Splice, escaped, quoted, spliced, tree

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_TYPES = "[Content_Types].xml"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LONGEST_TITLE = 31


@dataclass(frozen=True)
class Sheet:
    """A sheet to be added: headings with their widths in characters, and rows of text."""

    title: str
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Writes:
    """What is written into one sheet of the workbook."""

    cells: Mapping[Place, Write]
    widths: Mapping[int, int] = field(default_factory=dict)
    beside: Mapping[int, Sequence[tuple[int, str]]] = field(default_factory=dict)
    """By row, the column and the text that stand there already and must be seen whole."""


@dataclass
class _Package:
    """The parts of a workbook that are read or changed."""

    archive: zipfile.ZipFile
    changed: dict[str, bytes] = field(default_factory=dict)

    def part(self, name: str) -> bytes:
        try:
            return self.changed.get(name) or self.archive.read(name)
        except KeyError:
            raise FillingError from None

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """Return the relations of a part by their ids: their type and the part that they name."""
        path = PurePosixPath(name)
        relations = str(path.parent / "_rels" / f"{path.name}.rels") if name else "_rels/.rels"
        found = tree(self.part(relations), watched=("Relationship",))["Relationship"]
        base = path.parent if name else PurePosixPath()
        return {
            one.attributes["Id"]: (
                one.attributes["Type"].rpartition("/")[2],
                normpath(str(base / one.attributes["Target"])).lstrip("/"),
            )
            for one in found
            if one.attributes.get("TargetMode") != "External"
        }

    def workbook(self) -> str:
        return self._one("", "officeDocument")

    def styles(self) -> str:
        return self._one(self.workbook(), "styles")

    def sheets(self) -> dict[str, str]:
        """Return the parts of the sheets by their titles."""
        book = self.workbook()
        related = self.related(book)
        found = tree(self.part(book), watched=("sheet",))["sheet"]
        return {
            one.attributes["name"]: related[key][1]
            for one in found
            for name, key in one.attributes.items()
            if name.rpartition(":")[2] == "id" and key in related
        }

    def _one(self, name: str, kind: str) -> str:
        named = (part for type_, part in self.related(name).values() if type_ == kind)
        return next(named, "")


def last_column(source: Path, sheet: str) -> int:
    """Return the last column of a sheet that holds anything; FillingError."""
    with zipfile.ZipFile(source) as archive:
        package = _Package(archive)
        return sheet_xml.last_column(package.part(_named(package, sheet)))


Refused = Mapping[str, Mapping[Place, str]]
"""By sheet, which cells were not written, and why."""


def fill(
    source: Path,
    out: Path,
    *,
    writes: Mapping[str, Writes],
    sheets: Callable[[Refused], Sequence[Sheet]],
) -> Refused:
    """Write a filled copy; `sheets` are added, and know what was not written. FillingError."""
    refused: dict[str, Mapping[Place, str]] = {}
    with zipfile.ZipFile(source) as archive:
        package = _Package(archive)
        styles_part = package.styles()
        styles = Styles(package.part(styles_part)) if styles_part else None
        for title, each in writes.items():
            name = _named(package, title)
            made = sheet_xml.filled(
                package.part(name),
                each.cells,
                wrapping=styles.wrapping if styles else str,
                widths=each.widths,
                beside=each.beside,
            )
            package.changed[name] = made.xml
            if made.refused:
                refused[title] = made.refused
        _add(package, sheets(refused), styles)
        if styles:
            package.changed[styles_part] = styles.result()
        _write(package, out)
    return refused


def _named(package: _Package, title: str) -> str:
    part = package.sheets().get(title)
    if part is None:
        raise FillingError(f"The workbook has no sheet {title}.")
    return part


def _add(package: _Package, sheets: Sequence[Sheet], styles: Styles | None) -> None:
    """Add sheets at the end of the workbook: their parts, and every place that names them."""
    book = package.workbook()
    xml = package.part(book)
    found = tree(xml, watched=("sheets", "sheet", "bookViews"))
    whole = next(iter(found["sheets"]), None)
    if whole is None:
        raise FillingError
    taken = {one.attributes["name"].casefold() for one in found["sheet"]}
    last = max((int(one.attributes.get("sheetId", 0)) for one in found["sheet"]), default=0)
    named, related, typed = [], [], []
    for number, sheet in enumerate(sheets, 1):
        part = f"xl/worksheets/countersign{number}.xml"
        key, title = f"rIdCountersign{number}", _title(sheet.title, taken)
        package.changed[part] = _sheet(sheet, styles, has_view=bool(found["bookViews"]))
        named.append(
            f'<{whole.prefix}sheet xmlns:r="{_RELATIONS}" name="{quoted(title)}" '
            f'sheetId="{last + number}" r:id="{key}"/>'
        )
        related.append((key, part))
        typed.append(part)
    package.changed[book] = _before_end(xml, "sheets", "".join(named))
    path = PurePosixPath(book)
    relations = str(path.parent / "_rels" / f"{path.name}.rels")
    package.changed[relations] = _put(
        package.part(relations),
        "Relationships",
        'Relationship Id="{0}" Type="' + _RELATIONS + '/worksheet" Target="/{1}"',
        related,
    )
    package.changed[_TYPES] = _put(
        package.part(_TYPES),
        "Types",
        'Override PartName="/{0}" ContentType="' + _SHEET_TYPE + '"',
        [(part,) for part in typed],
    )


def _put(xml: bytes, whole: str, pattern: str, many: Sequence[Sequence[str]]) -> bytes:
    element = tree(xml, watched=(whole,))[whole][0]
    new = "".join(f"<{element.prefix}{pattern.format(*one)}/>" for one in many)
    return _before_end(xml, whole, new)


def _before_end(xml: bytes, whole: str, new: str) -> bytes:
    element = tree(xml, watched=(whole,))[whole][0]
    end = xml.rindex(b"</", element.start, element.end)
    return spliced(xml, [Splice(end, end, new.encode())])


def _title(wanted: str, taken: set[str]) -> str:
    title, number = wanted[:_LONGEST_TITLE], 2
    while title.casefold() in taken:
        title = f"{wanted[: _LONGEST_TITLE - 4]} {number}"
        number += 1
    taken.add(title.casefold())
    return title


def _sheet(sheet: Sheet, styles: Styles | None, *, has_view: bool) -> bytes:
    heading = styles.heading() if styles else ""
    plain = styles.wrapping("0") if styles else ""
    last = f"{xl_col_to_name(len(sheet.columns) - 1)}{len(sheet.rows) + 1}"
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, (_, width) in enumerate(sheet.columns, 1)
    )
    wide = [width for _, width in sheet.columns]
    rows = [_row(1, [name for name, _ in sheet.columns], heading, wide)]
    rows += [_row(number, row, plain, wide) for number, row in enumerate(sheet.rows, 2)]
    view = (
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{last}"/>{view if has_view else ""}<cols>{widths}</cols>'
        f"<sheetData>{''.join(rows)}</sheetData>"
        f'<autoFilter ref="A1:{last}"/>'
        '<pageMargins left="0.5" right="0.5" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    ).encode()


def _row(number: int, cells: Sequence[str], style: str, widths: Sequence[int]) -> str:
    lines = max(
        sum(-(-max(len(part), 1) // width) for part in text.split("\n"))
        for text, width in zip(cells, widths, strict=False)
    )
    styled = f' s="{style}"' if style else ""
    written = "".join(
        f'<c r="{xl_col_to_name(place - 1)}{number}"{styled} t="inlineStr"><is>'
        f'<t xml:space="preserve">{escaped(text[:LONGEST])}</t></is></c>'
        for place, text in enumerate(cells, 1)
        if text
    )
    return f'<row r="{number}" ht="{min(lines * 15, 405)}">{written}</row>'


def _write(package: _Package, out: Path) -> None:
    """Write all parts in their order, and the new ones at the end."""
    left = dict(package.changed)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for part in package.archive.infolist():
            if part.is_dir():
                continue
            content = left.pop(part.filename, None)
            named = zipfile.ZipInfo(part.filename, part.date_time)
            named.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(named, package.archive.read(part) if content is None else content)
        for name in sorted(left):
            named = zipfile.ZipInfo(name, _EPOCH)
            named.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(named, left[name])
