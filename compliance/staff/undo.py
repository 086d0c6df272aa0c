"""Deeds that can be taken back: the message of one carries a button, good for an hour.

Only what is no evidence is offered here, or what has an opposite: that is a deed of its own then,
and both stand in the log.
"""

from collections.abc import Callable

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.capabilities import Capability
from accounts.models import User
from compliance.staff import words
from compliance.staff.base import REFUSALS, back, person
from compliance.staff.site import DO, site

GOOD_SECONDS = 3600
_SALT = "staff.undo"

Facts = dict[str, str | int | bool]
_known: dict[str, Callable[[User, Facts], str]] = {}


def takes_back(kind: str) -> Callable[[Callable[[User, Facts], str]], Callable[[User, Facts], str]]:
    """Register what takes a kind of deed back: it returns the words that tell of it."""

    def register(deed: Callable[[User, Facts], str]) -> Callable[[User, Facts], str]:
        _known[kind] = deed
        return deed

    return register


def offer(request: HttpRequest, told: str, *, kind: str, facts: Facts) -> None:
    """Tell that a deed is done, with a button that takes it back for the person who did it."""
    sealed = signing.dumps([person(request).pk, kind, facts], salt=_SALT, compress=True)
    messages.success(request, told, extra_tags=f"{words.UNDO}{sealed}")


@site.page("undo/", name="undo", needs=Capability.VIEW, methods=DO)
def undo(request: HttpRequest) -> HttpResponseBase:
    """Take a deed back, if the button is the person's own and not too old."""
    user, onward = person(request), redirect(back(request, reverse("admin:index")))
    try:
        owner, kind, facts = signing.loads(
            request.POST.get("deed", ""), salt=_SALT, max_age=GOOD_SECONDS
        )
    except signing.BadSignature:
        messages.error(request, "This can no longer be taken back.")
        return onward
    if owner != user.pk:
        messages.error(request, "Only who did this can take it back.")
        return onward
    try:
        told = _known[kind](user, facts)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, told)
    return onward
