"""Freezing a pack: what goes in, what is missing, bound by a leaf and a signed checkpoint.

Everything that claims to cover something in scope goes in, and what answers a request: superseded
and returned versions too, because a failing version that was replaced is a fact of the period.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.journal import digest
from accounts.models import User
from audits import asked, continued, findings, pack_asks, sampled, sampling, scope, selection
from audits.coverage import State
from audits.engagement_facts import facts_of
from audits.errors import FreezeError, NotAllowedError, PackDamagedError
from audits.facts import CoverageReport, coverage_of, happened
from audits.finding_entries import records_of
from audits.models import Engagement, EvidenceRequest, Pack, PackAsk
from audits.selection import BoundTo, Selection
from controls.models import ControlVersion
from evidence import anchoring, checkpoint, disposed, ledger
from evidence.models import CheckResult, LedgerEntry, Review


@dataclass
class _Known:
    """What is gathered about one evidence version."""

    ref: str
    leaf: int
    is_superseded: bool
    blob: str
    covers: tuple[date, date]
    decision: str = ""
    people: set[int] = field(default_factory=set)
    leaves: list[int] = field(default_factory=list)
    expectations: list[int] = field(default_factory=list)

    def item(self) -> selection.Item:
        leaves = (self.leaf, *sorted(self.leaves))
        return selection.Item(self.ref, self._status, leaves, tuple(sorted(self.expectations)))

    @property
    def _status(self) -> selection.Status:
        if self.is_superseded:
            return selection.Status.SUPERSEDED
        if self.decision == Review.Decision.RETURNED:
            return selection.Status.RETURNED
        return selection.Status.CURRENT if self.decision else selection.Status.AWAITING_REVIEW


def freeze(
    engagement: Engagement,
    *,
    by: User | None,
    as_of: datetime | None = None,
    nonce: str = "",
    request: EvidenceRequest | None = None,
) -> Pack:
    """Freeze what is known of an engagement (at `as_of`, or now) and return the pack.

    It is sealed for the auditor's nonce and the request that asks for it, if any; a request brings
    its own nonce. `by` is None for who works on the machine. Raises NotAllowedError, FreezeError.
    """
    if by and not can(by, Capability.BUILD_PACK):
        raise NotAllowedError(f"{by} may not build packs. Ask an administrator.")
    with transaction.atomic():
        # Nothing arrives between the selection and the checkpoint while the log is locked.
        ledger.lock()
        now = timezone.now()
        if as_of and as_of > now:
            raise FreezeError(f"{as_of.isoformat()} lies in the future. Choose an earlier time.")
        bound_to = _bound_to(engagement, nonce, request, as_of or now)
        chosen = _select(engagement, as_of or now, bound_to)
        text = chosen.to_text()
        pack = Pack(
            engagement=engagement,
            number=engagement.packs.count() + 1,
            selection=text,
            selection_digest=selection.digest(text),
            item_count=len(chosen.items),
            shortfall_count=len(chosen.shortfall),
            as_of=as_of or now,
            sealed_at=now,
            built_by=by,
        )
        pack.ledger_entry = _bind(pack, chosen, doer=actor(by) if by else "system")
        pack.checkpoint = checkpoint.sign()
        pack.save(force_insert=True)
        anchoring.enqueue(pack.checkpoint, requested_by=pack.ledger_entry.actor)
    return pack


def selected(engagement: Engagement, *, as_of: datetime | None = None) -> Selection:
    """Return what a pack would freeze now (or of `as_of`); nothing is recorded."""
    with transaction.atomic():
        ledger.lock()
        return _select(engagement, as_of or timezone.now(), BoundTo())


def selection_of(pack: Pack) -> Selection:
    """Return what a pack froze; PackDamagedError when the row is no longer what its leaf says."""
    if selection.digest(pack.selection) != pack.selection_digest:
        raise PackDamagedError
    if f'"selection_sha256":"{pack.selection_digest}"' not in pack.ledger_entry.leaf:
        raise PackDamagedError
    return Selection.from_text(pack.selection)


def _bound_to(
    engagement: Engagement, nonce: str, request: EvidenceRequest | None, as_of: datetime
) -> BoundTo:
    nonce = pack_asks.tidy(nonce)
    fault = sampling.fault_of(nonce) if nonce else ""
    if fault:
        raise FreezeError(f"{fault} Enter it as the auditor gave it, or leave it empty.")
    if request is None:
        return BoundTo(nonce=nonce)
    if request.engagement_id != engagement.pk or request.asked_at > as_of:
        raise FreezeError(f"{request.ref} is no request of {engagement.ref} at that time.")
    own = PackAsk.objects.filter(request=request).values_list("nonce", flat=True).first()
    if own and nonce not in {"", own}:
        raise FreezeError(f"{request.ref} asks for another nonce. Leave the field empty.")
    return BoundTo(nonce=nonce or own or "", request=request.ref)


def _bind(pack: Pack, chosen: Selection, *, doer: str) -> LedgerEntry:
    bound_to = chosen.bound_to
    return ledger.append(
        "pack",
        subject=pack.ref,
        body={
            "engagement": pack.engagement.ref,
            "selection_sha256": pack.selection_digest,
            "as_of": ledger.stamp(pack.as_of),
            "sealed_at": ledger.stamp(pack.sealed_at),
            "nonce_sha256": digest(bound_to.nonce) if bound_to.nonce else None,
            "request": bound_to.request or None,
            **chosen.counts(),
        },
        actor=doer,
    )


def _select(engagement: Engagement, as_of: datetime, bound_to: BoundTo) -> Selection:
    report = coverage_of(engagement, as_of)
    expectations = [one for line in report.controls for one in line.expectations]
    places = {expectation.pk: place for place, expectation in enumerate(expectations)}
    known, gone = _without_disposed(_gather(engagement, as_of, places))
    found = _findings(engagement, as_of)
    people = {person for one in known for person in one.people} | found.people
    people |= sampled.people_of(engagement, as_of)
    requested = asked.requests_of(engagement, as_of)
    people |= requested.people
    facts = facts_of(engagement, as_of)
    return Selection(
        organisation=settings.ORGANISATION,
        time_zone=settings.ORGANISATION_TIME_ZONE,
        as_of=ledger.stamp(as_of),
        about=_about(engagement),
        criteria=tuple(
            selection.Criterion(line.ref, line.title, line.category, line.controls)
            for line in report.criteria
        ),
        controls=tuple(_controls(report)),
        expectations=tuple(
            selection.Expected(one.slug, one.title, one.control.ref, one.kind, one.cadence)
            for one in expectations
        ),
        months=tuple(month.isoformat() for month in report.months),
        totals={state.value: count for state, count in report.totals.items()},
        items=tuple(one.item() for one in known),
        shortfall=(*_lacks(report, places), *gone),
        findings=found.findings,
        people=_names(people | facts.people()),
        samples=sampled.records_of(engagement, as_of),
        requests=requested.requests,
        facts=facts,
        bound_to=bound_to,
        continued=continued.continued(engagement),
    )


def _names(people: Iterable[int]) -> dict[str, str]:
    """Return the names of people by how the log knows them."""
    known = User.objects.filter(pk__in=set(people)).order_by("pk")
    return {actor(person): person.full_name or person.email for person in known}


@dataclass(frozen=True)
class _Found:
    """The findings of an engagement, and the keys of all who spoke about them."""

    findings: tuple[selection.Finding, ...]
    people: frozenset[int]


def _findings(engagement: Engagement, as_of: datetime) -> _Found:
    """Return every finding that was open then, or settled: remediation takes none of them out."""
    refs = dict(findings.of_engagement(engagement).order_by("number").values_list("pk", "ref"))
    records = records_of(refs, as_of)
    speakers = [one.speaker for record in records.values() for one in record.entries]
    return _Found(
        tuple(
            selection.Finding(
                ref, records[pk].state, tuple(one.leaf for one in records[pk].entries)
            )
            for pk, ref in refs.items()
            if pk in records
        ),
        frozenset(key for key in speakers if key is not None),
    )


def _about(engagement: Engagement) -> selection.About:
    return selection.About(
        ref=engagement.ref,
        title=engagement.title,
        type=Engagement.Type(engagement.type).label,
        framework=f"{engagement.framework.title} ({engagement.framework.version})",
        firm=engagement.firm,
        categories=tuple(
            selection.Category(one.category, one.reason, one.ground)
            for one in engagement.categories.all()
        ),
        window_from=engagement.window_from.isoformat(),
        window_to=engagement.window_to.isoformat(),
    )


def _controls(report: CoverageReport) -> Iterator[selection.Control]:
    wordings = _wordings(report)
    for line in report.controls:
        yield selection.Control(
            ref=line.ref,
            title=line.title,
            criteria=line.criteria,
            versions=wordings.get(line.ref, ()),
            months=tuple(
                tuple(cell.counts.get(state, 0) for state in State) for cell in line.cells
            ),
        )


def _wordings(report: CoverageReport) -> Mapping[str, tuple[int, ...]]:
    """Return the versions of each control's wording that were in force on a day of the window."""
    rows = (
        ControlVersion.objects.filter(
            control__ref__in=[line.ref for line in report.controls],
            effective_from__lte=report.engagement.window_to,
        )
        .order_by("control__ref", "number")
        .values_list("control__ref", "number", "effective_from")
    )
    versions: dict[str, list[tuple[int, date]]] = defaultdict(list)
    for ref, number, effective_from in rows:
        # From its day on a version stands in for every earlier one that began no later.
        kept = [one for one in versions[ref] if one[1] < effective_from]
        versions[ref] = [*kept, (number, effective_from)]
    start = report.engagement.window_from
    return {ref: tuple(_in_force(numbers, start)) for ref, numbers in versions.items()}


