"""Coverage of a window: controls by month, a heat map for each category, and what fell short."""

from collections import Counter
from collections.abc import Iterator

from audits.coverage import State
from audits.facts import ControlLine, CoverageReport, coverage_of
from reports import heat_map
from reports.pack.tables import visible
from reports.written import looking_back, of_engagement
from reports.written.document import (
    Block,
    Column,
    Document,
    Figures,
    Picture,
    Row,
    Section,
    Table,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_LINES_PER_MAP = 36
_NUMBERS = (
    Column("Control", 10),
    Column("Title", 38, wraps=True),
    *(Column(state.value.capitalize(), 9, is_number=True) for state in State),
    Column("Expected", 10, is_number=True),
)
_GAPS = (Column("Criterion", 12), Column("Title", 70, wraps=True), Column("Category", 24))
_NOTES = (
    (
        "Coverage is computed from the evidence that was received by the moment named above, by "
        "rules that do not depend on who asks: an item counts for the days that it shows and no "
        "others."
    ),
    (
        "The letter of a cell is the worst state of its month, and the number counts the expected "
        "times that end in it. An empty cell means that nothing is expected there."
    ),
    (
        "A control that serves criteria of several categories stands in the map of each of them; "
        "it counts once in the totals."
    ),
)


def build(asked: Asked) -> Document:
    report = coverage_of(asked.audit, asked.at)
    totals = report.totals
    sections = [
        Section(
            "The window in numbers",
            [
                Words(_sentence(report)),
                Figures([*of_engagement.coverage_figures(totals), *of_engagement.states(totals)]),
            ],
        ),
        *(_category(report, name) for name in _categories(report)),
        Section("What fell short", [of_engagement.shortfall(report)], begins_page=True),
        Section("Criteria without a control", [_gaps(report)]),
    ]
    return Document(
        title="Coverage report",
        subtitle=f"{asked.audit.ref} {asked.audit.title}",
        sections=sections,
        facts=of_engagement.facts(asked.audit),
        period=(asked.audit.window_from, asked.audit.window_to),
        as_of=asked.at,
        notes=looking_back.noted(asked, _NOTES),
    )


def _sentence(report: CoverageReport) -> str:
    expected, short = sum(report.totals.values()), len(report.shortfall)
    if not expected:
        return "No evidence was expected in this window: no control in scope names any."
    short_words = "none fell short" if not short else f"{short:,} fell short and are listed below"
    served = sum(1 for line in report.criteria if line.controls)
    return (
        f"{len(report.controls):,} controls serve {served:,} of {len(report.criteria):,} criteria "
        "in scope. They owe "
        f"evidence {expected:,} times in the window; {short_words}."
    )


def _categories(report: CoverageReport) -> list[str]:
    return list(dict.fromkeys(line.category for line in report.criteria))


def _category(report: CoverageReport, name: str) -> Section:
    serving = {ref for line in report.criteria if line.category == name for ref in line.controls}
    lines = [line for line in report.controls if line.ref in serving]
    blocks: list[Block] = []
    for start in range(0, len(lines), _LINES_PER_MAP):
        piece = lines[start : start + _LINES_PER_MAP]
        blocks.append(Picture(heat_map.svg(report.months, [_line(each) for each in piece])))
    if blocks:
        blocks.append(Words(_legend()))
    blocks.append(
        Table(
            f"{name} by control",
            _NUMBERS,
            [_numbers(each) for each in lines],
            empty=f"No control serves a criterion of {name}.",
        )
    )
    return Section(name, blocks, begins_page=True)


def _legend() -> str:
    looks = [f"{heat_map.LOOKS[state].letter} {state.value}" for state in State]
    return f"Letters: {', '.join(looks)}. The numbers of the map stand in the table below."


def _line(line: ControlLine) -> heat_map.Line:
    months = [[cell.counts.get(state, 0) for state in State] for cell in line.cells]
    return heat_map.Line(line.ref, visible(line.title), months)


def _numbers(line: ControlLine) -> Row:
    counts = Counter(line.counts)
    return [line.ref, line.title, *(counts[state] for state in State), sum(counts.values())]


def _gaps(report: CoverageReport) -> Table:
    def rows() -> Iterator[Row]:
        for line in report.criteria:
            if not line.controls:
                yield [line.ref, line.title, line.category]

    return Table(
        "Criteria without a control", _GAPS, rows, empty="Every criterion in scope has a control."
    )


KIND = Kind(
    title="Coverage report",
    sentence="Every control by month with a heat map for each category, and all that fell short.",
    build=build,
    needs=(Need.ENGAGEMENT,),
    goes_back=True,
)
