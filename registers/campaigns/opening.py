"""Opens a campaign: a list, what its columns mean, and who goes through which line.

Rules:
- One line for each row that has not ended already; what is left out is counted with its reason.
- The owner whom a row names reviews it, where that is one of our staff. Else the usual reviewer
  does, and where it is about that person, the stand-in.
- Nobody reviews their own access. A line that nobody of these may review waits without a reviewer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger
from evidence.models import Evidence, LedgerEntry, Population
from registers.campaigns import lists, persons
from registers.campaigns.columns import Columns, Row, digest_of, ended, key_of
from registers.campaigns.kinds import Kind
from registers.errors import CampaignError, CampaignNotAllowedError, PopulationUnfitError
from registers.models import Campaign, CampaignLine

BATCH = 1000
_NAMED = 5
_LONGEST_TITLE = 200
_ENDED = "ended already"


@dataclass(frozen=True)
class Reviewers:
    """Who goes through the lines whose own owner cannot."""

    usual: User
    stand_in: User | None = None


@dataclass
class Plan:
    """What a campaign over a list would be; nothing has been written."""

    kind: Kind
    evidence: Evidence
    columns: Columns
    rows: int = 0
    lines: list[CampaignLine] = field(default_factory=list)
    left_out: "Counter[str]" = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    """What stands against it, in sentences."""

    @property
    def by_reviewer(self) -> list[tuple[User, int]]:
        """Who would review how many lines, most first."""
        counted = Counter(line.reviewer for line in self.lines if line.reviewer)
        return counted.most_common()

    @property
    def nobodys(self) -> list[CampaignLine]:
        """Lines that nobody of the reviewers may review."""
        return [line for line in self.lines if line.reviewer is None]

    @property
    def digest(self) -> str:
        """The digest of its lines and their reviewers, as shown to the person who opens it."""
        found = sha256()
        for line in self.lines:
            found.update(f"{line.number}:{line.key_digest}:{line.reviewer_id};".encode())
        return found.hexdigest()


def eligible() -> list[User]:
    """Return the people who may be given lines: active staff who may look at evidence."""
    people = User.objects.filter(is_active=True, is_staff=True).prefetch_related("roles")
    return [person for person in people if can(person, Capability.VIEW)]


def plan(kind: Kind, evidence: Evidence, *, columns: Columns, reviewers: Reviewers) -> Plan:
    """Say what a campaign would be; PopulationUnfitError where the list cannot be reviewed."""
    population = lists.population_of(evidence)
    _refuse_unknown(population, columns)
    usual = set(kind.usual.get("person", ())).intersection(lists.names(population))
    if usual and not columns.person:
        raise PopulationUnfitError(
            "Say whose access it is, else people could review their own. The list has "
            f"{', '.join(sorted(usual))}."
        )
    made = Plan(kind, evidence, columns)
    if population.row_count > lists.MOST_ROWS:
        made.problems.append(
            f"The list has {population.row_count:,} rows; {lists.MOST_ROWS:,} are the most. "
            "Review it system by system."
        )
        return made
    staff = {person.email.lower(): person for person in eligible()}
    seen: dict[str, int] = {}
    unclear: list[str] = []
    at = lists.local(evidence.collected_at)
    for number, row in lists.rows(population):
        made.rows += 1
        line = _line(made, number, row)
        if not line.key:
            unclear.append(f"row {number} has no {' or '.join(columns.key)}")
        elif line.key_digest in seen:
            unclear.append(f"rows {seen[line.key_digest]} and {number} are both {line.key[:60]!r}")
        seen.setdefault(line.key_digest, number)
        if ended(columns, row, at=at)[0]:
            made.left_out[_ENDED] += 1
            continue
        line.reviewer = _reviewer(line, staff, reviewers)
        made.lines.append(line)
    made.problems.extend(_problems(made, unclear))
    return made


def open_campaign(made: Plan, *, title: str, due_on: date, by: User, shown: str = "") -> Campaign:
    """Open the campaign of a plan; `shown` is the digest of what the person saw.

    Raises CampaignNotAllowedError, PopulationUnfitError, CampaignError.
    """
    refuse_stranger(by)
    if made.problems:
        raise PopulationUnfitError(" ".join(made.problems))
    if shown and shown != made.digest:
        raise CampaignError("The lines or their reviewers have changed since. Look again.")
    title = title.strip()[:_LONGEST_TITLE]
    if not title:
        raise CampaignError("Give the campaign a title.")
    if due_on < lists.local_day(timezone.now()):
        raise CampaignError("The day on which it is due has passed already. Choose a later one.")
    with transaction.atomic():
        ledger.lock()
        standing = Campaign.objects.filter(population=made.evidence, kind=made.kind.slug)
        if double := standing.filter(state=Campaign.State.OPEN).first():
            raise CampaignError(f"{double.ref} goes through this list already.")
        number = (Campaign.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        campaign = Campaign.objects.create(
            number=number,
            ref=f"CMP-{number}",
            kind=made.kind.slug,
            title=title,
            population=made.evidence,
            columns=made.columns.to_json(),
            row_count=made.rows,
            line_count=len(made.lines),
            left_out=dict(made.left_out),
            due_on=due_on,
            opened_by=by,
            opened_at=timezone.now(),
            ledger_entry=_leaf(made, f"CMP-{number}", title, due_on, by),
        )
        for line in made.lines:
            line.campaign = campaign
        CampaignLine.objects.bulk_create(made.lines, batch_size=BATCH)
    return campaign


def refuse_stranger(by: User) -> None:
    if not can(by, Capability.MANAGE_CAMPAIGNS):
        raise CampaignNotAllowedError


def is_about(line: CampaignLine, person: User) -> bool:
    """Say whether a line is about a person's own access."""
    texts = line.person.split("\n")
    return persons.is_about(texts, email=person.email, full_name=person.full_name)


