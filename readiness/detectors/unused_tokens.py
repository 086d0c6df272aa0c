"""Tokens that nobody has used for ninety days and that still open something."""

from datetime import timedelta

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, RowKind, by_tokens
from readiness.facts import Facts, Kept

_IDLE = timedelta(days=90)


def judge(entry: Entry, facts: Facts) -> Judgement:
    rows = [
        Row(RowKind.ENTRY, token.key, f"{token.ref} {token.title}", why)
        for token in facts.tokens
        if (why := _idle(token, facts))
    ]
    return by_tokens(
        entry,
        facts,
        rows,
        found="Tokens that nobody uses keep their access.",
        clear="Every token that we know of was used in the last ninety days, or is younger.",
    )


def _idle(token: Kept, facts: Facts) -> str:
    used, created = token.day("last_used_on"), token.day("created_on")
    if used:
        return f"last used on {used}" if used < facts.today - _IDLE else ""
    # A token of which nothing is known is told of by the rule about incomplete entries.
    return f"made on {created}, never used" if created and created < facts.today - _IDLE else ""
