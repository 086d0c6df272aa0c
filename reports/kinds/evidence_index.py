"""Evidence index: every item that covers a day of a period, with where it came from and its log."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from django.db.models import Count, QuerySet

from evidence.models import CheckResult, Claim, Evidence
from reports.written import looking_back, of_items
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Mark,
    Row,
    Section,
    Table,
    Tone,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_BATCH = 500
_ITEMS = (
    Column("Item", 12),
    Column("Title", 32, wraps=True),
    Column("Controls", 12, wraps=True),
    Column("Source", 24, wraps=True),
    Column("From", 11),
    Column("To", 11),
    Column("Received", 16),
    Column("Rows", 8, is_number=True),
    Column("Checks not passed", 8, is_number=True),
    Column("Review", 12),
    Column("Log entry", 8, is_number=True),
    Column("SHA-256", 35),
)
_AREAS = (
    Column("Library", 26),
    Column("Items", 10, is_number=True),
)
_NOTES = (
    (
        "Items are listed that cover a day of the period and had come in by the moment of judging. "
        "What a newer version replaced is not listed; it stays in the log."
    ),
    "Log entry is the leaf by which an item is proven; its digest is that of the original bytes.",
)
_UNREVIEWED = Mark("not reviewed", Tone.WARN)


def build(asked: Asked) -> Document:
    first, last = asked.period
    found = (
        Evidence.objects.filter(
            of_items.not_replaced(asked.at),
            covers_from__lte=last,
            covers_to__gte=first,
            received_at__lte=asked.at,
        )
        .select_related("population", "blob")
        .order_by("pk")
    )
    return Document(
        title="Evidence index",
        subtitle="Every item that covers a day of the period",
        sections=[
            Section(
                "In numbers", [Words(_sentence(found, first, last)), _figures(found, asked.at)]
            ),
            Section("By library", [_areas(found)]),
            Section("Items", [_items(found, asked.at)]),
        ],
        period=(first, last),
        as_of=asked.at,
        notes=looking_back.noted(asked, _NOTES),
    )


def _sentence(found: "QuerySet[Evidence]", first: date, last: date) -> str:
    count = found.count()
    if not count:
        return f"No item covers a day from {first} to {last}."
    return f"{count:,} items cover a day of the period."


def _figures(found: "QuerySet[Evidence]", as_of: datetime) -> Figures:
    decided = Counter[str]()
    for keys in _in_batches(list(found.values_list("pk", flat=True))):
        decided.update(mark.text for mark in of_items.decisions(keys, as_of).values())
    total = found.count()
    return Figures(
        [
            Figure("Items", total, "that no newer version replaced"),
            Figure("Accepted", decided["accepted"], "by a reviewer"),
            Figure("Returned", decided["returned"], "with a reason"),
            Figure("Not reviewed", total - decided.total(), "nobody decided yet"),
        ]
    )


def _areas(found: "QuerySet[Evidence]") -> Table:
    counted = found.order_by("area").values_list("area").annotate(count=Count("pk"))
    names = dict(Evidence._meta.get_field("area").flatchoices)  # noqa: SLF001  Django's name
    rows: list[Row] = [[str(names.get(area, area)), count] for area, count in counted]
    return Table("By library", _AREAS, rows, empty="No item covers a day of the period.")


def _items(found: "QuerySet[Evidence]", as_of: datetime) -> Table:
    def rows() -> Iterator[Row]:
        keys = list(found.values_list("pk", flat=True))
        for some in _in_batches(keys):
            yield from _rows(list(found.filter(pk__in=some)), as_of)

    return Table("Items", _ITEMS, rows, empty="No item covers a day of the period.")


def _rows(items: Sequence[Evidence], as_of: datetime) -> Iterator[Row]:
    keys = [one.pk for one in items]
    decided, controls = of_items.decisions(keys, as_of), _controls(keys)
    failed = _failed(keys, as_of)
    for one in items:
        population = getattr(one, "population", None)
        yield [
            one.ref,
            one.title,
            ", ".join(sorted(controls.get(one.pk, ()))),
            one.source_system,
            one.covers_from,
            one.covers_to,
            one.received_at,
            population.row_count if population else None,
            failed[one.pk],
            decided.get(one.pk, _UNREVIEWED),
            one.ledger_entry_id,
            one.blob_id,
        ]


def _controls(keys: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    claims = Claim.objects.filter(evidence__in=keys)
    for key, ref in claims.values_list("evidence", "expectation__control__ref"):
        found.setdefault(key, set()).add(ref)
    return found


def _failed(keys: Sequence[int], as_of: datetime) -> Counter[int]:
    """Return how many checks of each item found exceptions or could not run when they ran last.

    What ran after the moment is not known then.
    """
    latest: dict[tuple[int, int], str] = {}
    runs = CheckResult.objects.filter(evidence__in=keys, ran_at__lte=as_of).order_by("pk")
    for key, check, state in runs.values_list("evidence", "check_ref", "state"):
        latest[key, check] = state
    return Counter(key for (key, _), state in latest.items() if state != CheckResult.State.PASSED)


def _in_batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), _BATCH):
        yield keys[start : start + _BATCH]


KIND = Kind(
    title="Evidence index",
    sentence="Every item of evidence that covers a day of a period, with its source and its log.",
    build=build,
    needs=(Need.PERIOD,),
    goes_back=True,
)
