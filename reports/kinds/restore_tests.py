"""Restore tests of a period: every restore, practised or real, with what its checks found."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from controls.models import Expectation
from evidence.models import Claim
from reports.written import looking_back, of_items
from reports.written.document import Column, Document, Figure, Figures, Row, Section, Table, Words
from reports.written.registry import Asked, Kind, Need

RESTORES = ("restore-test", "backup-restores", "restore-practice", "restore-jobs")
BACKUPS = ("backup-jobs",)
_EXPECTED = (
    Column("Control", 9),
    Column("Expectation", 46, wraps=True),
    Column("Rhythm", 22),
    Column("Items in the period", 12, is_number=True),
    Column("Latest day covered", 12),
)
_NOTES = (
    (
        "A restore test is evidence that something was brought back and compared, and not that a "
        "backup ran: backups stand in a list of their own."
    ),
    (
        "Exceptions are those of the last run of each check of an item, such as a table that "
        "did not come back with every row."
    ),
)


def build(asked: Asked) -> Document:
    first, last = asked.period
    restores = of_items.claims(RESTORES, first, last, asked.at)
    backups = of_items.claims(BACKUPS, first, last, asked.at)
    return Document(
        title="Restore tests",
        subtitle="What was brought back, and what was found",
        sections=[
            Section(
                "In numbers", [Words(_sentence(restores)), Figures(_figures(restores, asked.at))]
            ),
            Section("What is expected", [_expected([*restores, *backups])]),
            Section(
                "Restores",
                [
                    of_items.table(
                        "Restores", restores, asked.at, empty="No restore was shown in the period."
                    )
                ],
            ),
            Section(
                "Backups",
                [
                    of_items.table(
                        "Backups", backups, asked.at, empty="No backup was shown in the period."
                    )
                ],
            ),
        ],
        period=(first, last),
        as_of=asked.at,
        notes=looking_back.noted(asked, _NOTES),
    )


def _sentence(found: Sequence[Claim]) -> str:
    if not found:
        return "No item of the period shows that anything was restored."
    return f"{len({claim.evidence_id for claim in found}):,} items of the period show restores."


def _figures(found: Sequence[Claim], as_of: datetime) -> list[Figure]:
    exceptions = of_items.exceptions(found, as_of)
    bad = [key for key, count in exceptions.items() if count]
    return [
        Figure(
            "Items about restores", len({claim.evidence_id for claim in found}), "in the period"
        ),
        Figure("With exceptions", len(bad), "of those that were checked"),
        Figure(
            "Without a check",
            len({claim.evidence_id for claim in found} - {*exceptions}),
            "that no check has run over",
        ),
        Figure(
            "Latest day shown",
            max((claim.covers_to for claim in found), default=None),
            "that an item about restores covers",
        ),
    ]


def _expected(found: Sequence[Claim]) -> Table:
    wanted = Expectation.objects.filter(slug__in=(*RESTORES, *BACKUPS)).select_related("control")

    def rows() -> Iterator[Row]:
        for one in wanted.order_by("control__ref", "slug"):
            own = [claim for claim in found if claim.expectation_id == one.pk]
            latest = max((claim.covers_to for claim in own), default=None)
            known = (one.control.ref, one.title, one.get_cadence_display())
            yield [*known, len(own), latest]

    empty = "The catalogue expects no restore test. Load it with manage.py load_catalogue."
    return Table("What is expected", _EXPECTED, rows, empty=empty)


KIND = Kind(
    title="Restore tests",
    sentence="Every restore of a period, practised or real, with what its checks found.",
    build=build,
    needs=(Need.PERIOD,),
    goes_back=True,
)
