"""What was sealed for an audit, and the form by which its auditor draws from it."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.models import User
from audits import draws, reverse_exceptions, walkthroughs
from audits.confidence import Frequency
from audits.errors import AuditsError
from audits.models import Draw, Engagement, SealedPopulation
from audits.sampling import Method
from compliance.portal import access
from compliance.portal.pages import show
from compliance.portal.sample_forms import DrawForm
from evidence import exhibit

_SHOWN = 200


@access.for_auditor
def populations(request: HttpRequest, user: User, engagement: Engagement) -> HttpResponse:
    """List the populations of the audit with what was drawn from each."""
    rows = access.populations(engagement).annotate(drawn=Count("draws")).order_by("-number")
    access.viewed(engagement, user, f"{engagement.ref} populations")
    return show(
        request,
        "populations",
        engagement,
        rows=[(one, one.said) for one in rows[:_SHOWN]],
        more=max(0, rows.count() - _SHOWN),
    )


@access.for_auditor_deed
def population(
    request: HttpRequest, user: User, engagement: Engagement, number: int
) -> HttpResponseBase:
    """Show how whole a population is; its auditor enters a nonce and draws."""
    sealed = get_object_or_404(access.populations(engagement), number=number)
    made = list(sealed.draws.select_related("drawn_by").defer("record").order_by("-number"))
    form = _form(request, user, sealed, made)
    if form and form.is_valid():
        try:
            drawn = _drawn(form, sealed, by=user)
        except AuditsError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, f"{drawn.ref} is drawn and in the log.")
            return redirect("portal:draw", engagement.ref, number, drawn.number)
    access.viewed(engagement, user, sealed.ref)
    said = sealed.said
    return show(
        request,
        "population",
        engagement,
        population=sealed,
        said=said,
        retrieved_at=datetime.fromisoformat(said["retrieved_at"]),
        frequency=Frequency(said["frequency"]).words,
        draws=[(one, Method(one.method).words) for one in made],
        form=form,
        reverse_tests=_reverse_tests(engagement, number),
        may_conclude=access.may_conclude(user, engagement) and not engagement.closed_at,
        is_walked=walkthroughs.is_walked(engagement, sealed.control),
        proof=exhibit.proof(sealed.ledger_entry),
    )


def _reverse_tests(engagement: Engagement, number: int) -> list[reverse_exceptions.Shown]:
    made = access.reverse_tests(engagement).filter(population__number=number)
    return reverse_exceptions.summed(made.order_by("-number")[:_SHOWN])


def _form(
    request: HttpRequest, user: User, sealed: SealedPopulation, made: Sequence[Draw]
) -> DrawForm | None:
    """Return the form for those who may draw where there is anything to draw."""
    if not access.may_conclude(user, sealed.engagement) or not sealed.row_count:
        return None
    if sealed.engagement.closed_at:
        return None
    proposal = draws.proposal_of(sealed)
    return DrawForm(request.POST or None, proposal=proposal, is_first=not made)


def _drawn(form: DrawForm, sealed: SealedPopulation, *, by: User) -> Draw:
    said = form.cleaned_data
    return draws.draw_sample(
        sealed,
        nonce=said["nonce"],
        method=Method(said["method"]),
        size=said["size"],
        reason=said.get("reason", ""),
        by=by,
    )
