"""The heat map of controls by months as SVG: for papers and pages, readable without colour.

Each cell carries the letter of its worst state and the number of occurrences behind it, so that
it can be read in print, by people who see no colours, and by programs (title and description).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

from audits.coverage import State, worst

_SVG = "http://www.w3.org/2000/svg"
_WIDTH = 680
_LABEL = 250
_ROW = 17
_HEAD = 22
_GAP = 2


@dataclass(frozen=True)
class Look:
    """How a state is drawn: its letter, the fill of its cell, and the ink (contrast over 4.5)."""

    letter: str
    fill: str
    ink: str


LOOKS = {
    State.MET: Look("M", "#d5e8d8", "#1d4d2b"),
    State.LATE: Look("L", "#f6e3b4", "#5c4300"),
    State.PARTIAL: Look("P", "#f3c998", "#5f3300"),
    State.FAILING: Look("F", "#c2483c", "#ffffff"),
    State.MISSED: Look("X", "#8f1d22", "#ffffff"),
    State.UPCOMING: Look("·", "#eef1f4", "#52606d"),
    State.EXEMPT: Look("E", "#dfe3ee", "#3b4a6b"),
}


@dataclass(frozen=True)
class Line:
    """A row of the map: a control, and per month the number of occurrences in each state."""

    ref: str
    title: str
    months: Sequence[Sequence[int]]
    """Counts in the order of `State`."""


def svg(months: Sequence[date], lines: Sequence[Line]) -> str:
    """Return the map as an SVG element with a title and a description."""
    cell = (_WIDTH - _LABEL) / max(len(months), 1)
    height = _HEAD + _ROW * len(lines)
    parts = [
        f'<svg xmlns="{_SVG}" class="heat-map" role="img" viewBox="0 0 {_WIDTH} {height}">',
        "<title>Coverage by control and month</title>",
        f"<desc>{escape(_description(months, lines))}</desc>",
    ]
    for place, month in enumerate(months):
        middle = _LABEL + cell * (place + 0.5)
        parts.append(
            f'<text class="month" x="{middle:.1f}" y="14" text-anchor="middle" font-size="8.5" '
            f'fill="#52606d">{month:%b} {month:%y}</text>'
        )
    for row, line in enumerate(lines):
        top = _HEAD + _ROW * row
        label = escape(_shortened(line.title, 44))
        parts.append(
            f'<text class="control" x="0" y="{top + 11.5}" font-size="8.5" fill="#1f2933">'
            f'<tspan font-weight="bold">{escape(line.ref)}</tspan><tspan dx="6">{label}</tspan>'
            "</text>"
        )
        for place, counts in enumerate(line.months):
            parts.append(_cell(_LABEL + cell * place, top, cell, counts))
    parts.append("</svg>")
    return "".join(parts)


def state_of(counts: Sequence[int]) -> State | None:
    """Return the worst state of a cell, or None where nothing is expected."""
    present = [state for state, count in zip(State, counts, strict=True) if count]
    return worst(present) if present else None


def _cell(left: float, top: float, width: float, counts: Sequence[int]) -> str:
    state = state_of(counts)
    box = (
        f'x="{left + _GAP / 2:.1f}" y="{top + _GAP / 2:.1f}" '
        f'width="{width - _GAP:.1f}" height="{_ROW - _GAP}"'
    )
    if state is None:
        return f'<rect class="none" {box} fill="none" stroke="#e4e7eb" stroke-width="0.6"/>'
    look = LOOKS[state]
    return (
        f'<rect class="{state.value}" {box} fill="{look.fill}"/>'
        f'<text class="{state.value}" x="{left + width / 2:.1f}" y="{top + 11.5}" '
        f'text-anchor="middle" font-size="8" fill="{look.ink}">{look.letter} {sum(counts)}</text>'
    )


def _description(months: Sequence[date], lines: Sequence[Line]) -> str:
    states = [state_of(counts) for line in lines for counts in line.months]
    counted = ", ".join(f"{states.count(state)} {state.value}" for state in State)
    return (
        f"{len(lines)} controls over {len(months)} months; cells by their worst state: {counted}. "
        "The numbers stand in the table."
    )


def _shortened(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"