def _in_force(numbers: Sequence[tuple[int, date]], start: date) -> Iterator[int]:
    for place, (number, _) in enumerate(numbers):
        following = numbers[place + 1][1] if place + 1 < len(numbers) else None
        if following is None or following > start:
            yield number


def _lacks(report: CoverageReport, places: Mapping[int, int]) -> Iterator[selection.Lack]:
    for one in report.shortfall:
        yield selection.Lack(
            expectation=places[one.expectation],
            start=one.start.isoformat(),
            end=one.end.isoformat(),
            due=one.due.isoformat(),
            state=one.state.value,
            reason=one.reason,
            evidence=one.evidence,
        )


def _without_disposed(
    known: Sequence[_Known],
) -> tuple[list[_Known], list[selection.Lack]]:
    """Part what can be packed from what was disposed of, which is listed instead."""
    said = disposed.all_sentences()
    gone = [
        selection.Lack(
            expectation=place,
            start=one.covers[0].isoformat(),
            end=one.covers[1].isoformat(),
            due=one.covers[1].isoformat(),
            state=selection.DISPOSED,
            reason=said[one.blob],
            evidence=(one.ref,),
        )
        for one in known
        if one.blob in said
        for place in one.expectations or [selection.NO_EXPECTATION]
    ]
    return [one for one in known if one.blob not in said], gone


