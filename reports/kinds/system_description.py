"""The description of the system, section by section as DC 200 orders it, and what it lacks."""

from collections.abc import Iterator, Mapping, Sequence

from audits import description, organisations
from audits.completeness import Gap, needed
from audits.completeness import Section as Part
from audits.models import DescriptionRevision, Engagement
from reports.written import of_engagement
from reports.written.document import (
    Block,
    Column,
    Document,
    Figure,
    Figures,
    Points,
    Row,
    Section,
    Table,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_ORGANISATIONS = (
    Column("Organisation", 24, wraps=True),
    Column("Services", 36, wraps=True),
    Column("Treated by", 14),
    Column("Controls that it must have", 36, wraps=True),
    Column("How we watch it", 30, wraps=True),
)
_CUSTOMERS = (
    Column("Criterion", 12),
    Column("What customers must control themselves", 100, wraps=True),
)
_NOTES = (
    (
        "The order follows the criteria for a description of a SOC 2 system (DC section 200). The "
        "words are management's own and stand here as they were written."
    ),
    (
        "A section that was carried over from an earlier engagement counts as lacking until "
        "somebody looks it over."
    ),
)


def build(asked: Asked) -> Document:
    audit = asked.audit
    texts, lacks = description.current(audit), description.lacks(audit)
    wanted = needed(description.described(audit))
    numbers: list[Block] = [Words(_sentence(texts, lacks)), Figures(_figures(texts, lacks, wanted))]
    return Document(
        title="Description of the system",
        subtitle=f"{audit.ref} {audit.title}",
        sections=[
            Section("How complete it is", [*numbers, *_scope(lacks)]),
            *(_section(part, texts, lacks, audit) for part in wanted),
        ],
        facts=of_engagement.facts(audit),
        period=(audit.window_from, audit.window_to),
        as_of=asked.at,
        notes=_NOTES,
    )


_Texts = Mapping[Part, DescriptionRevision]
_Lacks = Mapping[Part | None, Sequence[Gap]]


def _sentence(texts: _Texts, lacks: _Lacks) -> str:
    if not texts:
        return (
            "No section of the description is written yet. Write it on the page of the engagement."
        )
    count = sum(len(each) for each in lacks.values())
    return (
        f"The description lacks {count:,} things." if count else "Nothing is known to be lacking."
    )


def _figures(texts: _Texts, lacks: _Lacks, wanted: Sequence[Part]) -> list[Figure]:
    return [
        Figure("Sections needed", len(wanted), "for this kind of report"),
        Figure("Sections written", sum(part in texts for part in wanted), "of them"),
        Figure("Lacking", sum(len(each) for each in lacks.values()), "named with their sections"),
    ]


def _scope(lacks: _Lacks) -> list[Block]:
    found = [gap.problem for gap in lacks.get(None, ())]
    return [Words("Lacking in the scope:"), Points(found)] if found else []


def _section(part: Part, texts: _Texts, lacks: _Lacks, audit: Engagement) -> Section:
    blocks: list[Block] = []
    written = texts.get(part)
    if written:
        paragraphs = [each.strip() for each in written.text.split("\n\n")]
        blocks += [Words(each) for each in paragraphs if each]
    else:
        blocks.append(Words("This section is not written yet."))
    if part is Part.DC6:
        blocks.append(_customers(audit))
    if part is Part.DC7:
        blocks.append(_organisations(audit))
    found = [gap.problem for gap in lacks.get(part, ())]
    # What is not written lacks its text: that was said.
    if found and written:
        blocks += [Words("Lacking here:"), Points(found)]
    return Section(f"{part.value} {part.heading}", blocks)


def _customers(audit: Engagement) -> Table:
    def rows() -> Iterator[Row]:
        for wording in organisations.latest_wordings(audit):
            yield [wording.control.criterion.ref, wording.text]

    empty = "No control of customers is named."
    return Table("Controls of customers", _CUSTOMERS, rows, empty=empty)


def _organisations(audit: Engagement) -> Table:
    def rows() -> Iterator[Row]:
        for one in audit.organisations.filter(removed_at=None):
            controls = one.complementary_controls
            yield [one.name, one.services, one.get_method_display(), controls, one.monitoring]

    empty = "No subservice organisation is named."
    return Table("Subservice organisations", _ORGANISATIONS, rows, empty=empty)


KIND = Kind(
    title="Description of the system",
    sentence="Management's description in the order of DC 200, with what it still lacks.",
    build=build,
    needs=(Need.ENGAGEMENT,),
)
