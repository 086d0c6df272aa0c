"""The heat map can be read without colours, by people and by programs."""

from datetime import date
from xml.etree import ElementTree as ET

import pytest

from audits.coverage import State
from reports import heat_map
from reports.heat_map import LOOKS, Line, state_of, svg

MONTHS = [date(2026, 6, 1), date(2026, 7, 1)]
SVG = "{http://www.w3.org/2000/svg}"


def counts(**found: int) -> list[int]:
    return [found.get(state.value, 0) for state in State]


def drawn(*lines: Line) -> ET.Element:
    return ET.fromstring(svg(MONTHS, lines))  # noqa: S314  # made by us, a line above


def texts(picture: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


def test_each_cell_says_its_worst_state_and_its_number() -> None:
    picture = drawn(Line("AC-01", "Staff", [counts(met=3, missed=1), counts(met=1)]))
    assert texts(picture)[-2:] == ["X 4", "M 1"]
    classes = [cell.get("class") for cell in picture.iter(f"{SVG}rect")]
    assert classes == ["missed", "met"]


def test_a_month_in_which_nothing_is_expected_is_empty() -> None:
    picture = drawn(Line("AC-01", "Staff", [counts(), counts(late=1)]))
    assert [cell.get("class") for cell in picture.iter(f"{SVG}rect")] == ["none", "late"]
    assert texts(picture)[-1] == "L 1"
    assert state_of(counts()) is None


def test_it_has_a_title_and_a_description_for_who_cannot_see_it() -> None:
    picture = drawn(Line("AC-01", "Staff", [counts(met=1), counts(failing=1)]))
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}title")
    described = picture.findtext(f"{SVG}desc") or ""
    assert "1 controls over 2 months" in described
    assert "1 failing" in described


def test_titles_cannot_break_out_of_the_picture() -> None:
    picture = svg(MONTHS, [Line("<b>", "</svg><script>alert(1)</script>", [counts(), counts()])])
    assert "<script" not in picture
    assert "<b>" not in picture


def test_a_long_title_is_cut_with_a_mark() -> None:
    label = texts(drawn(Line("AC-01", "word " * 30, [counts(), counts()])))[2]
    assert label.endswith("…")
    assert len(label) < 60


def test_nothing_in_scope_is_still_a_picture() -> None:
    assert ET.fromstring(svg([], [])).tag == f"{SVG}svg"  # noqa: S314  # made by us


@pytest.mark.parametrize("state", State)
def test_every_letter_is_readable_on_its_cell(state: State) -> None:
    look = LOOKS[state]
    light, dark = sorted((luminance(look.fill), luminance(look.ink)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5, state


def test_no_two_states_share_a_letter() -> None:
    assert len({look.letter for look in LOOKS.values()}) == len(heat_map.LOOKS) == len(State)


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
