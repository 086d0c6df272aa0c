"""Finds card numbers in a window of bytes; knows neither files nor formats.

Rules:
- A card number has an issuer's prefix and length and passes Luhn (ISO/IEC 7812-1 annex B).
- It stands alone: no digit, hex letter, or other letter or sign of a longer word touches it. Where
  a word such as "card" or "PAN" stands just before, letters and signs may touch it, hex never.
- In groups as cards print them (4-4-4-4, 4-6-5, 4-6-4, 4-4-4-4-3) it may be parted by blanks,
  dashes, dots, underscores or plus signs. Parted by anything else (cells, quotes, ends of lines)
  it needs such a word near it, or in the first line of the text.
- So do lengths that many other numbers have: 13 and 17 to 19 digits.
- A number that its own key calls an id, a trace, a time or the like is none, without such a word;
  nor is a stretch of a longer series of groups of four digits.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

from ahocorasick_rs import BytesAhoCorasick, Implementation

from evidence.screening.finding import Hit, Sort

_SIGNS = b" -._/+,;|\t\r\n\"'"
# The bytes that the UTF-8 forms of other blanks and dashes are made of, and Latin-1's own blank.
_FAR_SIGNS = b"\xa0\xad\xc2\xe2\x80\x81\x88\x89\x8a\x8b\x90\x91\x92\x93\x94\xaf"
_CLASSES = bytes(
    48 if 48 <= code <= 57 else 45 if code in _SIGNS or code in _FAR_SIGNS else 120
    for code in range(256)
)
_FEWEST, _MOST = 13, 19
_ROW = b"0" * _FEWEST
_ZEROS = re.compile(rb"0+")
_GROUP = b"0000-"
_PAIRS = tuple(b"0000" + b"-" * width + b"0000" for width in range(1, 6))
_SHAPES = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4))
_WIDEST_SIGN = 5


def _patterns() -> list[bytes]:
    """Every printed shape with signs of 1 to 5 bytes between its groups."""
    return [
        b"".join(
            b"-" * width + b"0" * size for width, size in zip((0, *widths), shape, strict=True)
        )
        for shape in _SHAPES
        for widths in product(range(1, _WIDEST_SIGN + 1), repeat=len(shape) - 1)
    ]


_FINDER = BytesAhoCorasick(_patterns(), implementation=Implementation.DFA)
_DIGITS = re.compile(rb"[0-9]+")
_LAST_THREE = re.compile(rb"(?:[ -]|\xc2\xa0)([0-9]{3})(?![0-9])")
_BLANKS = rb"\x20|\xc2\xa0|\xa0|\xe2\x80[\x80-\x8a\xaf]|\t"
_STRONG = re.compile(
    rb"(?:%s)|(?:%s)?(?:-|\xe2\x80[\x90-\x94]|\xe2\x88\x92|\xc2?\xad)(?:%s)?|[._+]|\x20\x20"
    % (_BLANKS.removesuffix(rb"|\t"), _BLANKS, _BLANKS)
)
_WORD = re.compile(rb"[\w.+%-]")
_LETTER = re.compile(rb"[0-9A-Za-z]")
_HEX = re.compile(rb"[0-9A-Fa-f]")
_HEX_BEFORE = re.compile(rb"(?:[0-9A-Fa-f]|0[xX])$")
_FRACTION = re.compile(rb"\.[0-9]")
_ESCAPE = re.compile(rb"\\[nrt]$|%(?:20|22|27|28|2C|2c|2F|2f|3A|3a|3D|3d|3E|3e|5B|5b)$")
_ESCAPED_BLANK = re.compile(rb"%(?:20|22|27|28)$")
# A group of four before or behind makes it a series of numbers, but for a year and an expiry; two
# groups do so whatever they look like.
_SERIES_BEFORE = re.compile(
    rb"(?<![0-9])(?:(?!(?:19|20)[0-9]{2})[0-9]{4}|[0-9]{4}[ ._-][0-9]{4})[ ._-]$"
)
_SERIES_BEHIND = re.compile(
    rb"[ ._-](?:(?!(?:0[1-9]|1[0-2])[2-4][0-9]|(?:19|20)[0-9]{2})[0-9]{4}\b"
    rb"|[0-9]{4}[ ._-][0-9]{4}\b)"
)
_CONTEXT = re.compile(
    rb"(?i)(?<![a-z])(?:(?:credit|debit|bank|payment|gift|charge)?[ _-]?cards?(?![a-z])|cardn|"
    rb"card_?no|cardholder|[a-z]{2,12}card(?![a-z])|[a-z]{2,12}_card|pans?(?![a-z])|ccn|"
    rb"cc(?:[ _-]?n(?:o|um|umber|r))?(?![a-z])|primary account|visa(?![a-z])|master ?card|"
    rb"maestro|amex|american express|discover(?![a-z])|jcb|diners|unionpay|kredit-?karte|karten|"
    rb"tarjeta|carte (?:bancaire|bleue|de cr)|cvv|cvc)|(?-i:[a-z](?:Card|Pan)(?![a-z]))"
)
_CONTEXT_PARTS = (
    b"card",
    b"pan",
    b"cc",
    b"cv",
    b"karte",
    b"visa",
    b"maestro",
    b"amex",
    b"american express",
    b"primary account",
    b"discover",
    b"jcb",
    b"diners",
    b"unionpay",
    b"tarjeta",
    b"carte",
)
_WORDS = BytesAhoCorasick(list(_CONTEXT_PARTS))
_SHORT = 4096
_ID_KEY = re.compile(
    rb"(?i)(?:trace|span|request|correlation|session|order|event|message|msg|batch|job|build|seq"
    rb"|sequence|offset|timestamp|time|nonce|hash|version|revision|serial|snowflake|tracking|"
    rb"cursor|lsn|xid|pid|(?<![a-z])(?:ts|id|req|txn|ref|uid|rev))"
    rb"(?:[ _.-]?(?:id|no|nr|num|number|key|ref|us|ns|ms))?[\"']?\s{0,3}[:=#]\s{0,3}[\"']?$"
)
_BEFORE, _BEHIND = 80, 32
_ISSUERS = (
    ("American Express", rb"3[47]\d{13}"),
    ("Visa", rb"4\d{12}(?:\d{3}){0,2}"),
    ("Mastercard", rb"(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"),
    ("Discover", rb"6(?:011|5\d\d|4[4-9]\d)\d{12}(?:\d{3})?"),
    ("JCB", rb"35(?:2[89]|[3-8]\d)\d{12}(?:\d{3})?"),
    ("Diners Club", rb"3(?:0[0-5]|09|[68]\d)\d{11}"),
    ("UnionPay", rb"62\d{14,17}"),
    ("Maestro", rb"(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{9,15}"),
)
_ISSUER = re.compile(b"|".join(b"(%s)" % rule for _, rule in _ISSUERS))
_PLAIN_LENGTHS = {14, 15, 16}


def luhn(digits: bytes) -> bool:
    """Return whether ASCII digits pass the check of ISO/IEC 7812-1 annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = digit - 48
        if place % 2:
            value = value * 2 - 9 * (value > 4)
        total += value
    return total % 10 == 0


