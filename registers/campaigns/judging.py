"""Says whether a later list shows that what was decided about a line has been done.

Rules:
- Revoke: the row is gone, or the list says that it has ended.
- Reduce: so too, or some right of before is gone and none has come. Where rights were exchanged for
  others only a person can say whether they are fewer.
- Rights are parted by commas and the like. Without any, words in small letters are scopes, one
  right each; with capitals, such as Limited Admin, they are one right however many they are.
- Rotate: so too, or what changes with the secret has changed; a date must have become later.
- Keep needs no proof.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from registers.campaigns.columns import Columns, Row, day_of, ended, moment_in

_MARKS = re.compile(r"[,;|\n]")


@dataclass(frozen=True)
class Then:
    """What was decided about a line, and what the list said then."""

    decision: str
    rights: str
    secret: str


@dataclass(frozen=True)
class Found:
    """What a later list says: whether it is done, since which day, and in words."""

    done: bool
    words: str
    on: date | None = None
    is_changed: bool = False
    """Whether the rights were exchanged for others: a person may read a reduction out of that."""


def judge(then: Then, row: Row | None, *, columns: Columns, at: datetime) -> Found:
    """Compare a line with the row of the same key in a list of the moment `at`, None if gone.

    Days are told by the clocks of `at`.
    """
    if row is None:
        return Found(True, "It is no longer in the list.")
    over, on = ended(columns, row, at=at)
    if over:
        return Found(True, "The list says that it has ended.", on)
    judged = _JUDGES.get(then.decision)
    return judged(then, row, columns, at) if judged else Found(False, "Nothing is to be proved.")


def rights_in(*texts: str) -> list[frozenset[str]]:
    """Return the single rights of each cell, all of them parted in one way."""
    if any(_MARKS.search(text.strip()) for text in texts):
        parted = [_MARKS.split(text) for text in texts]
    elif any(letter.isupper() for text in texts for letter in text):
        parted = [[text] for text in texts]
    else:
        parted = [text.split() for text in texts]
    return [frozenset(filter(None, (" ".join(each.split()) for each in some))) for some in parted]


def _revoked(_then: Then, _row: Row, _columns: Columns, _at: datetime) -> Found:
    return Found(False, "It is still in the list.")


def _reduced(then: Then, row: Row, columns: Columns, _at: datetime) -> Found:
    before, now = rights_in(then.rights, row.get(columns.rights, ""))
    went, came = sorted(before - now), sorted(now - before)
    if went and not came:
        return Found(True, f"These rights are gone: {_listed(went)}.")
    if went:
        words = f"{_listed(went)} went and {_listed(came)} came: look whether that is less."
        return Found(False, words, is_changed=True)
    if came:
        return Found(False, f"It has more rights than before: {_listed(came)}.")
    return Found(False, "Its rights are as they were.")


def _rotated(then: Then, row: Row, columns: Columns, at: datetime) -> Found:
    zone = at.tzinfo or UTC
    now = row.get(columns.secret, "").strip()
    if not now or now == then.secret.strip():
        return Found(False, "Its secret is as it was.")
    earlier, later = moment_in(then.secret.strip(), zone), moment_in(now, zone)
    if earlier and later:
        if later <= earlier:
            return Found(False, "Its secret is not newer than it was.")
        return Found(True, "Its secret is newer.", day_of(later, zone))
    return Found(True, "Its secret is another one.")


def _listed(words: list[str]) -> str:
    few = words[:5]
    return ", ".join(few) + (f" and {len(words) - 5} more" if len(words) > len(few) else "")


_JUDGES: dict[str, Callable[[Then, Row, Columns, datetime], Found]] = {
    "revoke": _revoked,
    "reduce": _reduced,
    "rotate": _rotated,
}
