"""What reports of registers share: entries as rows, in the words and types of their register."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from registers import registry, values
from registers.base import Field, Type, Value, Values
from registers.models import Entry
from reports.written.document import Column, Row, Table

_BATCH = 500
_WIDTHS = {Type.PARAGRAPH: 34, Type.DATE: 11, Type.BOOLEAN: 9, Type.INTEGER: 9, Type.DECIMAL: 10}
_USUAL = 20


def entries(slug: str) -> Iterator[tuple[Entry, Values]]:
    """Yield the active entries of a register with their values, by number."""
    fields = registry.get(slug).fields
    found = Entry.objects.filter(register=slug, is_active=True).order_by("number")
    for entry in found.iterator(_BATCH):
        yield entry, values.opened(fields, entry.values)


def table(
    slug: str,
    names: Sequence[str],
    *,
    title: str,
    empty: str,
    rows: Callable[[], Iterable[tuple[Entry, Values]]] | None = None,
) -> Table:
    """Return entries of a register as a table of some of its fields."""
    fields = registry.get(slug).fields
    columns = [Column("Reference", 12), *(_column(fields[name]) for name in names)]

    def lines() -> Iterator[Row]:
        for entry, said in rows() if rows else entries(slug):
            yield [entry.ref, *(said[name] for name in names)]

    return Table(title, columns, lines, empty=empty)


def text(value: Value) -> str:
    """Return a value as text; empty for nothing."""
    return values.words(value)


def _column(field: Field) -> Column:
    width = _WIDTHS.get(field.type, _USUAL)
    is_number = field.type in {Type.INTEGER, Type.DECIMAL}
    return Column(field.label, width, field.type in {Type.PARAGRAPH, Type.TEXT}, is_number)
