"""The work paper of populations and samples: what was sealed, drawn, tested and found."""

from collections.abc import Iterator, Sequence

from audits.models import Draw, SealedPopulation
from audits.tallies import tallies_of
from audits.worksheets import latest_of
from reports.written import of_engagement, values
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

_POPULATIONS = (
    Column("Population", 18),
    Column("Control", 10),
    Column("Item", 12),
    Column("From", 11),
    Column("To", 11),
    Column("Rows", 11, is_number=True),
    Column("Sealed", 16),
    Column("SHA-256 of the table", 40, wraps=True),
)
_DRAWS = (
    Column("Draw", 20),
    Column("Control", 10),
    Column("Method", 12),
    Column("Size", 8, is_number=True),
    Column("Drawn", 16),
    Column("Nonce of the auditor", 24, wraps=True),
    Column("Seed", 40, wraps=True),
)
_TALLIES = (
    Column("Draw", 20),
    Column("Attribute", 36, wraps=True),
    Column("Passed", 9, is_number=True),
    Column("Deviations", 11, is_number=True),
    Column("Not applicable", 11, is_number=True),
    Column("Not tested", 9, is_number=True),
    Column("What it means", 48, wraps=True),
)
_RESULTS = (
    Column("Draw", 20),
    Column("Row", 10, is_number=True),
    Column("Attribute", 12),
    Column("Result", 16),
    Column("Evidence", 14),
    Column("Note", 56, wraps=True),
)
_TONES = {"pass": Tone.GOOD, "deviation": Tone.BAD}
_NOTES = (
    (
        "A sample is drawn by a seed out of the digest of the sealed population, the control, the "
        "period and a nonce that the auditor gave after the sealing: anybody can draw it again."
    ),
    "Every draw stays visible, those that were not used too.",
)


def build(asked: Asked) -> Document:
    audit = asked.audit
    sealed = list(
        SealedPopulation.objects.filter(engagement=audit, sealed_at__lte=asked.at)
        .select_related("control", "evidence")
        .order_by("number")
    )
    draws = list(
        Draw.objects.filter(population__in=sealed, drawn_at__lte=asked.at)
        .select_related("population__control", "population__engagement")
        .order_by("population__number", "number")
    )
    return Document(
        title="Populations and samples",
        subtitle=f"{audit.ref} {audit.title}",
        sections=[
            Section(
                "In numbers", [Words(_sentence(sealed, draws)), Figures(_figures(sealed, draws))]
            ),
            Section("Populations", [_populations(sealed)]),
            Section("Draws", [_draws(draws)]),
            Section("Results by attribute", [_tallies(draws)]),
            Section("Results by item", [_results(draws)]),
        ],
        facts=of_engagement.facts(audit),
        period=(audit.window_from, audit.window_to),
        as_of=asked.at,
        notes=_NOTES,
    )


def _sentence(sealed: Sequence[SealedPopulation], draws: Sequence[Draw]) -> str:
    if not sealed:
        return "No population is sealed in this engagement, so no sample can be drawn."
    populations = values.counted(len(sealed), "population is sealed", "populations are sealed")
    samples = values.counted(len(draws), "sample was drawn", "samples were drawn")
    return f"{populations}, and {samples} from what is sealed."


def _figures(sealed: Sequence[SealedPopulation], draws: Sequence[Draw]) -> list[Figure]:
    return [
        Figure("Populations", len(sealed), "sealed"),
        Figure("Rows", sum(one.row_count for one in sealed), "in all of them"),
        Figure("Draws", len(draws), "from these populations, unused ones too"),
        Figure("Items drawn", sum(one.size for one in draws), "in all draws"),
    ]


def _populations(sealed: Sequence[SealedPopulation]) -> Table:
    rows: list[Row] = [
        [
            one.ref,
            one.control.ref,
            one.evidence.ref,
            one.period_from,
            one.period_to,
            one.row_count,
            one.sealed_at,
            one.table_sha256,
        ]
        for one in sealed
    ]
    return Table("Populations", _POPULATIONS, rows, empty="No population is sealed.")


def _draws(draws: Sequence[Draw]) -> Table:
    rows: list[Row] = [
        [
            one.ref,
            one.population.control.ref,
            one.method.replace("_", " "),
            one.size,
            one.drawn_at,
            one.nonce,
            one.seed,
        ]
        for one in draws
    ]
    return Table("Draws", _DRAWS, rows, empty="No sample was drawn.")


def _tallies(draws: Sequence[Draw]) -> Table:
    def rows() -> Iterator[Row]:
        for draw in draws:
            for one in tallies_of(draw):
                counts = (one.passed, one.deviations, one.not_applicable, one.not_tested)
                named = f"{one.attribute.letter} {one.attribute.title}"
                yield [draw.ref, named, *counts, one.statement]

    return Table("Results by attribute", _TALLIES, rows, empty="No attribute is chosen yet.")


def _results(draws: Sequence[Draw]) -> Table:
    def rows() -> Iterator[Row]:
        for draw in draws:
            for (row, letter), one in sorted(latest_of(draw.items.all()).items()):
                result = one.result.replace("_", " ")
                mark = Mark(result, _TONES.get(one.result, Tone.QUIET))
                yield [
                    draw.ref,
                    row,
                    letter,
                    mark,
                    one.evidence.ref if one.evidence else None,
                    one.note,
                ]

    return Table("Results by item", _RESULTS, rows, empty="No item was tested yet.")


KIND = Kind(
    title="Populations and samples",
    sentence="What was sealed, drawn with which nonce, tested and found, for the work papers.",
    build=build,
    needs=(Need.ENGAGEMENT,),
)