def issuer(digits: bytes) -> str:
    """Return whose card number these digits are, or nothing."""
    found = _ISSUER.fullmatch(digits)
    return _ISSUERS[found.lastindex - 1][0] if found and found.lastindex and luhn(digits) else ""


def speaks_of_cards(text: bytes) -> bool:
    """Return whether a word stands here that goes with card numbers."""
    # The rule itself is slow, and most text has none of its words.
    lowered = text.lower()
    if len(text) > _SHORT:
        found = bool(_WORDS.find_matches_as_indexes(lowered))
    else:
        found = any(word in lowered for word in _CONTEXT_PARTS)
    return found and bool(_CONTEXT.search(text))


def find(window: bytes, *, headed: bool = False) -> Iterator[Hit]:
    """Yield the card numbers of a window; `headed`: its first line speaks of cards."""
    classes = window.translate(_CLASSES)
    yield from _solid(window, classes, headed=headed)
    if _GROUP in classes and any(pair in classes for pair in _PAIRS):
        taken = -1
        for _, start, end in _FINDER.find_matches_as_indexes(classes, overlapping=True):
            if (
                start < taken
                or classes[end : end + 1] == b"0"
                or classes[start - 1 : start] == b"0"
            ):
                continue
            hit = _grouped(window, start, end, headed=headed)
            if hit:
                taken = hit.end
                yield hit


