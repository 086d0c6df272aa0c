"""Recognises the Trust Services Criteria in the spellings of others, and gives them in ours.

Rules:
- `CC6.1`, `cc_6_1`, `cc6-1`, `CC 6.1`, `soc2_cc_6_1`, `TSC:CC6.1` and `cc_c_1_1` (for C1.1) name a
  criterion; so does one with the number of a point of focus behind it, `CC6.1.2`.
- A word that only looks like one is none: the series and its last number must exist, and the two
  numbers must be set apart, so that `A12` or `p99` stay what they are.
- What is not recognised gives nothing; nothing is guessed.
"""

import re
from collections.abc import Iterable

SERIES = {
    "CC1": 5,
    "CC2": 3,
    "CC3": 4,
    "CC4": 2,
    "CC5": 3,
    "CC6": 8,
    "CC7": 5,
    "CC8": 1,
    "CC9": 2,
    "A1": 3,
    "C1": 2,
    "PI1": 5,
    "P1": 1,
    "P2": 1,
    "P3": 2,
    "P4": 3,
    "P5": 2,
    "P6": 7,
    "P7": 1,
    "P8": 1,
}
_GAP = r"[\s_.:/-]"
_SPELLED = re.compile(
    rf"(?:(?:aicpa|soc{_GAP}*2|tsc){_GAP}+)*(?:cc{_GAP}*(?=[acp](?!c)))?"
    rf"(?P<letters>cc|pi|a|c|p){_GAP}*(?P<series>[1-9]){_GAP}+(?P<number>[1-9])(?:{_GAP}+[0-9]+)*",
    re.IGNORECASE | re.ASCII,
)
_LONGEST = 60


def criterion(spelled: str) -> str | None:
    """Return the id of a criterion as we write it, None where the word names none."""
    word = spelled.strip()
    found = _SPELLED.fullmatch(word) if len(word) <= _LONGEST else None
    if found is None:
        return None
    series = f"{found['letters'].upper()}{found['series']}"
    return f"{series}.{found['number']}" if int(found["number"]) <= SERIES.get(series, 0) else None


def criteria(spelled: Iterable[str]) -> tuple[str, ...]:
    """Return the criteria that are among some words, each once, in their order."""
    found = {known for word in spelled if (known := criterion(word))}
    return tuple(sorted(found, key=_rank))


def _rank(known: str) -> tuple[int, str]:
    series, _, number = known.partition(".")
    return (list(SERIES).index(series), number)
