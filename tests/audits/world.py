"""A small world for tests of audits and packs: controls, what they must leave, and items."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import count
from unittest.mock import patch

from django.utils import timezone

from accounts.models import User
from audits import engagements
from audits.models import Engagement
from controls.models import (
    Area,
    Check,
    Control,
    ControlMapping,
    ControlVersion,
    Criterion,
    Expectation,
    Framework,
)
from evidence import checks, intake
from evidence.models import Evidence
from evidence.population import IPE, Column, PopulationFacts, TableFacts

SECURITY = engagements.SECURITY
CHECKED = "SELECT * FROM population WHERE has_mfa = false"
_numbers = count(1)


def moment(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), UTC)


@dataclass
class World:
    """Two categories, two controls, three expectations, and an engagement of three months."""

    alice: User
    start: date = date(2026, 6, 1)
    end: date = date(2026, 8, 31)
    expectations: dict[str, Expectation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.framework = Framework.objects.create(
            slug=f"tsc-{next(_numbers)}", title="Trust Services Criteria", version="2017/2022"
        )
        self.criteria = {
            ref: Criterion.objects.create(
                framework=self.framework,
                ref=ref,
                section=ref.partition(".")[0],
                section_title="A section",
                category=category,
                title=title,
                position=place,
            )
            for place, (ref, category, title) in enumerate(
                [
                    ("CC6.1", SECURITY, "Logical access is restricted"),
                    ("CC6.2", SECURITY, "Access follows the people"),
                    ("A1.2", "Availability", "Backups can be restored"),
                ]
            )
        }
        self.access = self.control("AC-01", "Second factor for staff", ["CC6.1"])
        self.backup = self.control("AV-01", "Restore tests", ["A1.2"])
        self.mfa = self.expect(self.access, "staff-mfa-state", kind="state", cadence="monthly")
        self.leavers = self.expect(self.access, "leavers", kind="event", cadence="monthly")
        self.restore = self.expect(self.backup, "restore-report", kind="document")
        self.check = Check.objects.create(
            expectation=self.mfa,
            slug="staff-without-mfa",
            title="No staff without a second factor",
            sql=CHECKED,
            digest=sha256(CHECKED.encode()).hexdigest(),
        )

    def control(self, ref: str, title: str, criteria: Iterable[str]) -> Control:
        control = Control.objects.create(
            ref=ref,
            title=title,
            area=Area.ACCESS_CONTROL,
            owner_role=Control.OwnerRole.CONTROL_OWNER,
            nature=Control.Nature.AUTOMATED,
        )
        ControlVersion.objects.create(
            control=control,
            number=1,
            statement=f"{title} is required.",
            effective_from=date(2020, 1, 1),
            digest=sha256(title.encode()).hexdigest(),
        )
        for criterion in criteria:
            ControlMapping.objects.create(
                control=control, criterion=self.criteria[criterion], reason="It restricts access."
            )
        return control

    def expect(
        self, control: Control, slug: str, *, kind: str, cadence: str = "quarterly"
    ) -> Expectation:
        return Expectation.objects.create(
            control=control,
            slug=slug,
            title=slug.replace("-", " ").capitalize(),
            evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
            kind=kind,
            cadence=cadence,
            days_allowed=5,
            owner_role=Control.OwnerRole.CONTROL_OWNER,
            active_from=date(2020, 1, 1),
        )

    def engagement(self, *categories: str) -> Engagement:
        return engagements.open_engagement(
            "SOC 2 of the summer",
            type=Engagement.Type.SOC2_TYPE2,
            framework=self.framework,
            firm="Achterberg & Partners",
            window_from=self.start,
            window_to=self.end,
            categories={name: f"Customers ask for {name}." for name in categories or (SECURITY,)},
            by=self.alice,
        )


def at_a_date(world: World, day: date) -> Engagement:
    """A Type 1 engagement: the design as of one date."""
    return engagements.open_engagement(
        "Design",
        type=Engagement.Type.SOC2_TYPE1,
        framework=world.framework,
        firm="Achterberg & Partners",
        window_from=day,
        window_to=day,
        categories={SECURITY: "Buyers ask."},
        by=world.alice,
    )


def submission(
    content: bytes,
    first: date,
    last: date | None = None,
    *claims: Expectation,
    collected: date | None = None,
    filename: str = "evidence.txt",
    population: PopulationFacts | None = None,
    prepared_by: User | None = None,
    supersedes: Evidence | None = None,
) -> intake.Submission:
    last = last or first
    collected_at = happened(collected or last + timedelta(days=1))
    if population and population.ipe == ipe():
        # The stock record was made when the item was collected.
        population = replace(population, ipe=ipe(collected_at))
    kind = claims[0].kind if claims else "document"
    return intake.Submission(
        content=content,
        filename=filename,
        title=filename,
        evidence_type="report",
        kind=kind,
        area=Area.ACCESS_CONTROL,
        source_system="Directory",
        environment="production",
        covers_from=first,
        covers_to=last,
        collected_at=collected_at,
        claims=claims,
        population=population,
        prepared_by=prepared_by,
        supersedes=supersedes,
    )


def hand_in(sent: intake.Submission, *, received: date | None = None) -> Evidence:
    """Take an item in as if it had arrived on a day; the ledger's clock goes along."""
    with clock(happened(received) if received else sent.collected_at):
        return intake.receive(sent, actor="system")


def happened(day: date) -> datetime:
    """The moment at which things of a day happen; today no later than now, at any hour of it."""
    now = datetime.now(UTC)
    return min(moment(day), now) if day == now.date() else moment(day)


def clock(at: datetime) -> AbstractContextManager[object]:
    """Let it be this moment for everything inside."""
    return patch.object(timezone, "now", lambda: at)


def staff_table(*, without_mfa: int = 0) -> tuple[bytes, PopulationFacts]:
    """A population of three people, of whom some have no second factor."""
    rows = [f"{number},{'true' if number > without_mfa else 'false'}" for number in (1, 2, 3)]
    content = "\n".join(["person_id,has_mfa", *rows, ""]).encode()
    facts = TableFacts(sha256(content).hexdigest(), 3, {})
    columns = (Column("person_id", "integer"), Column("has_mfa", "boolean"))
    return content, PopulationFacts(columns, ipe(), facts)


def ipe(began: datetime = datetime(2026, 6, 30, 8, tzinfo=UTC)) -> IPE:
    return IPE(
        query="GET /people",
        source_system="Directory",
        environment="production",
        runner="collector:directory",
        collector="staff_mfa",
        collector_version="1",
        code_digest="0" * 64,
        started_at=began,
        finished_at=began + timedelta(seconds=3),
        completeness="The source says how many there are, and as many came.",
        source_count=3,
    )


def hand_in_staff(
    world: World, day: date, *, without_mfa: int = 0, received: date | None = None, **more: object
) -> Evidence:
    """A capture of the staff's second factors on one day, checked at once."""
    content, population = staff_table(without_mfa=without_mfa)
    sent = submission(
        content,
        day,
        day,
        world.mfa,
        collected=day,
        filename="staff.csv",
        population=population,
        **more,  # type: ignore[arg-type]
    )
    item = hand_in(sent, received=received or day)
    with clock(item.received_at):
        checks.run(item, actor="system")
    return item
