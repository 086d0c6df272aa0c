"""Reverse tests in the auditors' door: ids into a list, and rows back to their source."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.models import User
from audits import reverse_exceptions, reverse_tests
from audits.errors import AuditsError, ReverseTestError
from audits.models import Engagement, ReverseTest, SealedPopulation
from compliance.portal import access, deviations
from compliance.portal.pages import show
from compliance.portal.reverse_forms import BackForm, ConditionForm, IntoForm, SourceForm
from compliance.portal.sample_forms import PortalForm
from evidence import exhibit


@access.for_auditor_deed
def into(request: HttpRequest, user: User, engagement: Engagement, number: int) -> HttpResponseBase:
    """Look up ids that were noted elsewhere."""
    sealed = get_object_or_404(access.populations(engagement), number=number)
    form = IntoForm(request.POST or None, population=sealed)

    def look_up() -> ReverseTest:
        said = form.cleaned_data
        return reverse_tests.look_up(
            sealed, text=said["ids"], seen=said["seen"], column=said["column"], by=user
        )

    return _made(request, user, sealed, form, look_up)


@access.for_auditor_deed
def back(request: HttpRequest, user: User, engagement: Engagement, number: int) -> HttpResponseBase:
    """Choose rows to be held against their source."""
    sealed = get_object_or_404(access.populations(engagement), number=number)
    form = BackForm(request.POST or None)

    def choose() -> ReverseTest:
        return reverse_tests.choose_rows(sealed, by=user, **form.chosen())

    return _made(request, user, sealed, form, choose)


@access.for_auditor_deed
def test(
    request: HttpRequest, user: User, engagement: Engagement, number: int, test: int
) -> HttpResponseBase:
    """Show a test line by line; its auditor records what the source showed."""
    made = _test(engagement, number, test)
    shown = reverse_exceptions.shown(made)
    may_test = _may_test(request, user, engagement)
    is_back = made.direction == ReverseTest.Direction.ACCURACY
    if request.method == "POST" and not is_back:
        raise Http404
    form = SourceForm(request.POST or None, lines=shown.lines) if is_back else None
    if form and form.is_valid():
        try:
            _record(request, made, form, by=user)
        except AuditsError as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("portal:reverse_test", engagement.ref, number, test)
    access.viewed(engagement, user, made.ref)
    said = made.said
    return show(
        request,
        "reverse_test",
        engagement,
        test=made,
        said=said,
        population=made.population,
        shown=shown,
        form=form,
        groups=_groups(made, form) if form else [],
        may_conclude=may_test,
        proof=exhibit.proof(made.ledger_entry),
    )


@access.for_auditor_deed
def finding(
    request: HttpRequest,
    user: User,
    engagement: Engagement,
    *,
    number: int,
    test: int,
    place: int,
) -> HttpResponseBase:
    """Open a finding of a line that does not fit."""
    made = _test(engagement, number, test)
    may_test = _may_test(request, user, engagement)
    try:
        line = reverse_exceptions.exception_at(made, place)
    except ReverseTestError:
        raise Http404 from None
    form = ConditionForm(request.POST or None, initial={"condition": line.words})
    if form.is_valid():
        try:
            opened = deviations.report(
                reverse_exceptions.deviation_of(
                    made, place=place, condition=form.cleaned_data["condition"], by=user
                )
            )
        except AuditsError as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("portal:finding", engagement.ref, opened.ref)
    access.viewed(engagement, user, reverse_exceptions.subject_of(made, place))
    return show(
        request,
        "reverse_finding",
        engagement,
        test=made,
        population=made.population,
        line=line,
        form=form,
        may_conclude=may_test,
    )


def _test(engagement: Engagement, number: int, test: int) -> ReverseTest:
    found = access.reverse_tests(engagement).select_related("ledger_entry")
    return get_object_or_404(found, population__number=number, number=test)


def _may_test(request: HttpRequest, user: User, engagement: Engagement) -> bool:
    """Say whether this person tests here today; for who does not, there is nothing to post to."""
    may_test = access.may_conclude(user, engagement) and not engagement.closed_at
    if request.method == "POST" and not may_test:
        raise Http404
    return may_test


def _made(
    request: HttpRequest,
    user: User,
    sealed: SealedPopulation,
    form: PortalForm,
    make: Callable[[], ReverseTest],
) -> HttpResponseBase:
    """Make a test from its form, or show the form."""
    engagement = sealed.engagement
    may_test = _may_test(request, user, engagement)
    if form.is_valid():
        try:
            made = make()
        except AuditsError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, f"{made.ref} is recorded and in the log.")
            return redirect("portal:reverse_test", engagement.ref, sealed.number, made.number)
    name = "into" if isinstance(form, IntoForm) else "back"
    access.viewed(engagement, user, f"{sealed.ref}/{name}")
    return show(
        request,
        f"reverse_{name}",
        engagement,
        population=sealed,
        form=form,
        may_conclude=may_test,
    )


def _record(request: HttpRequest, made: ReverseTest, form: SourceForm, *, by: User) -> None:
    entry = reverse_tests.record_source(made, results=form.results(), by=by)
    if entry:
        messages.success(request, f"Recorded as entry {entry.number} of the test.")
    else:
        messages.info(request, "Nothing had changed, so nothing was recorded.")


def _groups(made: ReverseTest, form: SourceForm) -> list[object]:
    try:
        cells = reverse_tests.cells_of(made)
    except ReverseTestError as error:
        form.add_refusal(error)
        cells = {}
    return list(form.groups(made.population.said["columns"], cells))
