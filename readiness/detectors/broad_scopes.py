"""Tokens that may do everything: a scope that stands for all, or an administrator's."""

from collections.abc import Iterator, Sequence
from datetime import date

from controls.readiness_file import Entry
from readiness.detection import Judgement, by_tokens
from readiness.facts import Facts, Kept

_ALL = frozenset({"*", "all", "admin", "administrator", "full", "full_access", "root", "superuser"})
_ENDS = (":*", ".*", "/*", ":all", ":admin")


def judge(entry: Entry, facts: Facts) -> Judgement:
    return by_tokens(
        entry,
        facts,
        _broad,
        found="Tokens may do more than anybody asked for.",
        clear="No token that we know of has a scope that stands for everything.",
    )


def _broad(tokens: Sequence[Kept], _today: date) -> Iterator[tuple[Kept, str]]:
    for token in tokens:
        if broad := [scope for scope in token.text("scopes").split() if _is_broad(scope)]:
            yield token, f"scopes: {', '.join(broad)}"


def _is_broad(scope: str) -> bool:
    word = scope.casefold()
    return word in _ALL or word.endswith(_ENDS)
