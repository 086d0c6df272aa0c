"""What a token may see and do: every query of this door starts here, with its scope."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db import transaction
from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery
from django.shortcuts import get_object_or_404

from accounts import journal, tokens
from accounts.models import ApiToken
from accounts.tokens import Scope
from audits.models import Draw, Engagement, EvidenceRequest, Finding, SealedPopulation
from audits.requests import with_state
from collectors.models import Run, Source
from compliance.api.errors import Refusal
from controls.errors import ControlsError
from controls.models import Control, ControlVersion, Expectation, Risk
from evidence.models import Claim, Evidence, Review
from readiness.errors import ReadinessError
from readiness.survey import Survey


def evidence_by_token(token: ApiToken) -> QuerySet[Evidence]:
    """Return all versions with what is said of them in lists; ScopeError without evidence:read."""
    tokens.require(token, Scope.READ_EVIDENCE)
    latest = Review.objects.filter(evidence=OuterRef("pk")).order_by("-id").values("decision")[:1]
    # By number, for an index of `supersedes` holds hardly a value, and SQLite would not trust it.
    newer = Evidence.objects.filter(uid=OuterRef("uid"), version=OuterRef("version") + 1)
    return receipts(Evidence.objects.all()).annotate(
        latest_decision=Subquery(latest), newer_ref=Subquery(newer.values("ref")[:1])
    )


def receipts(rows: QuerySet[Evidence]) -> QuerySet[Evidence]:
    """Fetch along what never changes about a version, without the text of its leaf."""
    claims = Claim.objects.select_related("expectation").order_by("expectation__slug")
    return (
        rows.select_related("related_risk", "supersedes", "ledger_entry")
        .annotate(size=F("blob__size"))
        .defer("ledger_entry__leaf", "ledger_entry__leaf_hash")
        .prefetch_related(Prefetch("claims", queryset=claims, to_attr="claimed"), "tags")
    )


def as_handed_in(
    evidence: Evidence, *, size: int, claims: Iterable[Expectation], tags: Mapping[str, str]
) -> Evidence:
    """Attach to a version what its sender has just told, which `receipts` would have to fetch."""
    slugs = sorted(expectation.slug for expectation in claims)
    vars(evidence).update(size=size, claimed_slugs=slugs, told_tags=dict(tags))
    return evidence


def may_write_evidence(token: ApiToken) -> str:
    """Return the token's name as an actor; ScopeError without evidence:write."""
    tokens.require(token, Scope.WRITE_EVIDENCE)
    return tokens.name(token)


def log_by_token(token: ApiToken) -> None:
    """Allow reading the log's proofs and checkpoints; ScopeError without evidence:read."""
    tokens.require(token, Scope.READ_EVIDENCE)


def controls_by_token(token: ApiToken, *, on: date) -> QuerySet[Control]:
    """Return the controls with what they expect and their wording of a day."""
    tokens.require(token, Scope.READ_CONTROLS)
    in_force = ControlVersion.objects.filter(control=OuterRef("pk"), effective_from__lte=on)
    newest = in_force.order_by("-number")
    return Control.objects.annotate(
        statement=Subquery(newest.values("statement")[:1]),
        version=Subquery(newest.values("number")[:1]),
        effective_from=Subquery(newest.values("effective_from")[:1]),
    ).prefetch_related("criteria__framework", "expectations")


def runs_by_token(token: ApiToken) -> QuerySet[Run]:
    """Return all runs, newest first; ScopeError without runs:read."""
    tokens.require(token, Scope.READ_RUNS)
    return Run.objects.select_related("source", "evidence")


def findings_by_token(token: ApiToken) -> QuerySet[Finding]:
    """Return all findings with their standing; ScopeError without findings:read."""
    tokens.require(token, Scope.READ_FINDINGS)
    return Finding.objects.select_related("standing", "engagement")


def survey_by_token(token: ApiToken) -> Survey:
    """Return a look at the whole programme; ScopeError without readiness:read.

    A fault in the files of the programme is refused as what it is: nobody can judge by them.
    """
    tokens.require(token, Scope.READ_READINESS)
    try:
        return Survey()
    except (ReadinessError, ControlsError) as fault:
        message = "The files of the programme cannot be read; the readiness page says which."
        raise Refusal(503, "programme_unreadable", message) from fault


def engagement_named(ref: str) -> Engagement | None:
    return Engagement.objects.filter(ref=ref).first()


def engagements_by_token(token: ApiToken) -> QuerySet[Engagement]:
    """Return all engagements with their categories; ScopeError without engagements:read."""
    tokens.require(token, Scope.READ_ENGAGEMENTS)
    return Engagement.objects.select_related("framework").prefetch_related("categories")


def requests_by_token(token: ApiToken, engagement: str) -> QuerySet[EvidenceRequest]:
    """Return the requests of an engagement with their states; ScopeError without requests:read."""
    tokens.require(token, Scope.READ_REQUESTS)
    ours = EvidenceRequest.objects.filter(engagement=_known(engagement))
    return with_state(ours).select_related("engagement", "owner", "asked_by", "expectation")


def populations_by_token(token: ApiToken, engagement: str) -> QuerySet[SealedPopulation]:
    """Return what was sealed for an engagement; ScopeError without samples:read."""
    tokens.require(token, Scope.READ_SAMPLES)
    ours = SealedPopulation.objects.filter(engagement=_known(engagement))
    return ours.select_related("engagement", "control", "evidence")


def draws_by_token(token: ApiToken, engagement: str, population: int) -> QuerySet[Draw]:
    """Return every draw from one sealed population; ScopeError without samples:read."""
    of = get_object_or_404(populations_by_token(token, engagement), number=population)
    ours = Draw.objects.filter(population=of)
    return ours.select_related("population__evidence__population", "population__engagement")


def _known(engagement: str) -> Engagement:
    """Return the engagement that an address names, for a token that was let in."""
    return get_object_or_404(Engagement, ref=engagement)


def expectations_named(slugs: Iterable[str]) -> dict[str, Expectation]:
    """Return the expectations of these slugs as far as they exist; for a call let in before."""
    wanted = set(slugs)
    return {one.slug: one for one in Expectation.objects.filter(slug__in=wanted)} if wanted else {}


def expectations_of(control_ref: str) -> list[int]:
    """Return the keys of what a control expects; empty for an unknown control too."""
    named = Expectation.objects.filter(control__ref=control_ref)
    return list(named.values_list("pk", flat=True))


def source_named(slug: str) -> Source | None:
    return Source.objects.filter(slug=slug).first()


def risk_named(ref: str) -> Risk | None:
    return Risk.objects.filter(ref=ref).first()


def version_named(ref: str) -> Evidence | None:
    return Evidence.objects.filter(ref=ref).first()


def note_rows(draw: Draw, token: ApiToken, rows: Sequence[int]) -> None:
    """Leave a leaf that says which token was shown which rows of a table."""
    with transaction.atomic():
        journal.tell(
            "access",
            subject=draw.ref,
            body={"what": "rows", "from": rows[0], "to": rows[-1], "count": len(rows)},
            actor=tokens.name(token),
        )


def note_download(evidence: Evidence, token: ApiToken) -> None:
    """Leave a leaf that says which token was handed an item's bytes, before they leave."""
    with transaction.atomic():
        journal.tell(
            "access",
            subject=evidence.ref,
            body={"what": "download", "sha256": evidence.blob_id},
            actor=tokens.name(token),
        )
