"""Keys and tokens whose day of rotation or last day has passed."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, RowKind, by_tokens
from readiness.facts import Facts


def judge(entry: Entry, facts: Facts) -> Judgement:
    rows = []
    for token in facts.tokens:
        for name, words in (("rotate_by", "to be replaced by"), ("expires_on", "ended on")):
            day = token.day(name)
            if day and day < facts.today:
                row = Row(RowKind.ENTRY, token.key, f"{token.ref} {token.title}", f"{words} {day}")
                rows.append(row)
                break
    return by_tokens(
        entry,
        facts,
        rows,
        found="Keys are in use beyond the day on which they should have been replaced.",
        clear="No key that we know of is older than it may be.",
    )
