"""Tokens of which the register does not say what it must."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, RowKind, decide, not_judged
from readiness.facts import Facts

_WANTED = {
    "fingerprint": "fingerprint",
    "scopes": "scopes",
    "created_on": "day of making",
    "last_used_on": "last use",
    "rotate_by": "day of rotation",
}


def judge(_entry: Entry, facts: Facts) -> Judgement:
    if not facts.tokens:
        return not_judged("the register of tokens is empty")
    rows = []
    for token in facts.tokens:
        absent = [words for name, words in _WANTED.items() if not token.values.get(name)]
        if absent:
            why = f"without {', '.join(absent)}"
            rows.append(Row(RowKind.ENTRY, token.key, f"{token.ref} {token.title}", why))
    return decide(
        rows,
        found="The register does not say of these tokens what a review needs to know.",
        clear="Every token has fingerprint, scopes, dates, owner and purpose.",
    )
