"""Tokens that nobody has used for ninety days and that still open something."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from controls.readiness_file import Entry
from readiness.detection import Judgement, by_tokens
from readiness.facts import Facts, Kept

_IDLE = timedelta(days=90)


def judge(entry: Entry, facts: Facts) -> Judgement:
    return by_tokens(
        entry,
        facts,
        _unused,
        found="Tokens that nobody uses keep their access.",
        clear="Every token that we know of was used in the last ninety days, or is younger.",
    )


def _unused(tokens: Sequence[Kept], today: date) -> Iterator[tuple[Kept, str]]:
    for token in tokens:
        if why := _idle(token, today):
            yield token, why


def _idle(token: Kept, today: date) -> str:
    used, created = token.day("last_used_on"), token.day("created_on")
    if used:
        return f"last used on {used}" if used < today - _IDLE else ""
    # A token of which nothing is known is told of by the rule about incomplete entries.
    return f"made on {created}, never used" if created and created < today - _IDLE else ""
