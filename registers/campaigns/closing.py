"""Closes a campaign into evidence: every line with its decision, reviewer, time, reason and proof.

Rules:
- It closes once each line has a decision of its own. A signature under the whole is no review.
- What was decided and is not yet proved may follow: the evidence is then issued anew with the
  proofs, and the new version supersedes the one before.
- The evidence shows the day of the list that was reviewed, so that it covers the expected time in
  which that day lies.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from controls.models import Expectation
from evidence import checks, intake, ledger, store
from evidence.models import Evidence
from evidence.population import IPE, Cell, Column, PopulationFacts, TableFacts, write_csv
from registers.campaigns import kinds, lists
from registers.campaigns.opening import BATCH, refuse_stranger
from registers.errors import CampaignError, ChangedMeanwhileError, UndecidedError
from registers.models import Campaign, CampaignDecision, CampaignLine, CampaignProof

VERSION = "1"
_OWN: tuple[tuple[str, str], ...] = (
    ("line", "integer"),
    ("system_name", "text"),
    ("account", "text"),
    ("person", "text"),
    ("rights", "text"),
    ("decision", "text"),
    ("reason", "text"),
    ("reviewer", "text"),
    ("reviewed_on", "date"),
    ("decided_at", "timestamp"),
    ("state", "text"),
    ("done_on", "date"),
    ("proved_by", "text"),
    ("proof", "text"),
)
_LISTED = "listed_"
"""Before the name of a column of the list that was reviewed."""


@dataclass(frozen=True)
class Standing:
    """How far a campaign is, in numbers of lines."""

    lines: int
    open: int
    kept: int
    to_do: int
    """Decided otherwise than keep."""
    proved: int
    unassigned: int

    @property
    def decided(self) -> int:
        return self.lines - self.open

    @property
    def unproved(self) -> int:
        return self.to_do - self.proved

    @property
    def percent(self) -> int:
        return 100 * self.decided // self.lines if self.lines else 0


def standing(campaign: Campaign) -> Standing:
    """Count the lines of a campaign; one query."""
    state, decision = CampaignLine.State, CampaignLine.Decision
    kept = ["", decision.KEEP]
    counted = CampaignLine.objects.filter(campaign=campaign).aggregate(
        lines=Count("pk"),
        open=Count("pk", filter=Q(state=state.OPEN)),
        kept=Count("pk", filter=Q(decision=decision.KEEP)),
        to_do=Count("pk", filter=~Q(decision__in=kept)),
        proved=Count("pk", filter=Q(state=state.PROVED)),
        unassigned=Count("pk", filter=Q(reviewer=None, state=state.OPEN)),
    )
    return Standing(**counted)


def expectations_of(campaign: Campaign) -> Iterable[Expectation]:
    """Return what the evidence of a campaign counts for."""
    slugs = kinds.get(campaign.kind).expectations
    return Expectation.objects.filter(slug__in=slugs).select_related("control").order_by("slug")


def close(campaign: Campaign, *, by: User) -> Evidence:
    """Close a campaign and return its checked evidence; a second call runs checks that are due.

    Raises CampaignNotAllowedError, UndecidedError, CampaignError, a subclass of EvidenceError.
    """
    refuse_stranger(by)
    if campaign.state != Campaign.State.OPEN:
        ended = f"{campaign.ref} is {campaign.get_state_display().lower()} already."
        return _checked_late(campaign, ended, by=by)
    return _issued(campaign, by=by)


def issue_again(campaign: Campaign, *, by: User) -> Evidence:
    """Issue the evidence of a closed campaign anew, with the proofs that have come since.

    Raises CampaignNotAllowedError, CampaignError, a subclass of EvidenceError.
    """
    refuse_stranger(by)
    if campaign.state == Campaign.State.WITHDRAWN:
        raise CampaignError(f"{campaign.ref} was withdrawn and counts for nothing.")
    if campaign.state != Campaign.State.CLOSED or campaign.evidence is None:
        raise CampaignError(f"{campaign.ref} is still open. Close it first.")
    if not has_news(campaign):
        since = f"Nothing has been proved since {campaign.evidence.ref}."
        return _checked_late(campaign, since, by=by)
    return _issued(campaign, by=by)


def is_unchecked(campaign: Campaign) -> bool:
    """Say whether checks of the evidence are due: they run apart from what closed it."""
    return campaign.evidence is not None and checks.are_due(campaign.evidence)


def _checked_late(campaign: Campaign, otherwise: str, *, by: User) -> Evidence:
    if campaign.evidence is None or not is_unchecked(campaign):
        raise CampaignError(otherwise)
    checks.run(campaign.evidence, actor=actor(by))
    return campaign.evidence


def has_news(campaign: Campaign) -> bool:
    """Say whether something was proved after the last version of the evidence."""
    if campaign.evidence is None:
        return False
    since = campaign.evidence.received_at
    return CampaignProof.objects.filter(line__campaign=campaign, at__gt=since).exists()


def _issued(campaign: Campaign, *, by: User) -> Evidence:
    _refuse_undecided(standing(campaign))
    began = timezone.now()
    seen = _stand(campaign)
    claims = tuple(expectations_of(campaign))
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        table = Path(folder) / "lines.csv"
        with transaction.atomic(), table.open("xb") as file:
            columns = _columns(campaign)
            facts = write_csv(_rows(campaign), columns, file)
        population = PopulationFacts(columns, _ipe(campaign, facts, began), facts)
        ready = intake.prepare(_submission(campaign, table, population, claims, by))
    try:
        evidence = _recorded(campaign, ready, seen, by=by)
    except Exception:
        # What failed may have been the answer to a commit that took place.
        store.discard_unnamed(ready.files)
        raise
    checks.run(evidence, actor=actor(by))
    return evidence


def _recorded(
    campaign: Campaign, ready: intake.Prepared, seen: tuple[int, int], *, by: User
) -> Evidence:
    """Name the evidence and close the campaign, if it is still as it was written down."""
    with transaction.atomic():
        ledger.lock()
        fresh = Campaign.objects.select_for_update().get(pk=campaign.pk)
        now = standing(fresh)
        _refuse_undecided(now)
        was = (campaign.state, campaign.evidence_id, seen)
        if (fresh.state, fresh.evidence_id, _stand(fresh)) != was:
            raise ChangedMeanwhileError
        (evidence,) = intake.record([ready], actor=actor(by))
        is_closing = fresh.state == Campaign.State.OPEN
        ledger.append(
            "campaign.closed" if is_closing else "campaign.reissued",
            subject=fresh.ref,
            body={
                "evidence": evidence.ref,
                "sha256": evidence.blob_id,
                "lines": now.lines,
                "kept": now.kept,
                "to_do": now.to_do,
                "proved": now.proved,
            },
            actor=actor(by),
        )
        if is_closing:
            fresh.state, fresh.closed_by = Campaign.State.CLOSED, by
            fresh.closed_at = timezone.now()
        fresh.evidence = evidence
        fresh.save(update_fields=["state", "closed_by", "closed_at", "evidence"])
    campaign.refresh_from_db()
    return evidence


def _refuse_undecided(now: Standing) -> None:
    if now.open:
        words = "line has" if now.open == 1 else "lines have"
        raise UndecidedError(
            f"{now.open:,} {words} no decision yet. A campaign is closed once each line has its "
            "own."
        )


def _stand(campaign: Campaign) -> tuple[int, int]:
    """Return what changes with every decision and every proof of a campaign."""
    decisions = CampaignDecision.objects.filter(line__campaign=campaign)
    proofs = CampaignProof.objects.filter(line__campaign=campaign)
    return decisions.count(), proofs.count()


def _columns(campaign: Campaign) -> tuple[Column, ...]:
    own = tuple(Column(name, kind) for name, kind in _OWN)
    return own + tuple(Column(_LISTED + name, "text") for name in _shown(campaign))


def _shown(campaign: Campaign) -> Sequence[str]:
    return list(campaign.columns.get("shown", []))


def _rows(campaign: Campaign) -> Iterator[Sequence[Cell]]:
    shown = _shown(campaign)
    lines = CampaignLine.objects.filter(campaign=campaign).order_by("number")
    for line in lines.select_related("decided_by", "proof__evidence").iterator(BATCH):
        proof: CampaignProof | None = getattr(line, "proof", None)
        yield [
            line.number,
            line.system,
            line.key,
            line.person.replace("\n", "; "),
            line.rights,
            line.decision,
            line.reason,
            line.decided_by.email if line.decided_by else "",
            lists.local_day(line.decided_at) if line.decided_at else None,
            line.decided_at,
            line.state,
            line.done_on,
            proof.evidence.ref if proof else "",
            " ".join(filter(None, [proof.words, proof.reason])) if proof else line.followed_words,
            *(line.values.get(name, "") for name in shown),
        ]


def _ipe(campaign: Campaign, facts: TableFacts, began: datetime) -> IPE:
    left: Mapping[str, int] = campaign.left_out
    without = "; ".join(f"{count} {reason}" for reason, count in sorted(left.items()))
    return IPE(
        query="Every line of the campaign with its last decision and its proof, by number",
        source_system=f"Review campaign {campaign.ref} of this installation",
        environment=campaign.population.environment,
        runner=f"campaign_{campaign.kind}",
        collector=f"campaign_{campaign.kind}",
        collector_version=VERSION,
        code_digest=sha256(Path(__file__).read_bytes()).hexdigest(),
        started_at=began,
        finished_at=timezone.now(),
        completeness=(
            f"The list reviewed, {campaign.population.ref}, has {campaign.row_count} rows: "
            f"{facts.row_count} lines here, and {without or 'none'} left out."
        ),
        parameters={
            "campaign": campaign.ref,
            "population": campaign.population.ref,
            "population_sha256": campaign.population.blob_id,
            "columns": campaign.columns,
        },
        source_count=campaign.line_count,
        source_clock=began,
    )


def _submission(
    campaign: Campaign,
    table: Path,
    population: PopulationFacts,
    claims: tuple[Expectation, ...],
    by: User,
) -> intake.Submission:
    kind, reviewed = kinds.get(campaign.kind), campaign.population
    day = lists.day_of(reviewed)
    return intake.Submission(
        content=table,
        filename=f"{campaign.ref.lower()}-{day.isoformat()}.csv",
        title=f"{kind.title}: {campaign.title}"[:200],
        evidence_type=Expectation.EvidenceType.REVIEW_RECORD,
        kind=claims[0].kind if claims else Evidence.Kind.STATE,
        area=kind.area,
        source_system=population.ipe.source_system,
        environment=reviewed.environment,
        covers_from=day,
        covers_to=day,
        collected_at=population.ipe.started_at,
        media_type="text/csv",
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        prepared_by=by,
        claims=claims,
        population=population,
        supersedes=campaign.evidence,
    )
