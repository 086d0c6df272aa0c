"""The log and its anchors in the staff door: is it signed, was it checked, who else holds it."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.access import actor, can
from accounts.capabilities import Capability
from compliance.staff.base import attempt, person, typed
from compliance.staff.log_keys import recent_cosignatures
from compliance.staff.site import DO, READ, site
from evidence import anchoring, anchors, checkpoint, restart, verification
from evidence.log_models import LogCheck, LogRestart, TimeStamp
from evidence.models import Checkpoint
from evidence.standing import of_log

SHOWN = 25


@site.page("log/", name="log", needs=Capability.VIEW, methods=READ)
def page(request: HttpRequest) -> HttpResponseBase:
    """Show how it stands with the log, and where its checkpoints were left."""
    check = LogCheck.objects.first()
    context = {
        "title": "Log and anchors",
        "log": of_log(),
        "checkpoint": Checkpoint.objects.first(),
        "vkey": checkpoint.vkey(),
        "places": anchoring.standings(),
        "known": [place.TITLE for place in anchors.places().values()],
        "check": check,
        "problems": list(check.problems.all()[:SHOWN]) if check else [],
        "restarts": list(LogRestart.objects.select_related("by")[:SHOWN]),
        "tokens": list(TimeStamp.objects.select_related("checkpoint").order_by("-pk")[:SHOWN]),
        "cosignatures": recent_cosignatures(),
        "may_manage": can(request.user, Capability.MANAGE_LOG),
    }
    return site.render(request, "staff/log.html", context)


@site.page("log/tokens/<int:pk>/", name="log_token", needs=Capability.VIEW, methods=READ)
def token(_request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand a time-stamp over as the file that `openssl ts -verify` reads."""
    found = get_object_or_404(TimeStamp.objects.select_related("checkpoint"), pk=pk)
    name = f"checkpoint-{found.checkpoint.size}-{found.pk}.tsr"
    return HttpResponse(
        bytes(found.token),
        content_type="application/timestamp-reply",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@site.page("log/resume/", name="log_resume", needs=Capability.MANAGE_LOG, methods=DO, fresh=True)
def resume(request: HttpRequest) -> HttpResponseBase:
    attempt(
        request,
        lambda: restart.resume_log(by=person(request), reason=typed(request, "reason")),
        done="The log is signed again. Tell everybody who holds a later checkpoint.",
    )
    return redirect("admin:log")


@site.page("log/anchor/", name="log_anchor", needs=Capability.MANAGE_LOG, methods=DO)
def anchor(request: HttpRequest) -> HttpResponseBase:
    by = actor(person(request))
    attempt(
        request,
        lambda: anchoring.enqueue(checkpoint.sign(), requested_by=by),
        done="The log was signed; its checkpoint is on the way to every place.",
    )
    return redirect("admin:log")


@site.page("log/check/", name="log_check", needs=Capability.MANAGE_LOG, methods=DO)
def check_now(request: HttpRequest) -> HttpResponseBase:
    attempt(
        request,
        lambda: verification.ask(requested_by=actor(person(request))),
        done="The check of the log goes on in the background.",
    )
    return redirect("admin:log")
