"""What the leaves tell about the rows of each table, declared by the rooms that write them.

A room's module `leaf_facts` is found by its name. For every table whose rows name a leaf it says
which kinds of leaves tell about them and what these must say; the check of the log compares.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Rows = Sequence[Any]
ROWS = 500


def _every(_body: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class Told:
    """One table: `facts` and `subject` are what the leaf of these rows must say of them.

    A kind that ends with a dot stands for all kinds that begin so. A leaf of these kinds has at
    least one row, unless `has_row` says otherwise of its body.
    """

    model: Any
    kinds: tuple[str, ...]
    facts: Callable[[Rows, Mapping[str, Any]], Mapping[str, object]]
    subject: Callable[[Rows], str] | None = None
    has_row: Callable[[Mapping[str, Any]], bool] = _every
    along: tuple[str, ...] = field(default=())
    fetch: tuple[str, ...] = field(default=())
    only: tuple[str, ...] = field(default=())
    """What is loaded of a row: along by a join, fetched for many at once, only these columns."""
    moves_on: bool = False
    """Whether its rows change in what no leaf tells, so that no trigger guards them."""

    @property
    def label(self) -> str:
        return str(self.model._meta.label)  # noqa: SLF001  Django's public name for it

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)  # noqa: SLF001

    @property
    def name(self) -> str:
        return str(self.model._meta.verbose_name)  # noqa: SLF001

    def rows(self, leaves: Iterable[int]) -> Iterable[Any]:
        """Return the rows that name these leaves, leaf by leaf, in the order of their writing."""
        named = self.model.objects.filter(ledger_entry__in=list(leaves))
        found = named.select_related(*self.along).prefetch_related(*self.fetch)
        if self.only:
            found = found.only("ledger_entry", *self.only)
        rows: Iterable[Any] = found.order_by("ledger_entry_id", "pk").iterator(ROWS)
        return rows

    def is_about(self, kind: str) -> bool:
        return any(
            kind.startswith(known) if known.endswith(".") else kind == known for known in self.kinds
        )


_known: dict[str, Told] = {}


def tell(told: Told) -> None:
    """Register what the leaves tell about a table."""
    _known[told.label] = told


def all_told() -> list[Told]:
    return [_known[label] for label in sorted(_known)]


def guarded() -> list[Told]:
    """Return those whose rows never change."""
    return [one for one in all_told() if not one.moves_on]
