"""How the lower floors leave a leaf in the ledger without knowing who keeps it."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from accounts.errors import JournalError

Keeper = Callable[[str, str, Mapping[str, object], str], None]
"""Takes kind, subject, body and actor of an event, and writes inside the open transaction."""


class _Desk:
    """Holds the one keeper of the process; the evidence room names it when it starts."""

    keeper: Keeper | None = None


def keep_with(keeper: Keeper) -> None:
    """Name the keeper of the journal; called once, when the evidence room is ready."""
    _Desk.keeper = keeper


def tell(kind: str, *, subject: str, body: Mapping[str, object], actor: str) -> None:
    """Have an event kept for ever; call it inside the transaction of the deed that it records.

    `body` holds JSON without floats and without personal data: ids and digests only.
    Raises JournalError where nobody keeps the journal or where the body breaks these rules.
    """
    if _Desk.keeper is None:
        raise JournalError
    _refuse_unkeepable(body)
    _Desk.keeper(kind, subject, body, actor)


def digest(words: str) -> str:
    """Return the SHA-256 that stands in a leaf for words which may name a person (hex)."""
    return sha256(words.encode()).hexdigest()


def _refuse_unkeepable(value: object) -> None:
    """Refuse what canonical JSON cannot hold exactly, before it reaches the ledger."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise JournalError(f"A journal entry has a key that is no text: {key!r}.")
            _refuse_unkeepable(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_unkeepable(inner)
    elif value is not None and not isinstance(value, str | int):
        raise JournalError(
            f"A journal entry may hold text, whole numbers, booleans, lists and objects, "
            f"not {type(value).__name__}."
        )
