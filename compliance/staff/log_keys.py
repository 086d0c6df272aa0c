"""The key of the log in the staff door: who signs, who signed before, what two people decide."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from accounts.access import can
from accounts.capabilities import Capability
from compliance.staff.base import attempt, person, typed
from compliance.staff.forms import MomentField
from compliance.staff.site import DO, READ, site
from evidence import checkpoint, cosigning, keepers, keys, rotation, signing
from evidence.errors import SealError, SigningRefusedError
from evidence.key_history import read as read_events
from evidence.key_models import Cosignature, KeyDecision, KeyProposal

SHOWN = 25


class _Rotation(forms.Form):
    reason = forms.CharField(max_length=2000)
    overlap_days = forms.IntegerField(min_value=0, max_value=rotation.LONGEST_OVERLAP)
    keeps_old = forms.BooleanField(required=False)


class _Revocation(forms.Form):
    reason = forms.CharField(max_length=2000)
    compromised_at = MomentField()
    vkey = forms.CharField(required=False)


@site.page("log/keys/", name="log_keys", needs=Capability.VIEW, methods=READ)
def page(request: HttpRequest) -> HttpResponseBase:
    """Show the key of the log, those before it, and what waits for a second person."""
    me = person(request)
    proposals = rotation.open_proposals()
    for one in proposals:
        one.may_confirm = rotation.may_decide(one, me)  # type: ignore[attr-defined]
    try:
        spans, damage = keys.ring().spans, ""
    except SealError as error:
        spans, damage = (), str(error)
    decided = KeyDecision.objects.select_related("proposal__by", "by")
    context = {
        "title": "Key of the log",
        "vkey": checkpoint.vkey(),
        "spans": list(reversed(spans)),
        "damage": damage,
        "refusal": signing.key_refusal(),
        "keeper": keepers.in_use(),
        "keeper_problem": keepers.in_use().problem(),
        "overlap": _overlap(),
        "proposals": proposals,
        "decisions": list(decided[:SHOWN]),
        "longest_overlap": rotation.LONGEST_OVERLAP,
        "may_manage": can(me, Capability.MANAGE_LOG),
    }
    return site.render(request, "staff/log_keys.html", context)


@site.page(
    "log/keys/rotate/", name="log_key_rotate", needs=Capability.MANAGE_LOG, methods=DO, fresh=True
)
def rotate(request: HttpRequest) -> HttpResponseBase:
    form = _Rotation(request.POST)
    if told := _asked(request, form):
        attempt(
            request,
            lambda: rotation.propose_rotation(by=person(request), **told),
            done="Proposed. Another administrator confirms it, or the command confirm_key.",
        )
    return redirect("admin:log_keys")


@site.page(
    "log/keys/revoke/", name="log_key_revoke", needs=Capability.MANAGE_LOG, methods=DO, fresh=True
)
def revoke(request: HttpRequest) -> HttpResponseBase:
    form = _Revocation(request.POST)
    if told := _asked(request, form):
        attempt(
            request,
            lambda: rotation.propose_revocation(by=person(request), **told),
            done="Proposed. Where it is the key of now, nothing is signed until it is decided.",
        )
    return redirect("admin:log_keys")


@site.page(
    "log/keys/confirm/", name="log_key_confirm", needs=Capability.MANAGE_LOG, methods=DO, fresh=True
)
def confirm(request: HttpRequest) -> HttpResponseBase:
    attempt(
        request,
        lambda: rotation.confirm(
            _proposal(request), by=person(request), reason=typed(request, "reason")
        ),
        done="Done, and recorded in the log. Tell your auditors.",
    )
    return redirect("admin:log_keys")


@site.page(
    "log/keys/decline/", name="log_key_decline", needs=Capability.MANAGE_LOG, methods=DO, fresh=True
)
def decline(request: HttpRequest) -> HttpResponseBase:
    attempt(
        request,
        lambda: rotation.decline(
            _proposal(request), by=person(request), reason=typed(request, "reason")
        ),
        done="Declined.",
    )
    return redirect("admin:log_keys")


@site.page("log/checkpoint.txt", name="log_checkpoint", needs=Capability.VIEW, methods=READ)
def newest(request: HttpRequest) -> HttpResponseBase:
    """Hand the newest checkpoint over, for an auditor to keep or a witness to cosign."""
    try:
        signed = checkpoint.newest()
    except SigningRefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:log")
    name = f"checkpoint-{signed.size}.txt"
    return HttpResponse(
        checkpoint.served(signed),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@site.page("log/cosign/", name="log_cosign", needs=Capability.MANAGE_LOG, methods=DO)
def cosign(request: HttpRequest) -> HttpResponseBase:
    """Take in a note that a witness has cosigned, pasted or as a file."""
    note = request.POST.get("note", "").replace("\0", "")
    given = request.FILES.get("file")
    if given and (given.size or 0) <= cosigning.LONGEST_NOTE:
        note = given.read().decode("utf-8", "replace")
    elif given:
        note = " " * (cosigning.LONGEST_NOTE + 1)
    attempt(
        request,
        lambda: cosigning.take_in(note, by=person(request)),
        done="The witness's signature holds and is kept beside the checkpoint.",
    )
    return redirect("admin:log")


def recent_cosignatures() -> list[Cosignature]:
    """Return the newest cosignatures, with their checkpoints."""
    return list(Cosignature.objects.select_related("checkpoint").order_by("-pk")[:SHOWN])


def _asked(request: HttpRequest, form: forms.Form) -> dict[str, Any]:
    """Return what a form asks for; what is wrong with it becomes a message."""
    if form.is_valid():
        return dict(form.cleaned_data)
    name, said = next(iter(form.errors.items()))
    words = " ".join(str(one) for one in said)
    messages.error(request, f"{name.replace('_', ' ').capitalize()}: {words}")
    return {}


def _proposal(request: HttpRequest) -> KeyProposal:
    key = typed(request, "proposal")
    return get_object_or_404(KeyProposal, pk=int(key) if key.isdecimal() and len(key) < 18 else 0)


def _overlap() -> datetime | None:
    """Return until when the former key signs along; None where it does not."""
    until = [one.event.overlap_until for one in read_events()[-1:]]
    return datetime.fromisoformat(until[0]) if until and until[0] else None