def _line(made: Plan, number: int, row: Row) -> CampaignLine:
    columns = made.columns
    system = row[columns.system].strip() if columns.system else ""
    return CampaignLine(
        number=number,
        key=key_of(columns, row)[:300],
        key_digest=digest_of(columns, row),
        label=row[columns.label].strip()[:200] if columns.label else "",
        system=(system or made.evidence.source_system)[:200],
        person="\n".join(row[name] for name in columns.person),
        owner=row[columns.owner] if columns.owner else "",
        rights=row[columns.rights] if columns.rights else "",
        secret=row[columns.secret] if columns.secret else "",
        values={name: row[name] for name in columns.shown},
    )


def _reviewer(line: CampaignLine, staff: Mapping[str, User], reviewers: Reviewers) -> User | None:
    owners: Iterable[User | None] = (staff.get(one) for one in persons.addresses(line.owner))
    for person in (*owners, reviewers.usual, reviewers.stand_in):
        if person and not is_about(line, person):
            return person
    return None


def _refuse_unknown(population: Population, columns: Columns) -> None:
    known = lists.names(population)
    if not columns.key:
        raise PopulationUnfitError("Choose the column that tells two rows apart.")
    if unknown := [name for name in columns.named if name not in known]:
        raise PopulationUnfitError(f"The list has no column {', '.join(unknown)}.")


def _problems(made: Plan, unclear: Sequence[str]) -> list[str]:
    found = []
    if unclear:
        more = f", and {len(unclear) - _NAMED:,} more" if len(unclear) > _NAMED else ""
        found.append(
            f"The key does not tell the rows apart: {'; '.join(unclear[:_NAMED])}{more}. "
            "Choose more columns for it."
        )
    elif not made.lines:
        found.append("No row of this list needs a review.")
    return found


def _leaf(made: Plan, ref: str, title: str, due_on: date, by: User) -> LedgerEntry:
    return ledger.append(
        "campaign.opened",
        subject=ref,
        body={
            "kind": made.kind.slug,
            "population": made.evidence.ref,
            "sha256": made.evidence.blob_id,
            "rows": made.rows,
            "lines": len(made.lines),
            "lines_sha256": made.digest,
            "columns": made.columns.to_json(),
            "title_sha256": journal.digest(title),
            "due_on": due_on.isoformat(),
        },
        actor=actor(by),
    )
