"""Which columns of a population mean what to a campaign, and what the rows then say.

Rules:
- A row is told apart by its key: the values of one or more columns, none of them empty.
- A row has ended where a date has come, a word says so, a column such as `active` says no, or
  another, such as `suspended`, says yes.
- What is only a day begins by the clocks of whoever compares.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, tzinfo
from hashlib import sha256

BETWEEN = " / "
_APART = "\x1f"
_ENDED = frozenset({"inactive", "disabled", "revoked", "deleted", "suspended", "expired", "ended"})
_YES, _NO = frozenset({"yes", "true"}), frozenset({"no", "false"})
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_ALIVE = frozenset({"active", "enabled", "live", "valid"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Row = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Names of columns by what they mean; an empty one says nothing of it."""

    key: tuple[str, ...]
    shown: tuple[str, ...] = ()
    label: str = ""
    person: tuple[str, ...] = ()
    owner: str = ""
    system: str = ""
    rights: str = ""
    secret: str = ""
    ended: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> "Columns":
        """Return what `to_json` wrote."""
        return cls(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in kept.items()
            }  # type: ignore[arg-type]  # JSON of `to_json`
        )

    def to_json(self) -> dict[str, object]:
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that is named, each once."""
        alone = (self.label, self.owner, self.system, self.rights, self.secret)
        every = (*self.key, *self.shown, *self.person, *alone, *self.ended)
        return tuple(dict.fromkeys(name for name in every if name))

    @property
    def needed_later(self) -> tuple[str, ...]:
        """The columns without which a later list cannot be compared."""
        return tuple(name for name in (*self.key, self.rights, self.secret) if name)


def guessed(usual: Mapping[str, Sequence[str]], names: Sequence[str]) -> Columns:
    """Return the columns that a population most likely means, by their usual names."""

    def first(role: str) -> str:
        return next((name for name in usual.get(role, ()) if name in names), "")

    def every(role: str) -> tuple[str, ...]:
        return tuple(name for name in usual.get(role, ()) if name in names)

    key = (first("key"),) if first("key") else ()
    system = first("system")
    return Columns(
        # An account of one name may be there once for each system.
        key=(system, *key) if system and key else key,
        shown=tuple(names),
        label=first("label"),
        person=every("person"),
        owner=first("owner"),
        system=system,
        rights=first("rights"),
        secret=first("secret"),
        ended=every("ended"),
    )


def key_of(columns: Columns, row: Row) -> str:
    """Return the key of a row in words, empty where a part of it is."""
    parts = [row[name].strip() for name in columns.key]
    return BETWEEN.join(parts) if all(parts) else ""


def digest_of(columns: Columns, row: Row) -> str:
    """Return the digest of the key of a row, by which a later list finds it again."""
    return sha256(_APART.join(row[name].strip() for name in columns.key).encode()).hexdigest()


def ended(columns: Columns, row: Row, *, at: datetime) -> tuple[bool, date | None]:
    """Say whether a row has ended by the moment of its list, and on which day if it says so.

    The day is told by the clocks of `at`.
    """
    zone = at.tzinfo or UTC
    for name in columns.ended:
        text = row.get(name, "").strip()
        if text.lower() in (_ENDED | (_NO if _says_alive(name) else _YES)):
            return True, None
        moment = moment_in(text, zone)
        if moment and moment <= at:
            return True, day_of(moment, zone)
    return False, None


def _says_alive(name: str) -> bool:
    """Say whether a column of this name says yes of what has not ended."""
    words = {word.lower().removeprefix("is") for word in _WORDS.findall(name)}
    return "not" not in words and not words.isdisjoint(_ALIVE)


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the day of a moment by the clocks of a zone."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:  # The first and the last moment of all stand for never.
        return moment.date()


def moment_in(text: str, zone: tzinfo) -> datetime | None:
    """Return the moment that a cell writes in ISO 8601, None where it is none.

    What is only a day begins in this zone; a time without a zone is one in UTC.
    """
    if not _DAY.match(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if _DAY.fullmatch(text):
        return found.replace(tzinfo=zone)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
