"""Approves all merchants of a platform that wait, in the background, batch by batch."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet

from accounts.access import actor
from accounts.models import User
from jobs.models import Job
from jobs.queue import enqueue
from merchants import parties
from merchants.models import Application, Merchant

KIND = "merchants.approve"
BATCH = 1000

Progress = Callable[[int, int, str], None]


def ask(application: Application, *, by: User) -> Job:
    """Have every waiting merchant of a platform approved; the job shows how far it is.

    Raises NotAllowedError.
    """
    parties.refuse_stranger(by)
    last = waiting(application.pk).order_by("-pk").values_list("pk", flat=True).first() or 0
    return enqueue(
        KIND,
        key=f"{KIND}:{application.ref}:{last}",
        payload={"application": application.pk, "until": last, "by": by.pk},
        requested_by=actor(by),
    )


def run(payload: Mapping[str, Any], *, progress: Progress) -> dict[str, object]:
    """Approve the merchants that waited when the job was asked for; again goes on with the rest."""
    by = User.objects.get(pk=payload["by"])
    found = waiting(int(payload["application"])).filter(pk__lte=int(payload["until"]))
    total, done = found.count(), 0
    while batch := list(found.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        done += parties.approve_many(batch, by=by)
        progress(done, max(total, done), "forms")
    return {"forms": done}


def waiting(application: int) -> QuerySet[Merchant]:
    """Return the merchants of a platform that wait for approval."""
    return Merchant.objects.filter(application=application, state=Merchant.State.PROVISIONING)
