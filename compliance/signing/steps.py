"""The pages of a form in their order: about the business, whether it fits, then each section."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from merchants import answering
from merchants.answering import Whole
from merchants.models import ComplianceForm
from merchants.questionnaire import Line, Part, Section, Statement

FITS, ABOUT = "fits", "about"
SIGN = "sign"


@dataclass(frozen=True)
class Step:
    """One page: what it asks, and how much of that is still missing."""

    slug: str
    title: str
    asked: int
    missing: int
    lines: Sequence[Line] = ()
    statements: Sequence[Statement] = ()
    parts: Sequence[Part] = ()

    @property
    def is_done(self) -> bool:
        return not self.missing

    @property
    def answered(self) -> int:
        return self.asked - self.missing


class Way:
    """All pages of one form, and how far the merchant has come on them."""

    def __init__(self, form: ComplianceForm) -> None:
        self.form = form
        self.known: Whole = answering.whole(form)
        self._missing = set(self.known.missing)

    @cached_property
    def steps(self) -> list[Step]:
        """Return every page but the one to sign on."""
        asked = self.known.questionnaire
        statements = answering.statements_of(self.known)
        needed = sum(part.required for part in asked.parts)
        first = [
            Step(
                ABOUT,
                _("Your business"),
                needed,
                self._open(part.id for part in asked.parts),
                parts=asked.parts,
            ),
        ]
        if statements:
            title = _("Does this form fit?")
            open_ones = self._open(one.id for one in statements)
            first.insert(0, Step(FITS, title, len(statements), open_ones, statements=statements))
        return [*first, *map(self._of_section, asked.sections)]

    @property
    def asked(self) -> int:
        return sum(step.asked for step in self.steps)

    @property
    def answered(self) -> int:
        return sum(step.answered for step in self.steps)

    def find(self, slug: str) -> Step | None:
        """Return the page of an address; none where there is no such page."""
        return next((step for step in self.steps if step.slug == slug), None)

    def number(self, slug: str) -> int:
        """Return the place of a page, from 1."""
        return [step.slug for step in self.steps].index(slug) + 1

    def before(self, slug: str) -> str:
        """Return the address of the page before; empty for the first."""
        place = self.number(slug) - 1
        return self.steps[place - 1].slug if place else ""

    def after(self, slug: str) -> str:
        """Return the address of the page that follows; after the last comes the signature."""
        place = self.number(slug)
        return self.steps[place].slug if place < len(self.steps) else SIGN

    def _of_section(self, section: Section) -> Step:
        answerable = [line.id for line in section.lines if line.is_answered]
        title = _("Requirement %(id)s: %(title)s") % {
            "id": section.id.upper(),
            "title": _(section.title),
        }
        return Step(section.id, title, len(answerable), self._open(answerable), section.lines)

    def _open(self, names: Iterable[str]) -> int:
        return len(self._missing.intersection(names))
