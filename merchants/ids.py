"""Names by which programs know our rows: a prefix for the kind, then 128 random bits in base 58.

They say nothing about how many there are or when a row was made, so they can be shown to anybody.
"""

import secrets
from hashlib import sha256

APPLICATION = "AP"
MERCHANT = "MU"
IDENTITY = "ID"
FORM = "cf_"
TEMPLATE = "cft_"
FILE = "FILE_"
USER = "US"
LINK = "EL_"
WEBHOOK = "WH"
EVENT = "event_"
DELIVERY = "delivery_"
VERIFICATION = "VI"

_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 22
_BITS = 128


def new(prefix: str) -> str:
    """Return a name that nobody can guess."""
    return prefix + _encoded(secrets.randbits(_BITS))


def of_content(prefix: str, content: bytes) -> str:
    """Return the name of a content: the same everywhere."""
    return prefix + _encoded(int.from_bytes(sha256(content).digest()[: _BITS // 8], "big"))


def _encoded(number: int) -> str:
    letters = []
    for _ in range(_LENGTH):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(reversed(letters))
