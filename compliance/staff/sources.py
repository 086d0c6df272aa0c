"""Deeds about sources in the staff door: connect, change, try, ask now, enable and disable."""

from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.access import actor
from accounts.capabilities import Capability
from collectors import connections, registry, trial
from collectors.connections import Wishes
from collectors.errors import CollectorError
from collectors.models import Source
from collectors.registry import Collector
from compliance.staff.base import REFUSALS, attempt, person
from compliance.staff.collectors import facts_of
from compliance.staff.settings_form import SourceForm
from compliance.staff.site import DO, READ, READ_AND_DO, site
from controls.models import Expectation

_PAGE = "collectors/source/<int:pk>/"
_BEGUN = ("title", "slug", "setting_url")


@site.page(
    "collectors/source/add/", name="source_choose", needs=Capability.MANAGE_SOURCES, methods=READ
)
def choose(request: HttpRequest) -> HttpResponseBase:
    """Show every collector with what it asks and needs, to choose one."""
    context = {"title": "Connect a source", "collectors": registry.collectors().values()}
    return site.render(request, "staff/source_choose.html", context)


@site.page(
    "collectors/source/add/<slug:slug>/",
    name="source_connect",
    needs=Capability.MANAGE_SOURCES,
    methods=READ_AND_DO,
)
def connect(request: HttpRequest, slug: str) -> HttpResponseBase:
    try:
        collector = registry.get(slug)
    except CollectorError as error:
        raise Http404(str(error)) from error
    named = Q(collector="", slug__in=request.GET.getlist("serves"))
    serving = Expectation.objects.filter(Q(collector=slug) | named).values_list("pk", flat=True)
    initial = {
        "title": collector.declared.title,
        "slug": slug,
        "schedule": collector.declared.schedule,
        "time_zone": settings.ORGANISATION_TIME_ZONE,
        "expectations": list(serving),
    }
    # Other pages lead here with what they know already, such as the status page of a vendor.
    begun = {name: request.GET[name] for name in _BEGUN if name in request.GET}
    form = SourceForm(request.POST or None, collector=collector, initial=initial | begun)
    if form.is_valid():
        try:
            source = connections.connect(
                slug,
                slug=form.cleaned_data["slug"],
                wishes=_wishes(form),
                by=actor(person(request)),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:collectors_source_change", source.pk)
    return _form_page(request, form, collector, title=f"Connect: {collector.declared.title}")


@site.page(
    f"{_PAGE}change/", name="source_edit", needs=Capability.MANAGE_SOURCES, methods=READ_AND_DO
)
def change(request: HttpRequest, pk: int) -> HttpResponseBase:
    source = get_object_or_404(Source, pk=pk)
    try:
        collector = registry.get(source.collector)
    except CollectorError as error:
        raise Http404(str(error)) from error
    initial = {
        "title": source.title,
        "environment": source.environment,
        "schedule": source.schedule,
        "time_zone": source.time_zone,
        "expectations": list(source.expectations.values_list("pk", flat=True)),
    }
    form = SourceForm(request.POST or None, collector=collector, source=source, initial=initial)
    if form.is_valid():
        try:
            connections.change(source, wishes=_wishes(form), by=actor(person(request)))
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:collectors_source_change", pk)
    return _form_page(request, form, collector, title=f"Change {source.title}", source=source)


@site.page(f"{_PAGE}collect/", name="source_collect", needs=Capability.RUN_COLLECTOR, methods=DO)
def collect(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Have the source asked at once; the answer comes as a job, whose page shows its progress."""
    source = get_object_or_404(Source, pk=pk)
    by = actor(person(request))
    job = attempt(
        request,
        lambda: connections.ask_now(source, by=by),
        done=f"{source.title} is being asked.",
    )
    return redirect("admin:job", job.pk) if job else redirect("admin:collectors_source_change", pk)


@site.page(f"{_PAGE}try/", name="source_try", needs=Capability.RUN_COLLECTOR, methods=DO)
def try_connection(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Try the connection and show what came; nothing is kept."""
    source = get_object_or_404(Source, pk=pk)
    context = {
        "title": source.title,
        "row": source,
        "outcome": trial.try_connection(source),
        **facts_of(source, request),
    }
    return site.render(request, "staff/source.html", context)


@site.page(f"{_PAGE}enable/", name="source_enable", needs=Capability.MANAGE_SOURCES, methods=DO)
def enable(request: HttpRequest, pk: int) -> HttpResponseBase:
    source = get_object_or_404(Source, pk=pk)
    by = actor(person(request))
    attempt(request, lambda: connections.enable(source, by=by), done="The source is enabled.")
    return redirect("admin:collectors_source_change", pk)


@site.page(f"{_PAGE}disable/", name="source_disable", needs=Capability.MANAGE_SOURCES, methods=DO)
def disable(request: HttpRequest, pk: int) -> HttpResponseBase:
    source = get_object_or_404(Source, pk=pk)
    by = actor(person(request))
    attempt(
        request,
        lambda: connections.disable(source, by=by),
        done="The source is disabled. What it does not give will show as missed.",
    )
    return redirect("admin:collectors_source_change", pk)


def _wishes(form: SourceForm) -> Wishes:
    wanted = form.cleaned_data
    return Wishes(
        title=wanted["title"],
        values=form.values,
        schedule=wanted["schedule"],
        time_zone=wanted["time_zone"],
        environment=wanted["environment"],
        expectations=tuple(wanted["expectations"]),
    )


def _form_page(
    request: HttpRequest,
    form: SourceForm,
    collector: Collector,
    *,
    title: str,
    source: Source | None = None,
) -> HttpResponseBase:
    cancel = (
        reverse("admin:collectors_source_change", args=[source.pk])
        if source
        else reverse("admin:source_choose")
    )
    context: dict[str, Any] = {
        "title": title,
        "form": form,
        "collector": collector,
        "cancel": cancel,
        "button": "Save" if source else "Connect",
    }
    return site.render(request, "staff/source_form.html", context)
