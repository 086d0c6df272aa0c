"""The IPE sheet of an item: how it was made, why it is complete, and that the log has it.

IPE = information produced by the entity; AT-C 205.36 asks for its accuracy and completeness.
"""

from collections.abc import Iterator
from datetime import datetime

from evidence import exhibit
from evidence.handling import told
from evidence.models import CheckResult, Evidence, Review
from reports.errors import AskedError
from reports.written import of_items
from reports.written.document import (
    Cell,
    Column,
    Document,
    Facts,
    Mark,
    Row,
    Section,
    Table,
    Tone,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_COLUMNS = (Column("Column", 40, wraps=True), Column("Type", 16), Column("Control total", 30))
_CHECKS = (
    Column("Check", 50, wraps=True),
    Column("Ran at", 16),
    Column("Result", 16),
    Column("Rows", 12, is_number=True),
    Column("Exceptions", 12, is_number=True),
)
_REVIEWS = (
    Column("Decision", 12),
    Column("Reviewer", 28, wraps=True),
    Column("Decided at", 16),
    Column("Reason", 60, wraps=True),
)
_CLAIMS = (
    Column("Control", 10),
    Column("Expectation", 60, wraps=True),
    Column("From", 12),
    Column("To", 12),
    Column("Whole", 10),
)
_RESULTS = {
    CheckResult.State.PASSED: Mark("passed", Tone.GOOD),
    CheckResult.State.FAILED: Mark("exceptions", Tone.BAD),
    CheckResult.State.ERROR: Mark("could not run", Tone.BAD),
}
_NOTES = (
    (
        "The digest is of the original bytes. Whoever has the file computes it again with any "
        "SHA-256 tool; the pack of the engagement proves that the log has this leaf."
    ),
    (
        "Completeness is said by the collector at the time of collecting, together with the "
        "count that the source itself gave, where it gives one."
    ),
)


def build(asked: Asked) -> Document:
    item = _item(asked.subject)
    return Document(
        title=f"IPE sheet of {item.ref}",
        subtitle=item.title,
        sections=[
            Section("The item", [Facts(_facts(item))]),
            Section("How it was made", [_made(item), *_handled(item)]),
            Section("The table", [_columns(item)]),
            Section("What it counts for", [_claims(item)]),
            Section("Checks", [_checks(item)]),
            Section("Reviews", [_reviews(item)]),
        ],
        period=(item.covers_from, item.covers_to),
        as_of=asked.at,
        notes=_NOTES,
    )


def _item(ref: str) -> Evidence:
    found = Evidence.objects.select_related(
        "blob", "ledger_entry", "prepared_by", "supersedes", "superseded_by", "population"
    ).filter(ref__iexact=ref.strip())
    item = found.first()
    if item is None:
        raise AskedError(f"There is no item {ref.strip()!r}. Give the reference of its page.")
    return item


def _facts(item: Evidence) -> list[tuple[str, Cell]]:
    replaced = getattr(item, "superseded_by", None)
    leaf = item.ledger_entry
    return [
        ("Reference", item.ref),
        ("Version", item.version),
        ("Replaces", item.supersedes.ref if item.supersedes else None),
        ("Replaced by", replaced.ref if replaced else None),
        ("Source system", item.source_system),
        ("Environment", item.get_environment_display()),
        ("Collected by", exhibit.method(item)),
        ("Run", item.run_ref or None),
        ("Prepared by", str(item.prepared_by) if item.prepared_by else None),
        ("Collected at", item.collected_at),
        ("Received at", item.received_at),
        ("File", item.filename),
        ("Size in bytes", item.blob.size),
        ("SHA-256", item.blob_id),
        ("Leaf of the log", leaf.index),
        ("Hash of the leaf", bytes(leaf.leaf_hash).hex()),
        ("Review", of_items.decisions([item.pk]).get(item.pk, Mark("not reviewed", Tone.WARN))),
    ]


def _made(item: Evidence) -> Facts | Words:
    population = getattr(item, "population", None)
    if population is None:
        return Words("The item is no table, so no query made it: it is kept as it was handed in.")
    return Facts([(fact.label, _value(fact.value)) for fact in exhibit.described(population.ipe)])


def _value(value: object) -> Cell:
    if isinstance(value, list):
        return "\n".join(str(one) for one in value)
    return value if isinstance(value, str | int | datetime) else str(value)


def _handled(item: Evidence) -> list[Facts]:
    seen, steps = told(item.handling)
    named = [("Seen at the export", seen), ("Steps after the export", steps)]
    facts: list[tuple[str, Cell]] = [(name, words) for name, words in named if words]
    return [Facts(facts)] if facts else []


def _columns(item: Evidence) -> Table:
    population = getattr(item, "population", None)

    def rows() -> Iterator[Row]:
        if population is None:
            return
        totals = population.control_totals
        yield ["All rows", "count", population.row_count]
        for column in population.columns:
            total = totals.get(column["name"])
            yield [column["name"], column["type"], None if total is None else str(total)]

    return Table("Columns", _COLUMNS, rows, empty="The item has no table.")


def _claims(item: Evidence) -> Table:
    def rows() -> Iterator[Row]:
        for claim in item.claims.select_related("expectation__control").order_by("pk"):
            one = claim.expectation
            days = claim.covers_from, claim.covers_to
            yield [one.control.ref, one.title, *days, not claim.is_partial]

    return Table("Claims", _CLAIMS, rows, empty="The item counts for no expectation.")


def _checks(item: Evidence) -> Table:
    def rows() -> Iterator[Row]:
        for one in CheckResult.objects.filter(evidence=item).select_related("check_ref"):
            result = _RESULTS[CheckResult.State(one.state)]
            counts = one.population_count, one.exception_count
            yield [one.check_ref.title, one.ran_at, result, *counts]

    return Table("Checks", _CHECKS, rows, empty="No check was run over the item.")


def _reviews(item: Evidence) -> Table:
    def rows() -> Iterator[Row]:
        for one in Review.objects.filter(evidence=item).select_related("reviewer").order_by("pk"):
            tone = Tone.GOOD if one.decision == Review.Decision.ACCEPTED else Tone.BAD
            yield [Mark(one.decision, tone), str(one.reviewer), one.decided_at, one.reason]

    return Table("Reviews", _REVIEWS, rows, empty="Nobody has reviewed the item yet.")


KIND = Kind(
    title="IPE sheet of an item",
    sentence="How one item was made, why it is complete, its checks, reviews and place in the log.",
    build=build,
    needs=(Need.SUBJECT,),
    subject="Reference of the item, such as EV-000012",
)
