"""Reviews of access and of tokens: each campaign, each decision, and whether it was carried out."""

from collections.abc import Iterator, Sequence

from audits.days import day_of
from registers.campaigns import closing, kinds
from registers.models import Campaign, CampaignLine
from reports.written import of_registers, values
from reports.written.document import (
    Cell,
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

_BATCH = 1_000
_CAMPAIGNS = (
    Column("Campaign", 12),
    Column("Kind", 14),
    Column("Title", 30, wraps=True),
    Column("List reviewed", 13),
    Column("Opened", 11),
    Column("Due", 11),
    Column("Closed", 11),
    Column("Lines", 8, is_number=True),
    Column("Decided", 8, is_number=True),
    Column("To change", 8, is_number=True),
    Column("Proved done", 8, is_number=True),
    Column("State", 11),
)
_LINES = (
    Column("Campaign", 11),
    Column("Line", 7, is_number=True),
    Column("Access or token", 26, wraps=True),
    Column("System", 18, wraps=True),
    Column("Person", 22, wraps=True),
    Column("Rights", 26, wraps=True),
    Column("Decision", 11),
    Column("Why", 26, wraps=True),
    Column("Decided by", 20, wraps=True),
    Column("Decided on", 11),
    Column("Done on", 11),
)
_TOKENS = (
    "system",
    "name",
    "kind",
    "owner",
    "purpose",
    "scopes",
    "environment",
    "rotate_by",
)
_TONES = {
    CampaignLine.Decision.KEEP: Tone.GOOD,
    CampaignLine.Decision.REDUCE: Tone.WARN,
    CampaignLine.Decision.ROTATE: Tone.WARN,
    CampaignLine.Decision.REVOKE: Tone.BAD,
}
_NOTES = (
    (
        "A campaign belongs to the period when it was open on one of its days. Withdrawn "
        "campaigns are listed, and their lines are not."
    ),
    (
        "Proved done means that a later list of the system shows the change; a word of a "
        "person alone does not count."
    ),
)


def build(asked: Asked) -> Document:
    first, last = asked.period
    known = Campaign.objects.select_related("population").order_by("number")
    found = [
        one
        for one in known
        if day_of(one.opened_at) <= last and (not one.closed_at or day_of(one.closed_at) >= first)
    ]
    return Document(
        title="Access and token review",
        subtitle="Campaigns of the period, line by line",
        sections=[
            Section("In numbers", [Words(_sentence(found)), Figures(_figures(found))]),
            Section("Campaigns", [_campaigns(found, asked)]),
            Section("Lines", [_lines(found)]),
            Section(
                "Service accounts and tokens",
                [
                    of_registers.table(
                        "service_accounts",
                        _TOKENS,
                        title="Service accounts and tokens",
                        empty="The register of service accounts and tokens has no entry.",
                    )
                ],
            ),
        ],
        period=(first, last),
        as_of=asked.at,
        notes=_NOTES,
    )


def _sentence(found: Sequence[Campaign]) -> str:
    if not found:
        return "No review of access or tokens was open in the period."
    return f"{values.counted(len(found), 'review was', 'reviews were')} open in the period."


def _figures(found: Sequence[Campaign]) -> list[Figure]:
    lines = CampaignLine.objects.filter(campaign__in=_counting(found))
    changed = lines.exclude(decision__in=["", CampaignLine.Decision.KEEP])
    proved = changed.filter(state=CampaignLine.State.PROVED)
    return [
        Figure("Reviews", len(found), "open in the period"),
        Figure("Closed", sum(one.state == Campaign.State.CLOSED for one in found), "of them"),
        Figure("Lines", lines.count(), "of reviews that were not withdrawn"),
        Figure(
            "Not decided",
            lines.filter(state=CampaignLine.State.OPEN).count(),
            "as of today",
        ),
        Figure("To be changed", changed.count(), "reduce, rotate or revoke"),
        Figure("Proved done", proved.count(), "of those to be changed"),
    ]


def _counting(found: Sequence[Campaign]) -> list[int]:
    return [one.pk for one in found if one.state != Campaign.State.WITHDRAWN]


def _campaigns(found: Sequence[Campaign], asked: Asked) -> Table:
    today = day_of(asked.at)

    def rows() -> Iterator[Row]:
        for one in found:
            now = closing.standing(one)
            closed = day_of(one.closed_at) if one.closed_at else None
            state = Mark(one.get_state_display().lower(), Tone.GOOD if closed else Tone.QUIET)
            if one.state == Campaign.State.OPEN and one.due_on < today:
                state = Mark("overdue", Tone.BAD)
            counts = (now.lines, now.decided, now.to_do, now.proved)
            opened, reviewed = day_of(one.opened_at), one.population.ref
            kind = kinds.get(one.kind).title
            yield [one.ref, kind, one.title, reviewed, opened, one.due_on, closed, *counts, state]

    return Table("Campaigns", _CAMPAIGNS, rows, empty="No review was open in the period.")


def _lines(found: Sequence[Campaign]) -> Table:
    def rows() -> Iterator[Row]:
        lines = CampaignLine.objects.filter(campaign__in=_counting(found))
        every = lines.select_related("campaign", "decided_by").order_by(
            "campaign__number", "number"
        )
        for line in every.iterator(_BATCH):
            yield _row(line)

    return Table("Lines", _LINES, rows, empty="No line was reviewed in the period.")


def _row(line: CampaignLine) -> list[Cell]:
    decided: Cell = Mark("not decided", Tone.BAD)
    if line.decision:
        decision = CampaignLine.Decision(line.decision)
        decided = Mark(decision.value, _TONES[decision])
    return [
        line.campaign.ref,
        line.number,
        line.label or line.key,
        line.system,
        line.person or line.owner,
        line.rights,
        decided,
        line.reason,
        str(line.decided_by) if line.decided_by else None,
        day_of(line.decided_at) if line.decided_at else None,
        line.done_on,
    ]


KIND = Kind(
    title="Access and token review",
    sentence="Reviews of a period line by line: who decided what, and whether it was carried out.",
    build=build,
    needs=(Need.PERIOD,),
)
