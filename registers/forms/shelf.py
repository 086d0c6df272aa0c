"""What was handed in by forms: the latest of each, and all of one, flat to any number of them."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet, Subquery

from evidence.models import LogHead
from registers.form_models import HandedForm
from registers.forms import reading, registry
from registers.forms.base import Attached
from registers.forms.reading import Clock, Read


def latest() -> Mapping[str, HandedForm]:
    """Return what was handed in last, by form; two queries, whatever was handed in before."""
    newest = {
        slug: Subquery(HandedForm.objects.filter(kind=slug).order_by("-id").values("pk")[:1])
        for slug in registry.forms()
    }
    # Hung on the one row that is always there: one index look-up for each form.
    found = LogHead.objects.filter(pk=1).values_list(*newest.values()).first() or ()
    rows = HandedForm.objects.select_related("by", "evidence").filter(pk__in=filter(None, found))
    return {row.kind: row for row in rows}


def of_kind(slug: str) -> QuerySet[HandedForm]:
    """Return what was handed in by one form, the newest first."""
    return HandedForm.objects.filter(kind=slug).select_related("by", "evidence").order_by("-id")


def answers_of(handed: HandedForm) -> Read:
    """Return the answers as they were read when they were handed in."""
    files = {
        question: Attached(told["filename"], told["size"], told["sha256"])
        for question, told in handed.files.items()
    }
    return reading.read(registry.get(handed.kind), handed.given, files, clock=_clock_of(handed))


def _clock_of(handed: HandedForm) -> Clock:
    """Return the clock by which a form was read; the organisation may have moved since."""
    zone = ZoneInfo(handed.zone)
    # A form in UTC does not tell where the organisation was then.
    home = ZoneInfo(settings.ORGANISATION_TIME_ZONE) if handed.zone == "UTC" else zone
    return Clock(handed.at, zone, home)
