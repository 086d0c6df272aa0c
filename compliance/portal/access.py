"""Answers "may this auditor see that?"; every query of the portal goes through here.

What somebody may not see does not exist for them: the answer is 404, never 403.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import access, access_log, rooms, scope
from audits.coverage import Occurrence
from audits.findings import as_known, of_occurrence
from audits.models import (
    AccessNote,
    AnswerItem,
    Draw,
    Engagement,
    EvidenceRequest,
    Finding,
    Pack,
    RequestImport,
    ReverseTest,
    SealedPopulation,
    Walkthrough,
)
from audits.requests import with_state
from compliance.portal.pages import show
from controls.models import Control
from evidence.models import Claim, Evidence

View = Callable[..., HttpResponseBase]


def engagements(user: User) -> QuerySet[Engagement]:
    """Return the engagements of an auditor, the latest window first; `until` when access ends."""
    # The same join that lets them in, so it is the membership of today.
    mine = access.for_user(user).annotate(until=F("members__access_until"))
    return mine.select_related("framework").order_by("-window_to", "-pk")


def closed(user: User) -> QuerySet[Engagement]:
    """Return the engagements of an auditor whose rooms have closed, the latest first."""
    return access.closed_to(user).order_by("-room_until", "-pk")


def controls(engagement: Engagement) -> QuerySet[Control]:
    """Return the controls in scope of an engagement."""
    mapped = scope.criteria_of(engagement).order_by().values("mappings__control")
    return Control.objects.filter(pk__in=mapped)


def evidence(engagement: Engagement) -> QuerySet[Evidence]:
    """Return the items in scope of an engagement: the same that `audits.access` names.

    The question is put to each row, so that a list read from its newest end stops with its page.
    """
    of_any_version = claims(engagement).filter(evidence__uid=OuterRef("uid"))
    answering = answers(engagement).filter(evidence__uid=OuterRef("uid"))
    return Evidence.objects.filter(Exists(of_any_version) | Exists(answering))


def claims(engagement: Engagement) -> QuerySet[Claim]:
    """Return what items claim in scope of an engagement; other claims of theirs are not shown."""
    return scope.claims_of(engagement)


def expected_of_controls(engagement: Engagement) -> dict[Control, dict[int, str]]:
    """Return the controls in scope by reference, with keys and cadences of their expectations."""
    found: dict[Control, dict[int, str]] = {}
    rows = controls(engagement).annotate(
        expected=F("expectations__pk"), cadence=F("expectations__cadence")
    )
    for control in rows.order_by("ref"):
        rhythms = found.setdefault(control, {})
        if control.expected is not None:
            rhythms[control.expected] = control.cadence
    return found


def claims_to(engagement: Engagement, expectation: int, *, cadence: str) -> QuerySet[Claim]:
    """Return what items claim of one expectation of a control in scope.

    The days are hidden from the planner, so that the newest items are met along the index of the
    expectation, and the reading ends with the page.
    """
    first, last = Coalesce("covers_from", "covers_from"), Coalesce("covers_to", "covers_to")
    of_window = Claim.objects.filter(expectation=expectation).alias(first=first, last=last)
    since = scope.first_day(engagement, cadence)
    return of_window.filter(first__lte=engagement.window_to, last__gte=since)


def findings(engagement: Engagement) -> QuerySet[Finding]:
    """Return the findings of an engagement."""
    return Finding.objects.filter(engagement=engagement).select_related("standing")


def findings_known(engagement: Engagement, as_of: datetime | None) -> QuerySet[Finding]:
    """Return the findings that were known at a moment, with their states of then as `was`."""
    return as_known(engagement, as_of)


def findings_of(
    engagement: Engagement, occurrence: Occurrence, as_of: datetime | None
) -> QuerySet[Finding]:
    """Return the findings of one expected time that were known at a moment."""
    one = occurrence
    return of_occurrence(engagement, one.slug, one.start, one.end, as_of)


def answers(engagement: Engagement) -> QuerySet[AnswerItem]:
    """Return what was handed over in answer to requests of an engagement."""
    return scope.answers_of(engagement)


def criteria_served(engagement: Engagement, item: Evidence) -> list[str]:
    """Return the criteria in scope that the claims of an item serve, in their order."""
    served = claims(engagement).filter(evidence=item).order_by().values("expectation__control")
    mine = scope.criteria_of(engagement).filter(mappings__control__in=served)
    return list(mine.values_list("ref", flat=True).distinct())


def requests_answered(engagement: Engagement, item: Evidence) -> list[int]:
    """Return the numbers of the requests that an item was handed over for."""
    mine = answers(engagement).filter(evidence=item).order_by("entry__request__number")
    return list(mine.values_list("entry__request__number", flat=True).distinct())


def packs(engagement: Engagement) -> QuerySet[Pack]:
    """Return the packs of an engagement that are ready to be taken away."""
    ready = Pack.objects.filter(engagement=engagement, file__isnull=False)
    return ready.select_related("file__evidence__blob", "checkpoint", "engagement")


def requests(engagement: Engagement) -> QuerySet[EvidenceRequest]:
    """Return the requests of an engagement with their states."""
    return with_state(EvidenceRequest.objects.filter(engagement=engagement)).select_related(
        "engagement", "owner", "asked_by"
    )


def staged_lists(engagement: Engagement, user: User) -> QuerySet[RequestImport]:
    """Return the lists that this person uploaded for an engagement."""
    return RequestImport.objects.filter(engagement=engagement, by=user).select_related("engagement")


def for_auditor(view: View) -> View:
    """Open a page to signed-in auditors; one with `ref` only to those of that engagement."""
    return login_required(require_safe(never_cache(_guarded(view))))


def for_auditor_deed(view: View) -> View:
    """Open a page on which an auditor acts: it is shown by GET, and does its deed by POST."""
    methods = require_http_methods(["GET", "HEAD", "POST"])
    return login_required(methods(never_cache(csrf_protect(_guarded(view)))))


def populations(engagement: Engagement) -> QuerySet[SealedPopulation]:
    """Return what was sealed for an engagement."""
    ours = SealedPopulation.objects.filter(engagement=engagement)
    return ours.select_related("engagement", "control", "evidence__population", "sealed_by")


def draws(engagement: Engagement) -> QuerySet[Draw]:
    """Return every draw of an engagement."""
    ours = Draw.objects.filter(population__engagement=engagement)
    return ours.select_related(
        "population__engagement",
        "population__control",
        "population__evidence__population",
        "drawn_by",
    )


def reverse_tests(engagement: Engagement) -> QuerySet[ReverseTest]:
    """Return every reverse test of an engagement, in the order in which they were made."""
    ours = ReverseTest.objects.filter(population__engagement=engagement)
    return ours.select_related("population__engagement", "population__control", "made_by")


def walkthroughs(engagement: Engagement, control: Control) -> QuerySet[Walkthrough]:
    """Return the walkthroughs of a control, the latest first."""
    ours = Walkthrough.objects.filter(engagement=engagement, control=control)
    return ours.select_related("made_by")


def may_conclude(user: User, engagement: Engagement) -> bool:
    """Say whether this person draws samples and records results here."""
    return access.may_conclude(user, engagement)


def _guarded(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: str) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User) or not can(user, Capability.OPEN_PORTAL):
            raise Http404
        if "ref" not in kwargs:
            return view(request, user, *args, **kwargs)
        ref = kwargs.pop("ref")
        engagement = engagements(user).filter(ref=ref).first()
        if engagement is None:
            return _closed_door(request, user, ref)
        return view(request, user, engagement, *args, **kwargs)

    return guarded


def _closed_door(request: HttpRequest, user: User, ref: str) -> HttpResponseBase:
    """Tell a member that the room has closed and whom to ask; to anybody else it does not exist."""
    found = closed(user).filter(ref=ref).first()
    if found is None:
        raise Http404
    return show(request, "room_closed", status=410, found=found, keeper=rooms.keeper(found))


def viewed(engagement: Engagement, user: User, subject: str) -> None:
    """Note that an auditor looked at something; once a day for each subject."""
    access_log.note(engagement, user, AccessNote.What.VIEW, subject)


def downloaded(engagement: Engagement, user: User, subject: str) -> None:
    """Note that an auditor took something away; every time."""
    access_log.note(engagement, user, AccessNote.What.DOWNLOAD, subject)
