"""Keys of production and of testing that are not told apart."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from controls.readiness_file import Entry
from readiness.detection import Judgement, by_tokens
from readiness.facts import Facts, Kept

_TESTING = re.compile(r"(^|[^a-z])(test|testing|sandbox|staging|dev|demo)([^a-z]|$)")
_PRODUCTION, _TEST = "production", "test"


def judge(entry: Entry, facts: Facts) -> Judgement:
    return by_tokens(
        entry,
        facts,
        _untold,
        found="Keys for testing and for live calls are not told apart.",
        clear="No key that we know of serves testing and production at once.",
    )


def _untold(tokens: Sequence[Kept], _today: date) -> Iterator[tuple[Kept, str]]:
    shared: dict[str, set[str]] = defaultdict(set)
    for token in tokens:
        if token.text("fingerprint"):
            shared[token.text("fingerprint")].add(token.text("environment"))
    for token in tokens:
        if why := _mixed(token, shared[token.text("fingerprint")]):
            yield token, why


def _mixed(token: Kept, environments: set[str]) -> str:
    if {_PRODUCTION, _TEST} <= environments:
        return "the same key serves production and testing"
    words = f"{token.text('name')} {token.text('purpose')}".casefold()
    if token.text("environment") == _PRODUCTION and _TESTING.search(words):
        return "kept as a key of production, and its words speak of testing"
    return ""
