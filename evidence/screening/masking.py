"""Masks what screening finds in flat text (text, CSV, JSON of any encoding).

Rules:
- Of a card number the first six and the last four digits stay, as PCI DSS 3.4.1 allows at most; of
  a secret nothing stays. A private key goes to its last line.
- All other bytes stay as they are, and the encoding too. A number that stood bare in JSON becomes a
  text, so that the JSON stays whole.
"""

import codecs
import re
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from evidence.errors import MaskingError
from evidence.screening import formats, text
from evidence.screening.finding import Finding, Hit, Sort
from evidence.screening.looking import Look

LARGEST = 64 * 1024**2
MOST_REMOVED = 10_000
REMOVED = b"[removed]"
_KEY_END = re.compile(rb"-----END [A-Z0-9 ]*-----")
_DIGIT = re.compile(rb"[0-9]")
_BARE_BEFORE = re.compile(rb"[:,\[]\s*$")
_BARE_BEHIND = re.compile(rb"\s*[,}\]]")


@dataclass(frozen=True)
class Masked:
    """The masked content, and what was taken out of it."""

    content: bytes
    removed: tuple[Finding, ...]


def masked(source: BinaryIO) -> Masked:
    """Return a text with every hit masked; MaskingError where that cannot be done here."""
    content = source.read(LARGEST + 1)
    if len(content) > LARGEST:
        message = f"The file is larger than {LARGEST // 1024**2} MiB. Hand a cleaned file in."
        raise MaskingError(message)
    if formats.of(content[:4096]):
        raise MaskingError
    wide = text.encoding_of(content)
    plain = content.decode(wide, errors="replace").encode() if wide else content
    found = list(text.hits(BytesIO(plain)))
    if any(hit.spread for hit, _ in found):
        message = "A number lies spread over several values, so it cannot be masked here."
        raise MaskingError(message)
    whole, removed = _replaced(plain, found)
    if wide:
        whole = whole.decode(errors="replace").encode(wide)
    return Masked(whole, tuple(removed))


def removed_from(source: BinaryIO) -> list[Finding]:
    """Return all that screening finds in a file of any format, with its values."""
    look = Look(most=MOST_REMOVED)
    look.file(source)
    return [one for one in look.findings if one.sort != Sort.UNREADABLE]


def _replaced(plain: bytes, found: list[tuple[Hit, int]]) -> tuple[bytes, list[Finding]]:
    is_json = plain[:64].removeprefix(codecs.BOM_UTF8).lstrip()[:1] in {b"{", b"["}
    pieces: list[bytes] = []
    removed: list[Finding] = []
    done = 0
    for hit, line in sorted(found, key=lambda one: (one[0].start, -one[0].end)):
        if hit.start < done:
            continue
        end = _end(plain, hit)
        mask = _card(plain[hit.start : end]) if hit.sort == Sort.CARD else REMOVED
        if is_json and _is_bare(plain, hit.start, end):
            mask = b'"' + mask + b'"'
        pieces += [plain[done : hit.start], mask]
        removed.append(Finding(hit.what, line, "", hit.sort, hit.value))
        done = end
    return b"".join([*pieces, plain[done:]]), removed


def _end(plain: bytes, hit: Hit) -> int:
    """Return where a hit ends; of a key only its first line was found."""
    if "private key" not in hit.what:
        return hit.end
    last = _KEY_END.search(plain, hit.end)
    return last.end() if last else len(plain)


def _card(shown: bytes) -> bytes:
    count = len(_DIGIT.findall(shown))
    seen = 0

    def mask(_: re.Match[bytes]) -> bytes:
        nonlocal seen
        seen += 1
        return _[0] if seen <= 6 or seen > count - 4 else b"*"

    return _DIGIT.sub(mask, shown)


def _is_bare(plain: bytes, start: int, end: int) -> bool:
    before = plain[max(0, start - 64) : start]
    behind = plain[end : end + 64]
    return bool(_BARE_BEFORE.search(before) and _BARE_BEHIND.match(behind))
