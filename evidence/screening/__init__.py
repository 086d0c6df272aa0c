"""Looks for card numbers and secrets in content before anything is stored.

`scan` looks into a file of any known format; one module in `formats/` opens one format, and being
there registers it. A finding names kind and place, never the value.
"""

from io import BytesIO
from typing import BinaryIO

from evidence.screening import text
from evidence.screening.cards import luhn
from evidence.screening.finding import Finding, Sort
from evidence.screening.looking import Look, ordered

__all__ = ["Finding", "Sort", "luhn", "scan", "speaks"]


def scan(source: BinaryIO) -> list[Finding]:
    """Return the first findings in a file, in order; the file is read from where it stands.

    The source must be seekable. What could not be looked into is a finding of its own sort.
    """
    look = Look()
    look.file(source)
    return list(ordered(look.findings))


def speaks(words: str | bytes) -> bool:
    """Return whether a card number or a secret stands in words that are no file."""
    content = words if isinstance(words, bytes) else words.encode(errors="replace")
    return any(text.hits(BytesIO(content)))
