"""Opening findings and finding them again: one for each subject, and every observation kept."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts import journal
from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import access
from audits.errors import ClosedError, FindingError, NotAllowedError
from audits.finding_entries import Said, Speaker, record_of, write
from audits.finding_record import EntryKind, Kind, Part, Record, Side, Source, State
from audits.finding_subjects import Subject, occurrence, occurrence_on
from audits.models import Engagement, EngagementMember, Finding, FindingEntry
from evidence import ledger
from evidence.models import CheckResult, Evidence

__all__ = [
    "Observation",
    "Subject",
    "as_known",
    "observe",
    "occurrence",
    "occurrence_on",
    "of_engagement",
    "of_occurrence",
    "open_finding",
    "speak_as",
]

LONGEST_TEXT = 20_000
LONGEST_TITLE = 200
_REOPENS = frozenset({State.RETESTED, State.CLOSED})
_SIDES = {
    Source.CHECK: Side.SYSTEM,
    Source.AUDITOR: Side.AUDITOR,
    Source.OWN_TEST: Side.MANAGEMENT,
}


@dataclass(frozen=True)
class Observation:
    """One time that a deviation was seen: the condition in words, and where it was seen.

    `exceptions` of `population` are its extent where that was counted; `counted` says of what.
    """

    condition: str
    kind: Kind = Kind.DEVIATION
    evidence: Evidence | None = None
    check_result: CheckResult | None = None
    exceptions: int | None = None
    population: int | None = None
    counted: str = ""


def open_finding(
    engagement: Engagement,
    *,
    subject: Subject,
    title: str,
    condition: str,
    source: str,
    by: User | None,
) -> Finding:
    """Open the finding of a subject; one that exists is returned with another observation.

    `source` is check, auditor or own_test. What the same side says again in the same words adds
    nothing. `by` is None for the machine itself. Raises NotAllowedError, ClosedError, FindingError.
    """
    return observe(
        engagement,
        subject=subject,
        title=title,
        observation=Observation(condition),
        source=source,
        by=by,
    )


def observe(
    engagement: Engagement,
    *,
    subject: Subject,
    title: str,
    observation: Observation,
    source: str,
    by: User | None,
) -> Finding:
    """Keep one observation of a deviation, in the finding of its subject; opened if it is new."""
    found_by = _source(source)
    speaker = _speaker(engagement, found_by, by)
    _refuse_empty(title, observation.condition)
    with transaction.atomic():
        ledger.lock()
        if Engagement.objects.filter(pk=engagement.pk, closed_at__isnull=False).exists():
            raise ClosedError(f"{engagement.ref} is closed. Open a new engagement.")
        finding = Finding.objects.filter(
            engagement=engagement, subject_kind=subject.kind, subject_ref=subject.ref
        ).first()
        if finding is None:
            return _open(engagement, subject, title, observation, source=found_by, speaker=speaker)
        record = record_of(finding)
        if not _is_known(finding, record, observation, speaker.side):
            _observe_again(finding, record, observation, speaker)
    return finding


def of_occurrence(
    engagement: Engagement,
    expectation_slug: str,
    start: date,
    end: date,
    as_of: datetime | None = None,
) -> QuerySet[Finding]:
    """Return the findings of an occurrence, both days included; also of samples that meet it."""
    return as_known(engagement, as_of).filter(
        expectation_slug=expectation_slug, start__lte=end, end__gte=start
    )


def as_known(engagement: Engagement, as_of: datetime | None) -> QuerySet[Finding]:
    """Return the findings that were known at a moment (None: now), with `was`: their state then."""
    rows = of_engagement(engagement)
    if as_of is None:
        return rows.annotate(was=F("standing__state"))
    by_then = FindingEntry.objects.filter(finding=OuterRef("pk"), at__lte=as_of)
    latest = by_then.order_by("-step").values("state")[:1]
    return rows.filter(opened_at__lte=as_of).annotate(was=Subquery(latest))


def of_engagement(engagement: Engagement) -> QuerySet[Finding]:
    """Return the findings of an engagement with their standing, the newest first."""
    return Finding.objects.filter(engagement=engagement).select_related("standing")


def speak_as(
    side: Side, engagement: Engagement, by: User, *, needs: Capability = Capability.MANAGE_FINDINGS
) -> None:
    """Refuse a person who may not speak for a side: NotAllowedError.

    An auditor speaks for the engagements of which they are a member today as an auditor. Staff
    never do, so that conclusions of auditors stay their own.
    """
    if side != Side.AUDITOR:
        if not can(by, needs):
            raise NotAllowedError(f"{by} may not do this with findings. Ask an administrator.")
        return
    member = access.for_user(by).filter(
        pk=engagement.pk,
        members__user=by,
        members__removed_at__isnull=True,
        members__role=EngagementMember.Role.AUDITOR,
    )
    if by.is_staff or not member.exists():
        raise NotAllowedError(f"Only an auditor of {engagement.ref} concludes here.")


def _source(name: str) -> Source:
    try:
        return Source(name.replace(" ", "_"))
    except ValueError:
        known = ", ".join(Source)
        raise FindingError(f"A finding is found by one of {known}, not by {name!r}.") from None


def _speaker(engagement: Engagement, source: Source, by: User | None) -> Speaker:
    side = _SIDES[source]
    if by is None:
        return Speaker(side)
    side = Side.MANAGEMENT if side is Side.SYSTEM else side
    speak_as(side, engagement, by)
    return Speaker(side, by)


def _refuse_empty(title: str, condition: str) -> None:
    if not title.strip() or not condition.strip():
        raise FindingError("Say in a title and in a condition what was expected and what happened.")
    if len(condition) > LONGEST_TEXT:
        raise FindingError(f"The condition is longer than {LONGEST_TEXT:,} letters. Shorten it.")


def _open(
    engagement: Engagement,
    subject: Subject,
    title: str,
    observation: Observation,
    *,
    source: Source,
    speaker: Speaker,
) -> Finding:
    # The log's lock also keeps two findings from taking the same number.
    last = Finding.objects.filter(engagement=engagement).order_by("-number").first()
    number = last.number + 1 if last else 1
    finding = Finding.objects.create(
        engagement=engagement,
        number=number,
        ref=f"{engagement.ref}-F{number}",
        title=title.strip()[:LONGEST_TITLE],
        subject_kind=subject.kind,
        subject_ref=subject.ref,
        control_ref=subject.control_ref,
        expectation_slug=subject.expectation_slug,
        start=subject.start,
        end=subject.end,
        source=source,
        opened_by=speaker.by,
        opened_at=timezone.now(),
    )
    sayings = [
        (EntryKind.OPENED, Said(part=Part.CONDITION, text=observation.condition.strip())),
        (EntryKind.OBSERVED, _said(observation)),
    ]
    if observation.population is not None:
        sayings.append((EntryKind.REVISED, _extent(observation)))
    record: Record | None = None
    for kind, said in sayings:
        more = identity(finding) if record is None else None
        record = write(finding, record, kind, said, state=State.OPEN, speaker=speaker, more=more)
    return finding


def identity(finding: Finding) -> dict[str, object]:
    """Return what the first leaf of a finding says of it, so that nobody can rename it later."""
    return {
        "subject_kind": finding.subject_kind,
        # The number of a sampled item may be that of a person.
        "subject_sha256": journal.digest(finding.subject_ref),
        "control": finding.control_ref,
        "expectation": finding.expectation_slug,
        "from": finding.start.isoformat(),
        "to": finding.end.isoformat(),
        "source": str(finding.source),
        "title_sha256": journal.digest(finding.title),
    }


def _is_known(finding: Finding, record: Record, observation: Observation, side: Side) -> bool:
    if observation.check_result:
        return finding.entries.filter(check_result=observation.check_result).exists()
    said = observation.condition.strip()
    return any(one.side is side and one.text == said for one in record.observations)


def _observe_again(
    finding: Finding, record: Record, observation: Observation, speaker: Speaker
) -> None:
    said, state = _said(observation), record.state
    record = write(finding, record, EntryKind.OBSERVED, said, state=state, speaker=speaker)
    if state in _REOPENS:
        why = Said(text="The deviation was observed again.")
        write(finding, record, EntryKind.REOPENED, why, state=State.REOPENED, speaker=speaker)


def _extent(observation: Observation) -> Said:
    return Said(
        part=Part.EXTENT,
        value=observation.counted,
        exceptions=observation.exceptions,
        population=observation.population,
    )


def _said(observation: Observation) -> Said:
    return Said(
        text=observation.condition.strip(),
        value=observation.kind,
        exceptions=observation.exceptions,
        population=observation.population,
        evidence=observation.evidence,
        check_result=observation.check_result,
    )
