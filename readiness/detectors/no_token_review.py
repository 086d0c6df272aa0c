"""Tokens are known, and nobody goes over them as people are gone over."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, absence, not_judged
from readiness.facts import Facts


def judge(entry: Entry, facts: Facts) -> Judgement:
    if not facts.tokens and not any(one.item for one in facts.standings_of(entry.expectations)):
        return not_judged("no token is known here: fill the register of tokens")
    return absence(
        entry,
        facts,
        found="Tokens and service accounts exist, and no review of them is in force.",
        clear="A review of tokens and service accounts is in force.",
    )
