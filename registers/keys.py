"""What tells two entries apart: the digest of their key, whatever the case of its letters."""

from collections.abc import Iterable
from hashlib import sha256

from registers.base import Value, Values
from registers.registry import Register
from registers.values import words

_BETWEEN = "\x1f"


def key_of(register: Register, values: Values) -> str:
    """Return the digest by which an entry is found again."""
    return digest_of(values[name] for name in register.declared.key)


def digest_of(parts: Iterable[Value]) -> str:
    """Return the digest of a key whose values are these, in the order of its fields."""
    return sha256(_BETWEEN.join(words(part).casefold() for part in parts).encode()).hexdigest()


def title_of(register: Register, values: Values) -> str:
    """Return what tells an entry apart, in words."""
    return ", ".join(words(values[name]) for name in register.declared.key)
