"""What the description of the system still lacks, section by section: pure functions.

The sections are those of the AICPA's description criteria DC 200 by their ids; titles and hints are
in our own words. Rules:

1. A SOC report of either type needs the description, with control objectives in place of criteria
   in SOC 1. A PCI assessment and internal readiness need none, so nothing is lacking.
2. DC1 to DC5 are always needed. DC6 is needed once customers must operate controls, DC7 once there
   is a subservice organisation, DC8 once a criterion in scope has no control. DC9 is needed for a
   period and not at a date.
3. A needed section without text is empty; one with fewer words than it can be said in is too thin.
   Where the answer may be that there was nothing (DC4, DC8, DC9), one sentence is enough.
4. DC7 names every subservice organisation, DC8 every criterion in scope without a control.
5. A carved-out organisation needs its complementary controls, and every organisation a note on how
   it is monitored.
6. A text that was carried over from the period before counts only once somebody looked it over.
7. Every category needs to say what its choice rests on.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Section(StrEnum):
    """A section of the description of the system."""

    DC1 = "DC1"
    DC2 = "DC2"
    DC3 = "DC3"
    DC4 = "DC4"
    DC5 = "DC5"
    DC6 = "DC6"
    DC7 = "DC7"
    DC8 = "DC8"
    DC9 = "DC9"

    @property
    def heading(self) -> str:
        return _TITLES[self]

    @property
    def hint(self) -> str:
        """What belongs into it."""
        return _HINTS[self]


_TITLES = {
    Section.DC1: "What we provide",
    Section.DC2: "What we promise and what that requires",
    Section.DC3: "What the system is made of",
    Section.DC4: "Incidents that mattered",
    Section.DC5: "Criteria and our controls",
    Section.DC6: "What customers must control themselves",
    Section.DC7: "Subservice organisations",
    Section.DC8: "Criteria without a control, and why",
    Section.DC9: "Significant changes",
}
_HINTS = {
    Section.DC1: "The services that the report is about, and who uses them.",
    Section.DC2: "The main commitments to customers, and the requirements they put on the system.",
    Section.DC3: "Infrastructure, software, people, procedures and data, and where it all ends.",
    Section.DC4: "Each incident that came from a weak control or broke a commitment: what, when, "
    "with what effect. If there was none, say so.",
    Section.DC5: "How the criteria in scope are met, and where the controls are listed.",
    Section.DC6: "Introduce the listed controls that work only if customers do their part.",
    Section.DC7: "Each organisation that the system leans on, by name, and how the report "
    "treats it.",
    Section.DC8: "Name each criterion that does not apply, with the reason.",
    Section.DC9: "What changed in the period that a reader must know of. If nothing, say so.",
}
_ALWAYS = (Section.DC1, Section.DC2, Section.DC3, Section.DC4, Section.DC5)
_LEAST_WORDS = {Section.DC1: 25, Section.DC2: 25, Section.DC3: 40, Section.DC5: 15}
_A_SENTENCE = 4


class Report(StrEnum):
    """What the engagement leads to, as far as it matters here."""

    AT_A_DATE = "at a date"
    OVER_A_PERIOD = "over a period"
    NONE = "none"


@dataclass(frozen=True)
class Text:
    """The text of a section that holds now, and whether it was only carried over."""

    words: str
    is_carried: bool = False


@dataclass(frozen=True)
class Organisation:
    """A subservice organisation as far as completeness goes."""

    name: str
    is_carved_out: bool
    complementary_controls: int
    is_monitored: bool


@dataclass(frozen=True)
class Described:
    """Everything that the check looks at; `uncovered` are criteria in scope without a control."""

    report: Report
    texts: Mapping[str, Text]
    organisations: tuple[Organisation, ...] = ()
    user_entity_controls: int = 0
    uncovered: tuple[str, ...] = ()
    groundless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gap:
    """One thing that is lacking; without a section it is about the scope."""

    section: Section | None
    problem: str


def needed(described: Described) -> tuple[Section, ...]:
    """Return the sections that the report needs, in order."""
    if described.report is Report.NONE:
        return ()
    asked = {
        Section.DC6: described.user_entity_controls > 0,
        Section.DC7: bool(described.organisations),
        Section.DC8: bool(described.uncovered),
        Section.DC9: described.report is Report.OVER_A_PERIOD,
    }
    return tuple(one for one in Section if one in _ALWAYS or asked.get(one, False))


def gaps(described: Described) -> list[Gap]:
    """Return all that is lacking, in the order of the sections, the scope last."""
    if described.report is Report.NONE:
        return []
    found = [Gap(one, said) for one in needed(described) for said in _lacks(one, described)]
    return [*found, *(Gap(None, said) for said in _scope_lacks(described))]


def _lacks(section: Section, described: Described) -> Iterator[str]:
    text = described.texts.get(section, Text(""))
    count = len(text.words.split())
    if not count:
        yield "There is no text yet."
        return
    if text.is_carried:
        yield "It was carried over from the period before: look it over and save it."
    least = _LEAST_WORDS.get(section, _A_SENTENCE)
    if count < least:
        yield f"It has {count} words; it can hardly be said in fewer than {least}."
    for name in _to_name(section, described):
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text.words, re.IGNORECASE):
            yield f"It does not name {name}."


def _to_name(section: Section, described: Described) -> tuple[str, ...]:
    if section is Section.DC7:
        return tuple(one.name for one in described.organisations)
    return described.uncovered if section is Section.DC8 else ()


def _scope_lacks(described: Described) -> Iterator[str]:
    for one in described.organisations:
        if one.is_carved_out and not one.complementary_controls:
            yield f"{one.name} is carved out: list the controls that we assume it operates."
        if not one.is_monitored:
            yield f"{one.name}: say how we watch that it does its part."
    for category in described.groundless:
        yield f"{category}: say what its choice rests on."
