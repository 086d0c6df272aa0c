"""Keys and tokens whose day of rotation or last day has passed."""

from collections.abc import Iterator, Sequence
from datetime import date

from controls.readiness_file import Entry
from readiness.detection import Judgement, by_tokens
from readiness.facts import Facts, Kept


def judge(entry: Entry, facts: Facts) -> Judgement:
    return by_tokens(
        entry,
        facts,
        _old,
        found="Keys are in use beyond the day on which they should have been replaced.",
        clear="No key that we know of is older than it may be.",
    )


def _old(tokens: Sequence[Kept], today: date) -> Iterator[tuple[Kept, str]]:
    for token in tokens:
        for name, words in (("rotate_by", "to be replaced by"), ("expires_on", "ended on")):
            day = token.day(name)
            if day and day < today:
                yield token, f"{words} {day}"
                break
