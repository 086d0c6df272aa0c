"""From when on a merchant owes external scans: set when a form is issued that asks for them."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Max

from merchants.models import AsvScan, Merchant

QUARTER = timedelta(days=90)
FIRST_WITHIN = timedelta(days=90)


def ask_of(asked: Sequence[int], others: Sequence[int], today: date) -> None:
    """Ask merchants for scans from now on, and others no longer, inside a deed that issues forms.

    Who is asked already keeps its day; who was scanned before is due a quarter after that scan.
    """
    new = Merchant.objects.filter(pk__in=asked, scan_due_on=None)
    scanned = AsvScan.objects.filter(merchant__in=asked, passed=True).order_by().values("merchant")
    days = dict(scanned.annotate(day=Max("scanned_on")).values_list("merchant", "day"))
    new.exclude(pk__in=days).update(scan_due_on=today + FIRST_WITHIN)
    for pk, day in days.items():
        new.filter(pk=pk).update(scan_due_on=day + QUARTER)
    Merchant.objects.filter(pk__in=others, scan_due_on__isnull=False).update(scan_due_on=None)