def _solid(window: bytes, classes: bytes, *, headed: bool) -> Iterator[Hit]:
    """Look at every unbroken row of enough digits."""
    start = classes.find(_ROW)
    while start >= 0:
        row = _ZEROS.match(classes, start)
        end = row.end() if row else start + _FEWEST
        if _ESCAPED_BLANK.search(window[max(0, start - 1) : start + 2]):
            # The two digits of %20 belong to the escape.
            start += 2
        name = issuer(window[start:end]) if _FEWEST <= end - start <= _MOST else ""
        if name and _stands_alone(window, start, end, headed=headed):
            yield _hit(start, end, name, window[start:end])
        start = classes.find(_ROW, end)


def _stands_alone(window: bytes, start: int, end: int, *, headed: bool) -> bool:
    before = window[max(0, start - _BEFORE) : start]
    touched = _touched_before(before) or _touched_behind(window, end)
    if not touched and end - start in _PLAIN_LENGTHS and not _ID_KEY.search(before):
        return True
    if not (headed or speaks_of_cards(_line_around(window, start, end))):
        return False
    hex_before = bool(_HEX_BEFORE.search(before)) and not _ESCAPE.search(before)
    return not (hex_before or _HEX.match(window[end : end + 1]) or _FRACTION.match(window, end))


def _touched_before(before: bytes) -> bool:
    return bool(before and _WORD.match(before[-1:])) and not _ESCAPE.search(before)


def _touched_behind(window: bytes, end: int) -> bool:
    behind = window[end : end + 1]
    if behind == b".":
        return bool(_FRACTION.match(window, end))
    if behind == b"%":
        return not window[end + 1 : end + 3].isalnum()
    return bool(behind and _WORD.match(behind))


def _grouped(window: bytes, start: int, end: int, *, headed: bool) -> Hit | None:
    groups = list(_DIGITS.finditer(window, start, end))
    digits = b"".join(group.group() for group in groups)
    name = issuer(digits)
    longer = _LAST_THREE.match(window, end)
    if not name and longer:
        digits, end = digits + longer[1], longer.end()
        name = issuer(digits)
    if not name:
        return None
    signs = [window[left.end() : right.start()] for left, right in pairwise(groups)]
    if (
        _is_printed(signs)
        and not _in_a_word(window, start, end)
        and not _in_series(window, start, end)
    ):
        return _hit(start, end, name, digits)
    edges = window[max(0, start - 1) : start], window[end : end + 1]
    if any(edge and _LETTER.match(edge) for edge in edges):
        return None
    is_split = any(b"\n" in sign for sign in signs)
    if headed or speaks_of_cards(_line_around(window, start, end, is_split=is_split)):
        return _hit(start, end, name, digits)
    return None


def _is_printed(signs: Sequence[bytes]) -> bool:
    return len(set(signs)) == 1 and bool(_STRONG.fullmatch(signs[0]))


def _in_a_word(window: bytes, start: int, end: int) -> bool:
    return _touched_before(window[max(0, start - 3) : start]) or _touched_behind(window, end)


def _in_series(window: bytes, start: int, end: int) -> bool:
    before = window[max(0, start - 11) : start]
    return bool(_SERIES_BEFORE.search(before) or _SERIES_BEHIND.match(window, end))


def _line_around(window: bytes, start: int, end: int, *, is_split: bool = False) -> bytes:
    """Return what stands near on the same line, and on those before where a number is split."""
    before = window[max(0, start - _BEFORE) : start]
    if not is_split:
        before = before.rpartition(b"\n")[2]
    behind = window[end : end + _BEHIND].partition(b"\n")[0]
    return before + b" " + behind


def _hit(start: int, end: int, name: str, digits: bytes) -> Hit:
    return Hit(start, end, f"looks like a card number ({name})", Sort.CARD, digits)
