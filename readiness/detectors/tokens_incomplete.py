"""Tokens of which the register does not say what it must."""

from collections.abc import Iterator, Sequence
from datetime import date

from controls.readiness_file import Entry
from readiness.detection import Judgement, decide, not_judged, shown_by, tokens
from readiness.facts import Facts, Kept

_WANTED = {
    "fingerprint": "fingerprint",
    "scopes": "scopes",
    "created_on": "day of making",
    "last_used_on": "last use",
    "rotate_by": "day of rotation",
}


def judge(_entry: Entry, facts: Facts) -> Judgement:
    shown = shown_by(tokens, _incomplete, facts)
    if not shown.entries:
        return not_judged("the register of tokens is empty")
    return decide(
        shown.rows,
        count=shown.count,
        found="The register does not say of these tokens what a review needs to know.",
        clear="Every token has fingerprint, scopes, dates, owner and purpose.",
    )


def _incomplete(kept: Sequence[Kept], _today: date) -> Iterator[tuple[Kept, str]]:
    for token in kept:
        absent = [words for name, words in _WANTED.items() if not token.values.get(name)]
        if absent:
            yield token, f"without {', '.join(absent)}"
