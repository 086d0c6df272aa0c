"""Lists to review, and the people who go through them, for tests of campaigns and their pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from io import BytesIO

from django.utils import timezone

from accounts.models import User
from controls.models import Expectation
from evidence import intake
from evidence.models import Evidence
from evidence.population import IPE, Column, PopulationFacts, write_csv
from registers.campaigns import deciding, kinds, lists, opening
from registers.campaigns.columns import Columns, guessed
from registers.campaigns.opening import Plan, Reviewers
from registers.models import Campaign, CampaignLine
from tests import cast
from tests.audits.world import clock

NAMES = ("token_id", "owner", "purpose", "scopes", "created_at", "revoked_at")
MADE = "2026-01-05T08:00:00.000000Z"


def token(number: int, owner: str = "eve@example.org", **more: str) -> tuple[str, ...]:
    """One row of a list of tokens; `more` puts other words into its columns."""
    row = {
        "token_id": str(number),
        "owner": owner,
        "purpose": f"Reports {number}",
        "scopes": "evidence.read evidence.write",
        "created_at": MADE,
        "revoked_at": "",
    }
    return tuple({**row, **more}.values())


def listed(
    rows: Sequence[Sequence[str]],
    *,
    names: Sequence[str] = NAMES,
    at: datetime | None = None,
    source: str = "Payment API",
    runner: str = "collector:tokens",
    partial: str = "",
    supersedes: Evidence | None = None,
    days: tuple[date, date] | None = None,
) -> Evidence:
    """Hand a list in as if it had been collected at a moment."""
    moment = at or timezone.now()
    columns = tuple(Column(name, "text") for name in names)
    file = BytesIO()
    facts = write_csv(rows, columns, file)
    ipe = replace(_ipe(source, moment, len(rows), partial), runner=runner)
    first, last = days or (moment.date(), moment.date())
    sent = intake.Submission(
        content=file.getvalue(),
        filename="tokens.csv",
        title="Tokens of the payment API",
        evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
        kind=Evidence.Kind.STATE,
        area="api_security",
        source_system=source,
        environment="production",
        covers_from=first,
        covers_to=last,
        collected_at=moment,
        population=PopulationFacts(columns, ipe, facts),
        supersedes=supersedes,
    )
    with clock(moment):
        return intake.receive(sent, actor="system")


def _ipe(source: str, moment: datetime, count: int, partial: str) -> IPE:
    return IPE(
        query="GET /tokens",
        source_system=source,
        environment="production",
        runner="collector:tokens",
        collector="other_tokens",
        collector_version="1",
        code_digest="0" * 64,
        started_at=moment,
        finished_at=moment,
        completeness="As many came as the source counts.",
        source_count=count,
        partial_reason=partial,
    )


@dataclass
class Reviewed:
    """A list of tokens, Alice who runs its review, and Ivan who goes through most of it."""

    alice: User
    rows: list[tuple[str, ...]] = field(default_factory=lambda: [token(n) for n in range(1, 5)])
    kind: str = "token"

    def __post_init__(self) -> None:
        self.ivan = cast.person("control-owner", email="ivan@example.org", full_name="Ivan Ilin")
        self.list = listed(self.rows, at=timezone.now() - timedelta(hours=1))

    @property
    def columns(self) -> Columns:
        population = lists.population_of(self.list)
        return guessed(kinds.get(self.kind).usual, lists.names(population))

    def plan(self, *, columns: Columns | None = None, stand_in: User | None = None) -> Plan:
        reviewers = Reviewers(self.ivan, stand_in)
        kind = kinds.get(self.kind)
        return opening.plan(kind, self.list, columns=columns or self.columns, reviewers=reviewers)

    def open(self, **more: object) -> Campaign:
        due = lists.local_day(timezone.now()) + timedelta(days=10)
        made = self.plan(**more)  # type: ignore[arg-type]
        return opening.open_campaign(made, title="Tokens", due_on=due, by=self.alice)

    def decide(self, campaign: Campaign, decision: str, *numbers: int, why: str = "Fits.") -> None:
        chosen = lines(campaign, *numbers)
        deciding.decide(campaign, lines=chosen, decision=decision, reason=why, by=self.ivan)


def lines(campaign: Campaign, *numbers: int) -> list[CampaignLine]:
    """Lines of a campaign as they stand, all of them where no number is given."""
    found = CampaignLine.objects.filter(campaign=campaign)
    return list(found.filter(number__in=numbers) if numbers else found)
