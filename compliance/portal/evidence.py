"""Evidence as an auditor reads it: the list, one item with its IPE record, and its bytes."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts.models import User
from audits.models import Engagement
from compliance import delivery
from compliance.portal import access, listing
from compliance.portal.pages import show
from evidence import exhibit, handling
from evidence.errors import BlobDisposedError, SealError, StoreError
from evidence.models import Evidence


@access.for_auditor
def evidence_list(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """List the items in scope, the latest first; by control, and from an item on."""
    expected = access.expected_of_controls(engagement)
    controls = list(expected)
    control = listing.chosen(controls, request.GET.get("control", ""))
    before = listing.place(request.GET.get("before", ""))
    narrowed = listing.Narrowed(control.ref, expected[control]) if control else None
    page = listing.read(engagement, narrowed=narrowed, before=before)
    access.viewed(engagement, user, f"{engagement.ref} evidence")
    return show(
        request,
        "evidence_list",
        engagement,
        rows=page.rows,
        following=page.following,
        controls=controls,
        control=control,
        is_first=before is None,
    )


@access.for_auditor
def item(request: HttpRequest, user: User, engagement: Engagement, item_ref: str) -> HttpResponse:
    """Show all that is known of one item."""
    ours = access.evidence(engagement)
    found = get_object_or_404(
        ours.select_related(
            "blob", "ledger_entry", "related_risk", "prepared_by", "population", "superseded_by"
        ),
        ref=item_ref,
    )
    access.viewed(engagement, user, found.ref)
    population = getattr(found, "population", None)
    reviews = list(found.reviews.select_related("reviewer"))
    return show(
        request,
        "evidence",
        engagement,
        item=found,
        population=population,
        ipe=exhibit.described(population.ipe) if population else [],
        method=exhibit.method(found),
        requests=access.requests_answered(engagement, found),
        criteria=access.criteria_served(engagement, found),
        taken_away=handling.taken_away(found.handling),
        preview=exhibit.preview(population) if population else None,
        results=exhibit.results(found),
        reviews=reviews,
        standing=listing.standing(found, reviews),
        claims=access.claims(engagement)
        .filter(evidence=found)
        .select_related("expectation__control")
        .order_by("expectation__control__ref", "pk"),
        versions=list(ours.filter(uid=found.uid).order_by("-version")),
        proof=exhibit.proof(found.ledger_entry),
        agrees=exhibit.agrees_with_leaf(found),
    )


@access.for_auditor
def content(
    request: HttpRequest, user: User, engagement: Engagement, item_ref: str
) -> HttpResponseBase:
    """Hand the original bytes over as a file."""
    found = get_object_or_404(access.evidence(engagement).select_related("blob"), ref=item_ref)
    return hand_over(request, user, engagement, found, subject=found.ref)


def hand_over(
    request: HttpRequest, user: User, engagement: Engagement, evidence: Evidence, *, subject: str
) -> HttpResponseBase:
    """Send stored bytes; what cannot be read was not taken away, and is said."""
    try:
        response = delivery.attachment(request, evidence)
    except (StoreError, SealError) as error:
        is_gone = isinstance(error, BlobDisposedError)
        about = {"subject": subject, "reason": error, "is_gone": is_gone}
        return show(request, "unreadable", engagement, status=410 if is_gone else 503, **about)
    if response.streaming:
        access.downloaded(engagement, user, subject)
    return response
