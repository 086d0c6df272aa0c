"""Files with planted card numbers, and ordinary logs without: made from a seed, the same each time.

No number here belongs to anybody: they are made from an issuer's prefix, chance and a check digit.
"""

import bz2
import gzip
import json
import lzma
import tarfile
import uuid
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from random import Random
from typing import Any

import openpyxl
import pikepdf
from openpyxl.comments import Comment

from evidence.screening import luhn

_PREFIXES = (
    ("34", 15),
    ("37", 15),
    ("4", 16),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("6011", 16),
    ("65", 16),
    ("3530", 16),
    ("36", 14),
    ("3000", 14),
    ("6222", 16),
)
_SIGNS = (
    "",
    " ",
    "-",
    "\u00a0",
    "\u2009",
    "\u202f",
    "\u2011",
    "\u2013",
    ".",
    "_",
    " - ",
    "  ",
    "+",
)
_SENTENCES = (
    "The customer paid with {} on Monday.",
    "card={}&amount=1200&currency=EUR",
    "PAN: {}",
    "2026-10-05T08:11:12Z INFO charge of {} declined, 51",
    'msg="refund to {} failed" code=12',
    "<Pan>{}</Pan>",
    "{}",
    "[{}]",
    "{} 12/29 123",
    "Kreditkarte {}, gültig bis 12/29",
    "Call 0800 330 330 about {}; thank you",
    "card number {}\\nexpiry 12/29",
)


def card(source: Random) -> str:
    """A number that passes every rule and is nobody's."""
    prefix, length = source.choice(_PREFIXES)
    body = prefix + "".join(source.choices("0123456789", k=length - 1 - len(prefix)))
    return next(f"{body}{digit}" for digit in range(10) if luhn(f"{body}{digit}".encode()))


def groups(number: str) -> list[str]:
    """The groups in which cards print a number of this length."""
    sizes = {14: (4, 6, 4), 15: (4, 6, 5), 16: (4, 4, 4, 4)}[len(number)]
    found, at = [], 0
    for size in sizes:
        found.append(number[at : at + size])
        at += size
    return found


def sentence(number: str, source: Random) -> str:
    """A line of text with the number in it, in one piece or in groups."""
    shown = source.choice(_SIGNS).join(groups(number))
    around = source.choice(_SENTENCES)
    if "+" in shown or "card=" in around:
        # In an address a plus sign stands for a blank.
        shown, around = shown.replace(" ", "+"), "card={}&amount=1200&currency=EUR"
    return around.format(shown)


@dataclass(frozen=True)
class Planted:
    """A file, the form in which its number was planted, and the number."""

    form: str
    content: bytes
    number: str


def planted(seed: int, count: int) -> Iterator[Planted]:
    """Yield so many files, each form in its turn."""
    source = Random(seed)  # noqa: S311  # a fixed stream, no secret
    for place in range(count):
        form = list(FORMS)[place % len(FORMS)]
        number = card(source)
        yield Planted(form, FORMS[form](number, source), number)


def plain_text(number: str, source: Random) -> str:
    before = "".join(log_line(source) for _ in range(source.randrange(6)))
    return f"{before}{sentence(number, source)}\n{log_line(source)}"


def _csv(number: str, source: Random) -> bytes:
    sign = source.choice(",;\t|")
    quote = source.choice(('"', ""))
    rows = [["id", "name", "paid_with", "amount"]]
    rows += [
        [str(n), "Ann", quote + (number if n == 3 else "cash") + quote, "12"] for n in range(6)
    ]
    return "\r\n".join(sign.join(row) for row in rows).encode()


def _csv_columns(number: str, source: Random) -> bytes:
    parts = groups(number)
    sign, quote = source.choice(",;\t|"), source.choice(('"', ""))
    head = ["id", *(f"card_{n}" for n in range(len(parts))), "amount"]
    lines = [sign.join(head)]
    lines += [
        sign.join([str(n), *(f"{quote}{part}{quote}" for part in parts), "12.50"]) for n in range(3)
    ]
    return "\n".join(lines).encode()


def _csv_rows(number: str, source: Random) -> bytes:
    sign = source.choice(",;\t")
    rows = [f"no{sign}pan{sign}note"]
    rows += [f"{n}{sign}{part}{sign}x" for n, part in enumerate(groups(number), 1)]
    return "\n".join(rows).encode()


def _json(number: str, source: Random) -> bytes:
    key = source.choice(("card_number", "cardNumber", "pan", "number", "value", "note"))
    value: object = int(number) if source.random() < 0.4 else number
    return json.dumps({"id": str(uuid.UUID(int=source.getrandbits(128))), key: value}).encode()


