"""Text as people type it: tidied, not too long, and without characters that nobody can see.

Rules:
- Line ends become LF, and space at both ends goes.
- Control characters, which no spreadsheet can hold, and those that turn the direction of a line
  are refused, as are halves of surrogate pairs.
- A line holds no line end.
"""

import re

_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)


def text(given: str, *, most: int, what: str) -> str:
    """Return the text tidied; ValueError, which names `what`, where it cannot be kept."""
    tidy = given.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(tidy) > most:
        raise ValueError(f"{what} has more than {most:,} characters. Shorten it.")
    if _UNFIT.search(tidy):
        raise ValueError(f"{what} has invisible characters. Type it anew.")
    return tidy


def line(given: str, *, most: int, what: str) -> str:
    """Return one line of text tidied; ValueError where it cannot be kept."""
    tidy = text(given, most=most, what=what)
    if "\n" in tidy or "\u2028" in tidy or "\u2029" in tidy:
        raise ValueError(f"{what} is one line. Take the line end out.")
    return tidy
