"""Looks for card numbers and secrets in content before anything is stored.

Rules:
- A card number has an issuer's prefix and length, passes Luhn (ISO/IEC 7812-1), stands alone or in
  the groups that cards print, and is no part of a longer word, number, digest or UUID.
- A secret is a private key block or a token with a provider's own unmistakable prefix.
- A finding names line and kind, never the value.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ahocorasick_rs import BytesAhoCorasick

_WINDOW = 1024 * 1024
_OVERLAP = 256
_MOST = 20

# Fewer digits than this are no card number; possessive, so that no content is read twice.
_FEWEST = 14
_RUN = re.compile(rb"[0-9](?:[ -]*+[0-9]){%d,}+" % (_FEWEST - 1))
# With all digits alike and the signs between them gone, one plain search tells that there is none.
_DIGITS = bytes(48 if 48 <= code <= 57 else 0 for code in range(256))
_BETWEEN = b" -"
_ROW = b"0" * _FEWEST
_GROUP = re.compile(rb"[0-9]+")
_PRINTED = {(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4)}
_ALONE = range(_FEWEST, 20)
_WORD = re.compile(rb"[\w.+%-]")
_FRACTION = re.compile(rb"\.[0-9]")
_ISSUERS = (
    ("American Express", re.compile(rb"3[47]\d{13}")),
    ("Visa", re.compile(rb"4\d{15}(?:\d{3})?")),
    (
        "Mastercard",
        re.compile(rb"(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"),
    ),
    ("Discover", re.compile(rb"6(?:011|5\d\d|4[4-9]\d)\d{12}")),
    ("JCB", re.compile(rb"35(?:2[89]|[3-8]\d)\d{12}")),
    ("Diners Club", re.compile(rb"3(?:0[0-5]|[68]\d)\d{11}")),
    ("UnionPay", re.compile(rb"62\d{14,17}")),
)
# One pass finds where a prefix stands; the rules only confirm.
_SECRETS = (
    ("private key", (b"-----BEGIN ",), re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")),
    ("AWS access key", (b"AKIA", b"ASIA"), re.compile(rb"A[KS]IA[A-Z2-7]{16}\b")),
    (
        "GitHub token",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
        re.compile(rb"gh[pousr]_[A-Za-z0-9]{36}\b"),
    ),
    ("GitHub token", (b"github_pat_",), re.compile(rb"github_pat_\w{82}\b")),
    ("GitLab token", (b"glpat-",), re.compile(rb"glpat-[\w-]{20,}")),
    ("Slack token", (b"xox",), re.compile(rb"xox[abeoprs]-[A-Za-z0-9-]{20,}")),
    ("Stripe secret key", (b"k_live_",), re.compile(rb"k_live_[A-Za-z0-9]{20,}")),
    ("Google API key", (b"AIza",), re.compile(rb"AIza[\w-]{35}")),
    ("token of this installation", (b"cs_",), re.compile(rb"cs_[a-z]_[\w-]{40,}")),
)
_PREFIXES = [(prefix, name, rule) for name, prefixes, rule in _SECRETS for prefix in prefixes]
_FINDER = BytesAhoCorasick([prefix for prefix, _, _ in _PREFIXES])


@dataclass(frozen=True)
class Finding:
    """Something that must not be stored: what it seems to be and on which line it stands."""

    what: str
    line: int

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"


def scan(source: BinaryIO) -> list[Finding]:
    """Return the first findings in a file's bytes, in order; the file is read from where it stands.

    Text in UTF-8 or a single-byte encoding is seen as it is; packed formats are not opened here.
    """
    findings: dict[tuple[int, str], Finding] = {}
    line = 1
    kept = b""
    while (fresh := source.read(_WINDOW)) and len(findings) < _MOST:
        window = kept + fresh
        for offset, what in _hits(window):
            place = line + window.count(b"\n", 0, offset)
            findings.setdefault((place, what), Finding(what, place))
        kept = window[-_OVERLAP:]
        line += window.count(b"\n", 0, len(window) - len(kept))
    return sorted(findings.values(), key=lambda found: found.line)[:_MOST]


def luhn(digits: bytes) -> bool:
    """Return whether ASCII digits pass the check of ISO/IEC 7812-1 annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = digit - 48
        if place % 2:
            value = value * 2 - 9 * (value > 4)
        total += value
    return total % 10 == 0


def _hits(window: bytes) -> Iterator[tuple[int, str]]:
    if _ROW in window.translate(_DIGITS, _BETWEEN):
        for run in _RUN.finditer(window):
            yield from _cards(window, run.start(), run.end())
    # Overlapping: a prefix may begin within one that came to nothing.
    for number, start, _ in _FINDER.find_matches_as_indexes(window, overlapping=True):
        _, name, rule = _PREFIXES[number]
        if rule.match(window, start):
            yield start, f"looks like a secret ({name})"


def _cards(window: bytes, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Find card numbers among the digit groups of one run of digits, blanks and dashes."""
    groups = list(_GROUP.finditer(window, start, end))
    for first in range(len(groups)):
        for count in (1, 3, 4, 5):
            taken = groups[first : first + count]
            sizes = tuple(len(group.group()) for group in taken)
            if len(taken) < count or not (sizes in _PRINTED or (count == 1 and sizes[0] in _ALONE)):
                continue
            if _inside_a_word(window, taken[0].start(), taken[-1].end()):
                continue
            issuer = _issuer(b"".join(group.group() for group in taken))
            if issuer:
                yield taken[0].start(), f"looks like a card number ({issuer})"


def _issuer(digits: bytes) -> str:
    """Return whose card number these digits are, or nothing."""
    name = next((name for name, rule in _ISSUERS if rule.fullmatch(digits)), "")
    return name if name and luhn(digits) else ""


def _inside_a_word(window: bytes, start: int, end: int) -> bool:
    before, after = window[max(0, start - 1) : start], window[end : end + 1]
    if before and _WORD.match(before):
        return True
    if after == b".":
        return bool(_FRACTION.match(window, end))
    return bool(after and _WORD.match(after))
