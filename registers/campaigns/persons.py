"""Says whether a line is about somebody's own access, by e-mail address, user name or full name.

Rules:
- Case does not matter. An address may stand among other words, such as Ann <ann@example.org>, or
  behind a mark, such as user:ann@example.org.
- A single word without a sign @ is a user name: it fits the part of an address before that sign,
  also behind a domain such as CORP\\ann. Several words are a full name, in any order.
- Commas and semicolons part several people in one value, and the two halves of Ames, Ann.
"""

import re
from collections.abc import Iterable, Sequence

_ADDRESS = re.compile(r"[^\s<>,;\"'()]+@[^\s<>,;\"'()]+")
_BARE = re.compile(r"[^\s<>,;\"'()\[\]{}:/\\|=?&#]+@[^\s<>,;\"'()\[\]{}:/\\|=?&#]+")
"""An address without what may stand before and after it; some have a slash in themselves."""
_PARTED = re.compile(r"[;\n]")
_BEHIND = re.compile(r"[\\/:|]")


def addresses(text: str) -> list[str]:
    """Return the e-mail addresses in a text, in small letters."""
    found = [*_ADDRESS.findall(text), *_BARE.findall(text)]
    return list(dict.fromkeys(one.lower().rstrip(".") for one in found))


def is_about(texts: Iterable[str], *, email: str, full_name: str = "") -> bool:
    """Say whether one of the texts names the person with this address and name."""
    address = email.strip().lower()
    local = address.partition("@")[0]
    name = sorted(full_name.lower().split())
    for text in texts:
        if address in addresses(text):
            return True
        for people in _PARTED.split(text.lower()):
            parts = [part.split() for part in people.split(",")]
            if any(len(words) == 1 and _BEHIND.split(words[0])[-1] == local for words in parts):
                return True
            if name and _has_name(parts, name):
                return True
    return False


def _has_name(parts: Sequence[Sequence[str]], name: Sequence[str]) -> bool:
    """Say whether some parts beside each other have the words of a name, in any order."""
    for first in range(len(parts)):
        words: list[str] = []
        for part in parts[first:]:
            words.extend(part)
            if sorted(words) == name:
                return True
            if len(words) >= len(name):
                break
    return False