def _json_spread(number: str, source: Random) -> bytes:
    parts = groups(number)
    shapes: tuple[Any, ...] = (
        {"card": parts},
        {"card": {f"p{n}": part for n, part in enumerate(parts)}},
        [{"n": n, "pan": part} for n, part in enumerate(parts)],
        {f"card_part_{n}": part for n, part in enumerate(parts)},
    )
    return json.dumps(source.choice(shapes), indent=source.choice((None, 2))).encode()


def _xlsx(number: str, source: Random) -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["day", "result"])
    sheet = book.create_sheet("Second")
    way = source.randrange(4)
    if way == 0:
        sheet.append(["x", sentence(number, source)])
    elif way == 1:
        sheet.append(["card"] * 4)
        sheet.append(groups(number))
    elif way == 2:
        sheet.append(["x"])
        sheet["A1"].comment = Comment(sentence(number, source), "Ann")
    else:
        sheet.append(["x", int(number) if len(number) < 16 else number])
    if way == 3:
        sheet.oddFooter.center.text = f"card {number}"
    return _saved(book)


def _saved(book: Any) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def docx(text: str, *, runs: int = 3) -> bytes:
    """A document whose sentence is torn into runs, as word processors do."""
    size = max(1, len(text) // runs)
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    escaped = [part.replace("&", "&amp;").replace("<", "&lt;") for part in parts]
    body = "".join(f'<w:r><w:t xml:space="preserve">{part}</w:t></w:r>' for part in escaped)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return zipped(
        {
            "[Content_Types].xml": b"<Types/>",
            "word/document.xml": f"<w:document {space}><w:body><w:p>{body}</w:p>"
            "</w:body></w:document>".encode(),
        }
    )


def pdf(text: str, **told: str) -> bytes:
    """One page with one line of text, packed as writers of PDF do."""
    made = pikepdf.new()
    page = made.add_blank_page(page_size=(600, 200))
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=made.make_indirect(font)))
    shown = text.encode("cp1252", errors="replace")
    for sign in (b"\\", b"(", b")"):
        shown = shown.replace(sign, b"\\" + sign)
    page.Contents = made.make_stream(b"BT /F1 12 Tf 20 100 Td (" + shown + b") Tj ET")
    for name, value in told.items():
        made.docinfo[f"/{name}"] = value
    target = BytesIO()
    made.save(target, compress_streams=True)
    return target.getvalue()


def zipped(members: dict[str, bytes], *, packed: bool = True) -> bytes:
    target = BytesIO()
    way = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(target, "w", way) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
    return target.getvalue()


def png(text: str, *, packed: bool) -> bytes:
    """The head of a picture with a comment, and no pixels."""
    words = text.encode("latin-1", errors="replace")
    name, body = (
        (b"zTXt", b"Comment\0\0" + zlib.compress(words))
        if packed
        else (b"tEXt", b"Comment\0" + words)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(part).to_bytes(4, "big") + kind + part + zlib.crc32(kind + part).to_bytes(4, "big")
        for kind, part in ((b"IHDR", bytes(13)), (name, body), (b"IEND", b""))
    )


def jpeg(text: str) -> bytes:
    """The head of a picture with a comment of Windows (XPComment: UTF-16LE within EXIF)."""
    words = text.encode("utf-16-le")
    block = b"Exif\0\0II*\0\x08\0\0\0" + words
    return b"\xff\xd8\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + b"\xff\xd9"


def mail(text: str) -> bytes:
    body = b64encode(text.encode())
    return (
        b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + body + b"\r\n"
    )


def _latin(text: str) -> bytes:
    return text.replace("\u2009", "\xa0").encode("latin-1", errors="replace")


