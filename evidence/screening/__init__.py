"""Looks for card numbers and secrets in content before anything is stored.

`scan` looks into a file of any known format; one module in `formats/` opens one format, and being
there registers it. A finding names kind and place, never the value.
"""

from typing import BinaryIO

from evidence.screening.cards import luhn
from evidence.screening.finding import Finding, Sort
from evidence.screening.looking import Look, ordered

__all__ = ["Finding", "Sort", "luhn", "scan"]


def scan(source: BinaryIO) -> list[Finding]:
    """Return the first findings in a file, in order; the file is read from where it stands.

    The source must be seekable. What could not be looked into is a finding of its own sort.
    """
    look = Look()
    look.file(source)
    return list(ordered(look.findings))