def _gather(engagement: Engagement, as_of: datetime, places: Mapping[int, int]) -> list[_Known]:
    """Return the evidence of the engagement that was known then, in the order of its arrival."""
    ours = scope.evidence_of(engagement, as_of=as_of)
    if engagement.populations.exists() or engagement.walkthroughs.exists():
        # What was sealed or shown stays in, though its control may have left the scope since.
        ours |= sampled.evidence_of(engagement)
    ours = ours.filter(received_at__lte=as_of).order_by("id")
    rows = ours.values_list(
        "id",
        "ref",
        "ledger_entry_id",
        "superseded_by__received_at",
        "blob_id",
        "covers_from",
        "covers_to",
        "prepared_by_id",
    )
    known = {
        pk: _Known(
            ref, leaf, happened(next_at, as_of), blob, (first, last), people={prepared_by} - {None}
        )
        for pk, ref, leaf, next_at, blob, first, last, prepared_by in rows.iterator()
    }
    chosen = ours.order_by().values("id")
    claims = scope.claims_of(engagement).filter(evidence__in=chosen)
    for pk, expectation in claims.order_by("id").values_list("evidence_id", "expectation_id"):
        known[pk].expectations.append(places[expectation])
    results = CheckResult.objects.filter(evidence__in=chosen, ran_at__lte=as_of)
    for pk, leaf in results.values_list("evidence_id", "ledger_entry_id"):
        known[pk].leaves.append(leaf)
    reviews = Review.objects.filter(evidence__in=chosen, decided_at__lte=as_of).order_by("id")
    for pk, leaf, decision, reviewer in reviews.values_list(
        "evidence_id", "ledger_entry_id", "decision", "reviewer_id"
    ):
        known[pk].leaves.append(leaf)
        known[pk].decision = decision
        known[pk].people.add(reviewer)
    return list(known.values())
