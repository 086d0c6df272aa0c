"""Has the store itself refuse to remove what must be kept, where the store can do that."""

from contextlib import suppress

from django.utils import timezone

from evidence import keeping, retention, stores
from evidence.errors import StoreError
from evidence.models import BlobKey
from evidence.retention_models import LegalHold

AT_ONCE = 2000
MOST_FAILURES = 5


def lock_some() -> int:
    """Lock files whose lock is not known yet, and repeat the holds in force; return how many.

    Raises StoreError; what was locked until then stays so.
    """
    where, done, failed = stores.current(), 0, 0
    today = timezone.now().date()
    waiting = BlobKey.objects.filter(locked_until__isnull=True).exclude(key_id="")
    for key in waiting.order_by("pk")[:AT_ONCE]:
        until = retention.keep_until(key.pk)
        if until is None:
            continue
        try:
            # What need not be kept any more is not locked: a store refuses a day that is over.
            if until >= today and not where.lock(key.location, key.version, until):
                return done
        except StoreError:
            failed += 1
            if failed == MOST_FAILURES:
                raise
            continue
        BlobKey.objects.filter(pk=key.pk, version=key.version).update(locked_until=until)
        done += 1
    held = LegalHold.objects.values_list("evidence__blob", flat=True).distinct()
    for key in BlobKey.objects.filter(pk__in=held).exclude(key_id=""):
        is_held = keeping.in_force(retention.with_content([key.pk])).exists()
        with suppress(StoreError):
            where.hold(key.location, key.version, is_held=is_held)
    return done
