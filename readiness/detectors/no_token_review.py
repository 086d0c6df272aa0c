"""Tokens are known, and nobody goes over them as people are gone over."""

from collections.abc import Sequence
from datetime import date

from controls.readiness_file import Entry
from readiness.detection import Judgement, absence, not_judged, shown_by, tokens
from readiness.facts import Facts, Kept


def judge(entry: Entry, facts: Facts) -> Judgement:
    shown = shown_by(tokens, _none, facts)
    if not shown.entries and not any(one.item for one in facts.standings_of(entry.expectations)):
        return not_judged("no token is known here: fill the register of tokens")
    return absence(
        entry,
        facts,
        found="Tokens and service accounts exist, and no review of them is in force.",
        clear="A review of tokens and service accounts is in force.",
    )


def _none(_tokens: Sequence[Kept], _today: date) -> Sequence[tuple[Kept, str]]:
    """Name no token: it is enough that there are some."""
    return ()
