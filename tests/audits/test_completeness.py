"""What a description of the system lacks: each rule, and that nothing else is asked for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.completeness import (
    Described,
    Gap,
    Organisation,
    Report,
    Section,
    Text,
    gaps,
    needed,
)

FULL = {section.value: Text("word " * 50) for section in Section}
WHOLE = Described(Report.OVER_A_PERIOD, FULL)
CLOUD = Organisation("Nimbus (Cloud)", True, 2, True)
BASE = [Section.DC1, Section.DC2, Section.DC3, Section.DC4, Section.DC5]


def changed(section: Section, text: Text) -> Described:
    return replace(WHOLE, texts={**FULL, section.value: text})


def test_a_whole_description_lacks_nothing() -> None:
    assert gaps(WHOLE) == []


@pytest.mark.parametrize(
    ("changes", "sections"),
    [
        ({}, [*BASE, Section.DC9]),
        ({"report": Report.AT_A_DATE}, BASE),
        ({"report": Report.NONE}, []),
        ({"organisations": (CLOUD,)}, [*BASE, Section.DC7, Section.DC9]),
        ({"user_entity_controls": 1}, [*BASE, Section.DC6, Section.DC9]),
        ({"uncovered": ("CC6.2",)}, [*BASE, Section.DC8, Section.DC9]),
    ],
)
def test_sections_are_needed_for_a_reason(
    changes: dict[str, object], sections: list[Section]
) -> None:
    described = replace(WHOLE, **changes)  # type: ignore[arg-type]
    assert list(needed(described)) == sections
    empty = replace(described, texts={})
    assert [gap.section for gap in gaps(empty) if "no text" in gap.problem] == sections


def test_a_report_without_a_description_lacks_nothing() -> None:
    assert gaps(Described(Report.NONE, {}, (replace(CLOUD, is_monitored=False),))) == []


@pytest.mark.parametrize(
    ("section", "count", "thin"),
    [
        (Section.DC1, 24, True),
        (Section.DC1, 25, False),
        (Section.DC3, 39, True),
        (Section.DC3, 40, False),
        (Section.DC4, 3, True),
        (Section.DC4, 4, False),
        (Section.DC9, 3, True),
        (Section.DC9, 4, False),
    ],
)
def test_a_text_is_too_thin_below_what_it_can_be_said_in(
    section: Section, count: int, thin: bool
) -> None:
    found = gaps(changed(section, Text("word " * count)))
    assert [gap.section for gap in found] == ([section] if thin else [])
    assert all(f"{count} words" in gap.problem for gap in found)


def test_blank_text_is_no_text() -> None:
    assert gaps(changed(Section.DC2, Text(" \n\t "))) == [Gap(Section.DC2, "There is no text yet.")]


def test_a_carried_text_counts_once_somebody_looked_it_over() -> None:
    (gap,) = gaps(changed(Section.DC1, Text("word " * 50, is_carried=True)))
    assert "look it over" in gap.problem


def test_dc7_names_every_organisation_whole() -> None:
    described = replace(WHOLE, organisations=(CLOUD, Organisation("Bank", False, 0, True)))
    text = Text("We use NIMBUS (cloud) and a Bankhouse. " + "word " * 30)
    found = gaps(replace(described, texts={**FULL, "DC7": text}))
    assert [gap.problem for gap in found] == ["It does not name Bank."]


def test_dc8_names_every_criterion_without_a_control() -> None:
    described = replace(WHOLE, uncovered=("CC6.1", "CC6.10"))
    text = Text("CC6.10 does not apply to us.")
    found = gaps(replace(described, texts={**FULL, "DC8": text}))
    assert [gap.problem for gap in found] == ["It does not name CC6.1."]


def test_organisations_and_categories_are_explained() -> None:
    bare = (
        replace(CLOUD, complementary_controls=0, is_monitored=False),
        Organisation("Bank", False, 0, True),
    )
    texts = {**FULL, "DC7": Text("Nimbus (Cloud) and Bank keep what we hold.")}
    found = gaps(replace(WHOLE, texts=texts, organisations=bare, groundless=("Security",)))
    assert [(gap.section, gap.problem.split(":")[0]) for gap in found] == [
        (None, "Nimbus (Cloud) is carved out"),
        (None, "Nimbus (Cloud)"),
        (None, "Security"),
    ]


@given(st.dictionaries(st.sampled_from([s.value for s in Section]), st.text(max_size=200)))
def test_nothing_lacks_in_a_section_that_is_not_needed(texts: dict[str, str]) -> None:
    described = Described(
        Report.AT_A_DATE, {section: Text(words) for section, words in texts.items()}
    )
    assert {gap.section for gap in gaps(described)} <= set(needed(described))


def test_every_section_has_a_title_and_a_hint() -> None:
    assert all(section.heading and section.hint.endswith(".") for section in Section)