Maker = Callable[[str, Random], bytes]
FORMS: dict[str, Maker] = {
    "text": lambda number, source: plain_text(number, source).encode(),
    "UTF-16 with mark": lambda number, source: plain_text(number, source).encode("utf-16"),
    "UTF-16LE": lambda number, source: plain_text(number, source).encode("utf-16-le"),
    "UTF-16BE": lambda number, source: plain_text(number, source).encode("utf-16-be"),
    "Latin-1": lambda number, source: _latin(
        f"card {source.choice((' ', '-', chr(0xA0), '.')).join(groups(number))}\n"
    ),
    "CSV": _csv,
    "CSV over columns": _csv_columns,
    "CSV over rows": _csv_rows,
    "JSON": _json,
    "JSON spread": _json_spread,
    "XLSX": _xlsx,
    "DOCX": lambda number, source: docx(sentence(number, source), runs=source.randrange(1, 9)),
    "PDF": lambda number, source: pdf(f"card {source.choice((' ', '-', '')).join(groups(number))}"),
    "ZIP": lambda number, source: zipped(
        {"a/b.txt": plain_text(number, source).encode()}, packed=source.random() < 0.7
    ),
    "ZIP in ZIP": lambda number, source: zipped(
        {"in.zip": zipped({"x.docx": docx(sentence(number, source))})}
    ),
    "gzip": lambda number, source: gzip.compress(plain_text(number, source).encode()),
    "bzip2": lambda number, source: bz2.compress(plain_text(number, source).encode()),
    "xz": lambda number, source: lzma.compress(plain_text(number, source).encode()),
    "tar": lambda number, source: tarred(
        {"x.log.gz": gzip.compress(plain_text(number, source).encode())}
    ),
    "PNG": lambda number, source: png(f"card {number}", packed=source.random() < 0.5),
    "JPEG": lambda number, _: jpeg(f"card {number}"),
    "mail": lambda number, source: mail(plain_text(number, source)),
}


def ordinary(seed: int, size: int) -> bytes:
    """About so many bytes of logs and hex in which no card number was planted."""
    source = Random(seed)  # noqa: S311  # a fixed stream, no secret
    lines: list[str] = []
    length = 0
    while length < size:
        line = log_line(source)
        lines.append(line)
        length += len(line)
    return "".join(lines).encode()[:size]


def log_line(source: Random) -> str:
    return source.choice(_LOGS)(source) + "\n"


def _stamp(source: Random) -> str:
    return (
        f"2026-{source.randrange(1, 13):02}-{source.randrange(1, 29):02}T{source.randrange(24):02}:"
        f"{source.randrange(60):02}:{source.randrange(60):02}.{source.randrange(10**6):06}Z"
    )


def _address(source: Random) -> str:
    return ".".join(str(source.randrange(256)) for _ in range(4))


_LOGS: tuple[Callable[[Random], str], ...] = (
    lambda s: (
        f'{_address(s)} - - [{_stamp(s)}] "GET /v1/items/{s.randrange(10**9)} HTTP/1.1" 200 '
        f'{s.randrange(10**6)} "-" "curl/8.{s.randrange(9)}" {s.random():.6f}'
    ),
    lambda s: json.dumps(
        {
            "ts": s.randrange(17 * 10**8, 18 * 10**8) * 1000 + s.randrange(1000),
            "trace_id": f"{s.getrandbits(128):032x}",
            "span_id": f"{s.getrandbits(64):016x}",
            "level": "info",
            "message": "request done",
            "ms": s.randrange(5000),
        }
    ),
    lambda s: (
        f"{_stamp(s)} host{s.randrange(99)} app[{s.randrange(65536)}]: job "
        f"{uuid.UUID(int=s.getrandbits(128), version=4)} finished in {s.randrange(10**5)} ms"
    ),
    lambda s: f"{s.getrandbits(256):064x}  build/out-{s.randrange(10**4)}.bin",
    lambda s: s.randbytes(16).hex(" "),
    lambda s: f"trace_id={s.randrange(10**18, 10**19)} span_id={s.randrange(10**15, 10**16)} ok",
    lambda s: f"event_id: {s.randrange(10**15, 10**16)} offset={s.randrange(10**15, 10**16)}",
    lambda s: (
        f"{s.randrange(17 * 10**17, 18 * 10**17)} {s.randrange(17 * 10**14, 18 * 10**14)} tick"
    ),
    lambda s: " ".join(f"{s.randrange(1000, 10000)}" for _ in range(9)),
    lambda s: ",".join(f"{s.randrange(1000, 10000)}" for _ in range(8)),
    lambda s: (
        f"cpu {s.random():.3f} {s.random():.3f} mem {s.randrange(10**9)} {s.randrange(10**11)}"
    ),
    lambda s: f"+49 {s.randrange(100, 1000)} {s.randrange(10**6, 10**7)} called {_address(s)}",
    lambda s: f"{s.randrange(10**8)}.{s.randrange(100):02} EUR to DE{s.randrange(10**19, 10**20)}",
    lambda s: f"commit {s.getrandbits(160):040x} Author: Ann <ann@example.org> {_stamp(s)}",
    lambda s: f"0x{s.getrandbits(64):016x} 0x{s.getrandbits(64):016x} {s.getrandbits(32):08x}",
    lambda s: f"W/{s.randrange(10**12)} etag={b64encode(s.randbytes(24)).decode()}",
)
