"""Says whether a line is about somebody's own access, by e-mail address, user name or full name.

Rules:
- Case does not matter. An address may stand among other words, such as Ann <ann@example.org>.
- A single word without a sign @ is a user name: it fits the part of an address before that sign,
  also behind a domain such as CORP\\ann. Several words are a full name.
- Commas and semicolons part several people in one value.
"""

import re
from collections.abc import Iterable

_ADDRESS = re.compile(r"[^\s<>,;\"'()]+@[^\s<>,;\"'()]+")
_PARTED = re.compile(r"[,;]")


def addresses(text: str) -> list[str]:
    """Return the e-mail addresses in a text, in small letters."""
    return [found.lower() for found in _ADDRESS.findall(text)]


def is_about(texts: Iterable[str], *, email: str, full_name: str = "") -> bool:
    """Say whether one of the texts names the person with this address and name."""
    address = email.strip().lower()
    local = address.partition("@")[0]
    name = " ".join(full_name.lower().split())
    for text in texts:
        if address in addresses(text):
            return True
        for part in _PARTED.split(text.lower()):
            words = part.split()
            said = " ".join(words)
            if said and said == name:
                return True
            if len(words) == 1 and words[0].rsplit("\\", 1)[-1] == local:
                return True
    return False
