"""The level of a merchant, by how many card payments it takes in a year.

Rules, in our own words, as the large card brands draw the lines (each brand counts its own):
- Level 1: more than six million. Level 2: more than one million.
- Level 3: online, and twenty thousand or more. Level 4: everybody else.
- Service providers know two levels: 1 above three hundred thousand, 2 for all others.
- An acquirer may put a merchant into another level, for example after a theft; so a level may be
  set by hand as well.
"""

from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.journal import digest
from accounts.models import User
from evidence import ledger
from merchants import answering, parties
from merchants.errors import MerchantError
from merchants.models import Merchant
from merchants.questions import D_PROVIDER, E_COMMERCE, YES

MOST = 10**12
_FIRST, _SECOND, _THIRD = 6_000_000, 1_000_000, 20_000
_FIRST_PROVIDER = 300_000


def level_of(yearly: int, *, is_online: bool, is_provider: bool = False) -> int:
    """Return the level of so many card payments in a year."""
    if is_provider:
        return 1 if yearly > _FIRST_PROVIDER else 2
    if yearly > _FIRST:
        return 1
    if yearly > _SECOND:
        return 2
    return 3 if is_online and yearly >= _THIRD else 4


def put(
    merchant: Merchant, *, yearly: int | None, by: User, reason: str, level: int | None = None
) -> int:
    """Put a merchant into the level of its payments, or into one that was set by hand; return it.

    The forms that are open move with it, those that are signed stay. Raises NotAllowedError,
    MerchantError.
    """
    parties.refuse_stranger(by)
    if not reason.strip():
        raise MerchantError("Say why: it stands in the log.")
    if yearly is not None and not 0 <= yearly <= MOST:
        raise MerchantError("Give the card payments of a year as a whole number.")
    if level is not None and level not in parties.LEVELS:
        raise MerchantError("The level of a merchant is 1, 2, 3 or 4.")
    if yearly is None and level is None:
        raise MerchantError("Give the card payments of a year, or choose a level.")
    found = level or level_of(
        yearly or 0,
        is_online=merchant.interview.get(E_COMMERCE) == YES,
        is_provider=merchant.form_type == D_PROVIDER,
    )
    with transaction.atomic():
        ledger.lock()
        now = timezone.now()
        Merchant.objects.filter(pk=merchant.pk).update(
            level=found, yearly_transactions=yearly, updated_at=now
        )
        merchant.forms.filter(state__in=answering.OPEN).update(level=found, updated_at=now)
        body = {
            "level": found,
            "yearly_transactions": yearly,
            "is_set_by_hand": level is not None,
            "reason_sha256": digest(reason.strip()),
        }
        ledger.append("merchant.level", subject=merchant.ref, body=body, actor=actor(by))
    return found
