"""Marks every page of a PDF with the name of who receives it, the same way each time.

Rules:
- The mark is drawn once, by the engine of papers, with its fonts in it; each page shows it across
  the middle, so light that the text is read through it, and whole along its left edge.
- It is an artifact of the page (ISO 32000-2, 14.8.2.2): the tags of the document stay as they are,
  and screen readers read the document, not its mark.
- Nothing else of the document is changed. A signature in it no longer holds for the copy.
"""

import math
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from io import BytesIO

import pikepdf
from django.utils.html import format_html
from pikepdf import Name

from reports import pdf_engine
from reports.errors import PdfError

_WIDTH, _HEIGHT = 1000.0, 60.0
"""Points of the strip on which each of the two lines is drawn."""
_LARGEST = 44.0
_PER_LETTER = 1500.0
_EDGE = 12.0
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mark</title><style>
@page {{ size: 1000pt 60pt; margin: 0 }}
body {{ margin: 0; font-family: 'DejaVu Sans', sans-serif }}
p {{ margin: 0; height: 60pt; line-height: 60pt; text-align: center; white-space: nowrap;
overflow: hidden; break-after: page }}
.large {{ font-size: {large}pt; font-weight: bold; color: rgba(90, 90, 90, .16) }}
.edge {{ font-size: {small}pt; color: #444; break-after: auto }}
</style></head><body><p class="large">{short}</p><p class="edge">{whole}</p></body></html>"""
_MARKED = frozenset({"BMC", "BDC", "EMC", "MP", "DP"})


@dataclass(frozen=True)
class Receiver:
    """Who receives a copy, since when, and by which reference."""

    name: str
    company: str
    day: date
    ref: str

    @property
    def short(self) -> str:
        return f"{self.company} · {self.name}"

    @property
    def whole(self) -> str:
        return (
            f"Handed to {self.name}, {self.company}, on {self.day:%-d %B %Y} under an agreement of "
            f"secrecy · {self.ref}"
        )


def fault_of(content: bytes) -> str:
    """Say why the pages of a file cannot be marked; empty where they can."""
    try:
        with pikepdf.open(BytesIO(content)) as document:
            if document.is_encrypted:
                return "The file is locked by a password. Save it without one."
            return "" if len(document.pages) else "The file has no page."
    except pikepdf.PasswordError:
        return "The file is locked by a password. Save it without one."
    except pikepdf.PdfError:
        return "The file cannot be read as PDF. Save it anew from the program that made it."


def marked(content: bytes, receiver: Receiver) -> bytes:
    """Return a copy of a PDF whose every page bears the receiver; PdfError where that fails."""
    if missing := pdf_engine.missing_libraries():
        raise PdfError(missing)
    if fault := fault_of(content):
        raise PdfError(fault)
    with (
        pikepdf.open(BytesIO(content)) as document,
        pikepdf.open(BytesIO(_drawn(receiver))) as strips,
    ):
        across, edge = (_form(document, strips, page) for page in strips.pages[:2])
        for page in document.pages:
            _mark(page, across, edge)
        out = BytesIO()
        document.save(out, deterministic_id=True)
    return out.getvalue()


def _drawn(receiver: Receiver) -> bytes:
    """Draw both lines, each on a strip of its own."""
    html = format_html(
        _PAGE,
        large=_fit(receiver.short, _LARGEST),
        small=_fit(receiver.whole, _LARGEST),
        short=receiver.short,
        whole=receiver.whole,
    )
    return pdf_engine.warm.render(html, identifier=sha256(html.encode()).digest()[:16])


def _fit(text: str, most: float) -> str:
    return f"{min(most, _PER_LETTER / max(len(text), 1)):.2f}"


def _form(document: pikepdf.Pdf, strips: pikepdf.Pdf, strip: pikepdf.Page) -> pikepdf.Object:
    """Return a strip as a form of the document, without the tags of the page that it was."""
    drawn = [
        each for each in pikepdf.parse_content_stream(strip) if str(each.operator) not in _MARKED
    ]
    strip.obj.Contents = strips.make_stream(pikepdf.unparse_content_stream(drawn))
    form = document.copy_foreign(strip.as_form_xobject())
    for name in ("/StructParents", "/Group"):
        if name in form:
            del form[name]
    return document.make_indirect(form)


def _mark(page: pikepdf.Page, across: pikepdf.Object, edge: pikepdf.Object) -> None:
    """Draw both lines over a page, upright as it is shown, whatever its size and rotation."""
    x, y, right, top = (float(each) for each in page.cropbox)
    width, height = right - x, top - y
    turned = int(page.obj.get("/Rotate", 0)) % 360
    upright = {
        0: (1, 0, 0, 1, x, y),
        90: (0, 1, -1, 0, x + width, y),
        180: (-1, 0, 0, -1, x + width, y + height),
        270: (0, -1, 1, 0, x, y + height),
    }.get(turned, (1, 0, 0, 1, x, y))
    if turned in {90, 270}:
        width, height = height, width
    first = page.add_resource(across, Name.XObject, Name("/ReceiverAcross"))
    second = page.add_resource(edge, Name.XObject, Name("/ReceiverEdge"))
    angle, diagonal = math.atan2(height, width), math.hypot(width, height)
    drawing = (
        f"{_numbers(upright)} cm\n"
        f"q {_numbers(_placed(width / 2, height / 2, angle, 0.8 * diagonal / _WIDTH))} cm "
        f"{first} Do Q\n"
        f"q {_numbers(_placed(_EDGE, height / 2, math.pi / 2, _edge_scale(height)))} cm "
        f"{second} Do Q\n"
    )
    page.contents_add(b"q\n", prepend=True)
    page.contents_add(
        b"Q\n/Artifact <</Type /Pagination /Subtype /Watermark>> BDC\nq\n"
        + drawing.encode()
        + b"Q\nEMC\n"
    )


def _edge_scale(height: float) -> float:
    return min(0.9 * height / _WIDTH, 0.6)


def _placed(x: float, y: float, angle: float, scale: float) -> tuple[float, ...]:
    """Return the matrix that puts the middle of a strip at a point, turned and scaled."""
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    half, middle = _WIDTH / 2, _HEIGHT / 2
    return (cos, sin, -sin, cos, x - half * cos + middle * sin, y - half * sin - middle * cos)


def _numbers(matrix: tuple[float, ...]) -> str:
    return " ".join(f"{each:.4f}" for each in matrix)
