"""A choice among very many expectations: looked for by words, page by page, without JavaScript.

The choice is a part of its form: looking further sends the form back as it is typed, so that only
a file has to be chosen again. What was chosen stays at the top, whatever is looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict

from controls.models import Expectation

PAGE = 25
MOST_WORDS = 8
_MOST_DIGITS = 9


@dataclass(frozen=True)
class Finder:
    """What was looked for, how many fit, and which page of them is shown."""

    name: str
    words: str
    count: int
    page: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return min(self.page * PAGE, self.count)

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def following(self) -> int:
        return self.page + 1 if self.last < self.count else 0


def is_looking(sent: QueryDict) -> bool:
    """Say whether a form was sent to look further, not to be done."""
    return "find" in sent


def offer(
    field: "forms.ModelMultipleChoiceField[Expectation]",
    name: str,
    *,
    chosen: Sequence[object],
    sent: QueryDict,
) -> None:
    """Let a field show what was chosen and one page of what fits; it still takes any of its rows.

    `sent` is the form as it came back: words in `<name>_words`, the page asked for in `find`.
    """
    keys = [key for key in map(str, chosen) if key.isdecimal() and len(key) <= _MOST_DIGITS]
    rows: QuerySet[Expectation] = (
        field.queryset if field.queryset is not None else Expectation.objects.none()
    )
    words = sent.get(f"{name}_words", "").strip()
    fitting = _fitting(rows.exclude(pk__in=keys), words)
    count = fitting.count()
    finder = Finder(name, words, count, _page(sent.get("find", ""), count))
    shown = fitting[finder.first - 1 : finder.last]
    listed = [*rows.filter(pk__in=keys), *shown]
    field.choices = [(one.pk, field.label_from_instance(one)) for one in listed]
    field.cs_finder = finder  # type: ignore[attr-defined]


def _fitting(rows: QuerySet[Expectation], words: str) -> QuerySet[Expectation]:
    for word in words.split()[:MOST_WORDS]:
        rows = rows.filter(
            Q(title__icontains=word)
            | Q(slug__icontains=word)
            | Q(control__ref__icontains=word)
            | Q(control__title__icontains=word)
        )
    return rows


def _page(asked: str, count: int) -> int:
    wanted = int(asked) if asked.isdecimal() and len(asked) <= _MOST_DIGITS else 1
    return min(max(wanted, 1), max(-(-count // PAGE), 1))
