"""Tags: pairs of a key and a value by which whoever hands an item in finds it again.

The limits are those of payment APIs, so that what an item is about there fits here as it is.
"""

import unicodedata
from collections.abc import Mapping

from evidence.errors import TagError

MOST = 50
LONGEST_KEY = 40
LONGEST_VALUE = 500


def checked(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags in the order of their keys, in NFC; TagError for what cannot be kept."""
    if len(tags) > MOST:
        raise TagError(f"An item takes up to {MOST} tags, and these are {len(tags)}.")
    normal = {_normal(key): _normal(value) for key, value in tags.items()}
    if len(normal) < len(tags):
        raise TagError("Two of these tags have the same key, written in two ways.")
    for key, value in normal.items():
        if not 1 <= len(key) <= LONGEST_KEY or key != key.strip():
            raise TagError(
                f"The key of a tag has 1 to {LONGEST_KEY} characters and no space at its ends; "
                f"{key[: LONGEST_KEY + 10]!r} is none."
            )
        if len(value) > LONGEST_VALUE:
            raise TagError(f"The tag {key!r} has more than {LONGEST_VALUE} characters.")
        if any(unicodedata.category(letter)[0] == "C" for letter in key + value):
            raise TagError(f"The tag {key!r} holds a control character. Take it out.")
    return dict(sorted(normal.items()))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)
