"""The lines of a campaign as a sheet: out to reviewers, and their decisions back in by a plan.

Rules:
- A line is found again by its number; where the sheet has the key, it must be that of the line.
- A line without a decision stays as it is; one that says what stands already changes nothing.
- A plan changes nothing. It is done whole or not at all, and only while the lines are as shown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import User
from registers import headings, values
from registers.base import Declaration, Field, Type, Value
from registers.campaigns import choosing, deciding, kinds
from registers.campaigns.deciding import Wanted
from registers.errors import CampaignError, SheetError
from registers.models import Campaign, CampaignLine
from registers.registry import Register

MOST_LINES = 20_000
_DECISIONS = tuple(CampaignLine.Decision.values)


class Deed(StrEnum):
    DECIDE = "decide"
    SAME = "same"
    OPEN = "open"
    REFUSED = "refused"


@dataclass(frozen=True)
class Line:
    """What would become of one line of the sheet; `number` is its place there."""

    number: int
    deed: Deed
    said: str
    problem: str = ""
    wanted: Wanted | None = None
    line: CampaignLine | None = None


@dataclass(frozen=True)
class Plan:
    """What a sheet would decide."""

    lines: tuple[Line, ...]

    @property
    def counts(self) -> Mapping[Deed, int]:
        counted = Counter(line.deed for line in self.lines)
        return {deed: counted[deed] for deed in Deed}

    @property
    def wanted(self) -> list[Wanted]:
        return [line.wanted for line in self.lines if line.wanted]

    @property
    def shown(self) -> str:
        """The digest of the lines as they stand, by which `decide_each` knows them again."""
        meant = [line.line for line in self.lines if line.wanted and line.line]
        return choosing.digest_of(sorted(meant, key=lambda line: line.number))


def table(campaign: Campaign) -> Register:
    """Return the columns of a campaign's sheet, in the form in which sheets are read."""
    kind = kinds.get(campaign.kind)
    own = (
        Field(name="line", label="Line", type=Type.INTEGER, required=True),
        Field(name="key", label=kind.line.capitalize()),
        Field(name="person", label="Whose access"),
        Field(name="rights", label="Rights"),
        Field(name="reviewer", label="Reviewer"),
        Field(
            name="decision",
            label="Decision",
            type=Type.CHOICE,
            choices=_DECISIONS,
            required=True,
        ),
        Field(name="why", label="Reason", type=Type.PARAGRAPH, required=True),
    )
    listed = tuple(
        Field(name=f"listed_{place}", label=f"Listed: {name}")
        for place, name in enumerate(_shown(campaign))
    )
    declared = Declaration(
        title=f"{campaign.ref} {campaign.title}",
        entry=kind.line,
        purpose=kind.purpose,
        prefix=campaign.ref,
        area=kind.area,  # type: ignore[arg-type]  # a word of Area
        fields=(*own, *listed),
        key=("line",),
        shown=("line",),
    )
    return Register("campaign", declared, "")


def rows(campaign: Campaign) -> Iterator[list[Value]]:
    """Yield the lines of a campaign in the columns of `table`."""
    names = _shown(campaign)
    lines = CampaignLine.objects.filter(campaign=campaign).order_by("number")
    for line in lines.select_related("reviewer").iterator(1000):
        yield [
            line.number,
            line.key,
            line.person.replace("\n", "; "),
            line.rights,
            line.reviewer.email if line.reviewer else None,
            line.decision or None,
            line.reason or None,
            *(line.values.get(name) for name in names),
        ]


def plan(
    campaign: Campaign,
    *,
    head: Sequence[object],
    lines: Iterable[tuple[int, Sequence[object]]],
    by: User,
) -> Plan:
    """Say what a sheet would decide, line by line; SheetError where its columns do not fit."""
    reader = _Reader(campaign, by)
    places = headings.places(reader.register, head)
    made: list[Line] = []
    for number, cells in lines:
        if len(made) >= MOST_LINES:
            raise SheetError(f"The sheet has more than {MOST_LINES:,} lines. Split it.")
        given = {
            name: cells[place] if place < len(cells) else None for name, place in places.items()
        }
        made.append(reader.read(number, given))
    if not made:
        raise SheetError("The sheet has no lines below its header.")
    return Plan(tuple(made))


def _shown(campaign: Campaign) -> list[str]:
    return list(campaign.columns.get("shown", []))


class _Reader:
    """Reads the rows of a sheet for one campaign and one person."""

    def __init__(self, campaign: Campaign, by: User) -> None:
        self.campaign, self.by = campaign, by
        self.register = table(campaign)
        found = CampaignLine.objects.filter(campaign=campaign).prefetch_related("reviewer")
        self._known = {line.number: line for line in found}
        self._seen: dict[int, int] = {}

    def read(self, number: int, given: Mapping[str, object]) -> Line:
        """Say what would become of one row."""
        said, line = "", None
        try:
            line = self._meant(given, number)
            said = f"{line.number} {line.key}"
            wanted = self._wanted(line, given)
        except CampaignError as refusal:
            return Line(number, Deed.REFUSED, said, str(refusal), line=line)
        if wanted is None:
            return Line(number, Deed.OPEN, said, line=line)
        if (wanted.decision, wanted.reason) == (line.decision, line.reason):
            return Line(number, Deed.SAME, said, line=line)
        if problem := self._problem(line, wanted):
            return Line(number, Deed.REFUSED, said, problem, line=line)
        return Line(number, Deed.DECIDE, said, wanted=wanted, line=line)

    def _meant(self, given: Mapping[str, object], place: int) -> CampaignLine:
        """Return the line of a row; CampaignError where it is none, another, or there twice."""
        try:
            number = values.read(self.register.fields["line"], given.get("line"))
        except ValueError as error:
            raise CampaignError(f"Line {error}.") from error
        line = self._known.get(number) if isinstance(number, int) else None
        if line is None:
            raise CampaignError(f"The campaign has no line {_text(given.get('line'))[:20]!r}.")
        if line.number in self._seen:
            raise CampaignError(f"Row {self._seen[line.number]} is about the same line.")
        self._seen[line.number] = place
        key = _text(given.get("key"))
        if key and key != line.key.strip():
            raise CampaignError(
                f"Line {line.number} is {line.key[:60]!r} here, and {key[:60]!r} in the sheet. Was "
                "it sorted without its other columns?"
            )
        return line

    def _wanted(self, line: CampaignLine, given: Mapping[str, object]) -> Wanted | None:
        try:
            decision = values.read(self.register.fields["decision"], given.get("decision"))
        except ValueError as error:
            raise CampaignError(f"Decision {error}.") from error
        reason = " ".join(_text(given.get("why")).split())
        if decision is not None:
            return Wanted(line.number, str(decision), reason)
        if reason and not line.decision:
            raise CampaignError("It has a reason and no decision.")
        return None

    def _problem(self, line: CampaignLine, wanted: Wanted) -> str:
        try:
            deciding.read_reason(wanted.reason)
        except CampaignError as refusal:
            return str(refusal)
        return deciding.obstacle(line, campaign=self.campaign, by=self.by, decision=wanted.decision)


def _text(cell: object) -> str:
    # Spreadsheets hold every number as a float.
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()
