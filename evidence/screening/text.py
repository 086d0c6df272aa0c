"""Reads text of any common encoding in windows and yields what stands in it.

UTF-8 and single-byte encodings are seen as they are. UTF-16 and UTF-32 are known by their mark, or
by the zero bytes that they put between letters; then, and only then, text is transcoded first.
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from evidence.screening import cards, credentials, spread
from evidence.screening.budget import Pace
from evidence.screening.finding import Hit

WINDOW = 1024 * 1024
_OVERLAP = 16 * 1024
_UNDECIDED = 256
_SAMPLE = 4096
_HEADER = 2048
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(head: bytes) -> str:
    """Return the name of a wide encoding; empty where the bytes can be read as they are."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sample = head[:_SAMPLE]
    zeros = sample.count(0)
    if zeros * 4 < len(sample) or len(sample) < 8:
        return ""
    shares = [sample[place::4].count(0) * 4 / len(sample) for place in range(4)]
    high = [share > 0.7 for share in shares]
    known = {
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
    }
    return known.get((high[0], high[1], high[2], high[3]), "")


def hits(source: BinaryIO, *, pace: Pace | None = None) -> Iterator[tuple[Hit, int]]:
    """Yield what stands in a text, with the number of its line; in order, each once.

    Raises UnreadableError where it goes slower than `pace` allows.
    Offsets are those of the text as UTF-8 where it is in a wide encoding.
    """
    before, line, base = b"", 1, 0
    headed, is_first = False, True
    known: set[tuple[int, str]] = set()
    windows = _windows(source)
    fresh = next(windows, b"")
    while fresh:
        following = next(windows, b"")
        window = before + fresh
        if pace:
            pace.read(len(fresh))
        if is_first:
            headed = cards.speaks_of_cards(window[:_HEADER].partition(b"\n")[0])
        # What ends near the end may go on in the next window, and is judged there.
        sure = len(window) - (_UNDECIDED if following else 0)
        found = [hit for hit in _all(window, headed=headed) if hit.end <= sure]
        if is_first:
            found += spread.hits(window, headed=headed)
        for hit in sorted(found, key=lambda one: one.start):
            if (base + hit.start, hit.what) not in known:
                known.add((base + hit.start, hit.what))
                yield _moved(hit, base), line + window.count(b"\n", 0, hit.start)
        before = window[-_OVERLAP:] if following else b""
        passed = len(window) - len(before)
        line += window.count(b"\n", 0, passed)
        base += passed
        known = {one for one in known if one[0] >= base}
        fresh, is_first = following, False


def _all(window: bytes, *, headed: bool) -> Iterator[Hit]:
    yield from cards.find(window, headed=headed)
    yield from credentials.find(window)


def _moved(hit: Hit, base: int) -> Hit:
    if not base:
        return hit
    return Hit(hit.start + base, hit.end + base, hit.what, hit.sort, hit.value, hit.spread)


def _windows(source: BinaryIO) -> Iterator[bytes]:
    head = source.read(WINDOW)
    wide = encoding_of(head)
    if not wide:
        while head:
            yield head
            head = source.read(WINDOW)
        return
    decoder = codecs.getincrementaldecoder(wide)(errors="replace")
    while head:
        yield decoder.decode(head).removeprefix("\ufeff").encode(errors="replace")
        head = source.read(WINDOW)
