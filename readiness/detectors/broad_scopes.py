"""Tokens that may do everything: a scope that stands for all, or an administrator's."""

from controls.readiness_file import Entry
from readiness.detection import Judgement, Row, RowKind, by_tokens
from readiness.facts import Facts

_ALL = frozenset({"*", "all", "admin", "administrator", "full", "full_access", "root", "superuser"})
_ENDS = (":*", ".*", "/*", ":all", ":admin")


def judge(entry: Entry, facts: Facts) -> Judgement:
    rows = [
        Row(RowKind.ENTRY, token.key, f"{token.ref} {token.title}", f"scopes: {', '.join(broad)}")
        for token in facts.tokens
        if (broad := [scope for scope in token.text("scopes").split() if _is_broad(scope)])
    ]
    return by_tokens(
        entry,
        facts,
        rows,
        found="Tokens may do more than anybody asked for.",
        clear="No token that we know of has a scope that stands for everything.",
    )


def _is_broad(scope: str) -> bool:
    word = scope.casefold()
    return word in _ALL or word.endswith(_ENDS)
