"""Follows what was decided until a later list of the same source proves it done.

Rules:
- A list proves only what was decided before it was retrieved.
- It must be whole, have the columns that are compared, and show at least half of the lines that
  were kept: another list would otherwise prove that everything is gone. Where none was kept, it
  must come from the source of the list that was reviewed.
- Where rights were exchanged for others, a person who is not the one concerned reads the proof out
  of the list, with a reason.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger
from evidence.errors import EvidenceError
from evidence.models import Evidence, LedgerEntry, Population
from registers.campaigns import choosing, lists
from registers.campaigns.columns import Columns, Row, digest_of
from registers.campaigns.deciding import read_reason
from registers.campaigns.judging import Found, Then, judge
from registers.campaigns.opening import BATCH, is_about, refuse_stranger
from registers.errors import (
    CampaignNotAllowedError,
    OwnAccessError,
    PopulationUnfitError,
    ProofError,
)
from registers.models import Campaign, CampaignLine, CampaignProof

SYSTEM = "system"
State, Decision = CampaignLine.State, CampaignLine.Decision


@dataclass(frozen=True)
class Looked:
    """A line, and what a later list says of it."""

    line: CampaignLine
    found: Found


@dataclass
class Outlook:
    """What a later list would prove; nothing has been written."""

    campaign: Campaign
    evidence: Evidence
    looked: list[Looked] = field(default_factory=list)
    too_early: int = 0
    """Lines that were decided after the list was retrieved."""

    @property
    def done(self) -> list[Looked]:
        return [each for each in self.looked if each.found.done]

    @property
    def waiting(self) -> list[Looked]:
        return [each for each in self.looked if not each.found.done]


def followed(campaign: Campaign) -> Sequence[CampaignLine]:
    """Return the lines whose deed is not proved yet, by their numbers."""
    kept = ["", Decision.KEEP]
    found = CampaignLine.objects.filter(campaign=campaign).exclude(decision__in=kept)
    return list(found.exclude(state=State.PROVED).order_by("number"))


def look(campaign: Campaign, evidence: Evidence) -> Outlook:
    """Say what a later list would prove; PopulationUnfitError, ProofError."""
    return _compared(campaign, evidence, _rows(campaign, evidence))


def _compared(campaign: Campaign, evidence: Evidence, rows: Mapping[str, Row]) -> Outlook:
    _refuse_another(campaign, evidence, rows)
    waiting = followed(campaign)
    columns, at = Columns.from_json(campaign.columns), lists.local(evidence.collected_at)
    outlook = Outlook(campaign, evidence)
    for line in waiting:
        if line.decided_at is None or evidence.collected_at <= line.decided_at:
            outlook.too_early += 1
            continue
        then = Then(line.decision, line.rights, line.secret)
        row = rows.get(line.key_digest)
        found = judge(then, row, columns=columns, at=at)
        outlook.looked.append(Looked(line, found))
    if waiting and not outlook.looked:
        raise ProofError(
            f"{evidence.ref} was retrieved before anything was decided, so it proves nothing. "
            "Collect the list again."
        )
    return outlook


def prove(campaign: Campaign, *, evidence: Evidence, by: User | None) -> Outlook:
    """Look every deed up in a later list and keep what it proves; `by` is None for the schedule.

    A second call with the same list changes nothing. Raises CampaignNotAllowedError,
    PopulationUnfitError, ProofError.
    """
    if by:
        refuse_stranger(by)
    # A list may be long, and whoever holds the log's lock makes everybody wait.
    rows = _rows(campaign, evidence)
    with transaction.atomic():
        ledger.lock()
        outlook = _compared(campaign, evidence, rows)
        fresh = [each for each in outlook.looked if each.line.followed_in_id != evidence.pk]
        if not fresh:
            return outlook
        leaf = ledger.append(
            "campaign.followed",
            subject=campaign.ref,
            body={
                "population": evidence.ref,
                "sha256": evidence.blob_id,
                "proved": [each.line.number for each in outlook.done],
                "not_proved": [each.line.number for each in outlook.waiting],
            },
            actor=actor(by) if by else SYSTEM,
        )
        _write(outlook, leaf)
    return outlook


def confirm(line: CampaignLine, *, by: User, reason: str) -> CampaignProof:
    """Read out of the last list looked at that exchanged rights are fewer than before.

    Raises CampaignNotAllowedError, OwnAccessError, ProofError.
    """
    reason = read_reason(reason)
    with transaction.atomic():
        ledger.lock()
        line = CampaignLine.objects.select_related("campaign", "followed_in").get(pk=line.pk)
        if not can(by, Capability.MANAGE_CAMPAIGNS) and line.reviewer_id != by.pk:
            raise CampaignNotAllowedError
        if is_about(line, by):
            raise OwnAccessError
        if not may_be_confirmed(line) or line.followed_in is None:
            raise ProofError("No later list shows other rights on this line. Look one up first.")
        leaf = ledger.append(
            "campaign.confirmed",
            subject=line.campaign.ref,
            body={
                "line": line.number,
                "population": line.followed_in.ref,
                "reason_sha256": journal.digest(reason),
            },
            actor=actor(by),
        )
        found = Found(True, f"{line.followed_words} {by} says that it is less.")
        (proof,) = _proofs([Looked(line, found)], line.followed_in, leaf)
        proof.by, proof.reason = by, reason
        proof.save(force_insert=True)
        _tell(line, found, line.followed_in)
        line.save(update_fields=_TOLD)
    return proof


def may_be_confirmed(line: CampaignLine) -> bool:
    """Say whether a person may read a reduction out of the last list that was looked at."""
    return line.state == State.UNPROVED and line.followed_words.endswith(_LOOK)


def newest(campaign: Campaign) -> Evidence | None:
    """Return the newest later list that proves something at all, None where there is none."""
    for evidence in lists.later(campaign.population):
        try:
            look(campaign, evidence)
        except (PopulationUnfitError, ProofError, EvidenceError):
            continue
        return evidence
    return None


_LOOK = "look whether that is less."
_TOLD = ["state", "followed_in", "followed_words", "done_on"]


def _rows(campaign: Campaign, evidence: Evidence) -> dict[str, Row]:
    """Return the rows of a later list that are lines here, by the digest of their key."""
    if evidence.pk == campaign.population_id:
        raise ProofError("This is the list that was reviewed itself. Choose a later one.")
    columns, population = Columns.from_json(campaign.columns), lists.population_of(evidence)
    missing = sorted(set(columns.needed_later).difference(lists.names(population)))
    if missing:
        raise ProofError(f"{evidence.ref} has no column {', '.join(missing)}: another list.")
    if not population.row_count:
        raise ProofError(f"{evidence.ref} is empty, so it proves nothing.")
    if population.row_count > lists.MOST_LATER:
        raise ProofError(
            f"{evidence.ref} has {population.row_count:,} rows; {lists.MOST_LATER:,} are the most. "
            "Choose a list of what was reviewed only."
        )
    lines = CampaignLine.objects.filter(campaign=campaign)
    wanted = set(lines.values_list("key_digest", flat=True))
    rows = ((digest_of(columns, row), row) for _, row in lists.rows(population))
    return {digest: row for digest, row in rows if digest in wanted}


def _refuse_another(campaign: Campaign, evidence: Evidence, rows: Mapping[str, Row]) -> None:
    """Refuse a list that seems to be about something else, or that has been returned by now."""
    population = lists.population_of(evidence)
    kept = CampaignLine.objects.filter(campaign=campaign, decision=Decision.KEEP)
    digests = list(kept.values_list("key_digest", flat=True))
    there = sum(digest in rows for digest in digests)
    if 2 * there < len(digests):
        raise ProofError(
            f"{evidence.ref} shows {there:,} of the {len(digests):,} lines that were kept, so it "
            "is another list. Choose one of the same source."
        )
    reviewed = Population.objects.get(evidence=campaign.population_id)
    if not digests and lists.origin_of(population) != lists.origin_of(reviewed):
        raise ProofError(
            f"{evidence.ref} comes from another source than {campaign.population.ref}, and no line "
            "was kept by which to recognise the list. Choose one of the same source."
        )


def _write(outlook: Outlook, leaf: LedgerEntry) -> None:
    CampaignProof.objects.bulk_create(
        _proofs(outlook.done, outlook.evidence, leaf), batch_size=BATCH
    )
    # Most lines are told the same, and one statement for all of these costs a hundredth.
    alike: dict[tuple[str, str, date | None], list[int]] = defaultdict(list)
    for each in outlook.looked:
        line = each.line
        _tell(line, each.found, outlook.evidence)
        alike[line.state, line.followed_words, line.done_on].append(line.pk)
    for (state, words, on), keys in alike.items():
        for batch in choosing.batches(keys):
            CampaignLine.objects.filter(pk__in=batch).update(
                state=state, followed_in=outlook.evidence, followed_words=words, done_on=on
            )


def _proofs(done: Sequence[Looked], evidence: Evidence, leaf: LedgerEntry) -> list[CampaignProof]:
    now = timezone.now()
    return [
        CampaignProof(
            line=each.line,
            evidence=evidence,
            done_on=each.found.on or lists.day_of(evidence),
            words=each.found.words[:300],
            at=now,
            ledger_entry=leaf,
        )
        for each in done
    ]


def _tell(line: CampaignLine, found: Found, evidence: Evidence) -> None:
    line.state = State.PROVED if found.done else State.UNPROVED
    line.followed_in, line.followed_words = evidence, found.words[-300:]
    line.done_on = (found.on or lists.day_of(evidence)) if found.done else None
