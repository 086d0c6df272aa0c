"""Who may let how much be written off: limits by role, of one break and of a month in all.

Rules:
- Without a limit of one of their roles in the currency, nobody may approve a write-off.
- A person with several roles has the highest limit of one break, with the cap that belongs to it.
- The cap of a month counts all write-offs of the currency in that month, whoever approved them, so
  that a large sum does not go out in small pieces.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import Role, User
from evidence import ledger
from evidence.reconcile.amounts import written
from evidence.reconcile.currencies import EXPONENTS
from registers.errors import LimitError, ReconcilingError
from registers.models import Break, BreakEvent, WriteOffLimit
from registers.reconciling import definitions

LARGEST = 2**53


@dataclass(frozen=True)
class Standing:
    """What may be written off in a currency by somebody, and what was in the month."""

    limit: WriteOffLimit | None
    spent: int

    @property
    def left(self) -> int:
        return max(self.limit.of_month - self.spent, 0) if self.limit else 0


def set_limit(
    role: str, *, currency: str, of_one: int, of_month: int, reason: str, by: User
) -> WriteOffLimit:
    """Set the limit of a role from now on, in minor units; 0 lets it approve nothing."""
    definitions.refuse_stranger(by, Capability.MANAGE_RECONCILIATIONS)
    said = definitions.read_text(reason, what="Why the limit is so")
    if not Role.objects.filter(slug=role).exists():
        raise ReconcilingError(f"There is no role {role}.")
    if currency not in EXPONENTS:
        raise ReconcilingError("Write the three letters of ISO 4217, such as EUR.")
    if not 0 <= of_one <= of_month < LARGEST:
        raise ReconcilingError("The limit of one break lies between 0 and the cap of the month.")
    with transaction.atomic():
        ledger.lock()
        made = WriteOffLimit(
            role=role,
            currency=currency,
            of_one=of_one,
            of_month=of_month,
            reason=said,
            by=by,
            at=timezone.now(),
        )
        made.ledger_entry = ledger.append(
            "reconciliation.limit", subject=f"role:{role}", body=body(made), actor=actor(by)
        )
        made.save(force_insert=True)
    return made


def body(made: WriteOffLimit) -> dict[str, object]:
    """Return what the leaf says of a limit."""
    return {
        "currency": made.currency,
        "of_one": made.of_one,
        "of_month": made.of_month,
        "reason_sha256": journal.digest(made.reason),
    }


def in_force() -> list[WriteOffLimit]:
    """Return the limits that count now, by role and currency."""
    last: dict[tuple[str, str], WriteOffLimit] = {}
    for each in WriteOffLimit.objects.order_by("id").select_related("by"):
        last[each.role, each.currency] = each
    return [last[key] for key in sorted(last)]


def standing_of(user: User, *, currency: str, day: date) -> Standing:
    """Return the limit that a person has in a currency, and what the month of a day has used."""
    held = {*user.roles.values_list("slug", flat=True)}
    mine = [each for each in in_force() if each.role in held and each.currency == currency]
    best = max(mine, key=lambda each: (each.of_one, each.of_month), default=None)
    return Standing(best, spent_in(currency, day))


def spent_in(currency: str, day: date) -> int:
    """Return what was written off in the month of a day, without signs."""
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    found = BreakEvent.objects.filter(
        kind=BreakEvent.Kind.APPROVED,
        word=Break.Proposal.WRITTEN_OFF,
        currency=currency,
        day__gte=first,
        day__lt=after,
    )
    # Summed here: SQLite gives up where a sum leaves 64 bits.
    return sum(abs(amount) for amount in found.values_list("amount", flat=True).iterator())


def refuse_too_much(broken: Break, *, by: User, day: date) -> None:
    """Raise LimitError where a person may not let a break be written off."""
    standing = standing_of(by, currency=broken.currency, day=day)
    size, code = broken.size, broken.currency
    if standing.limit is None:
        raise LimitError(
            f"None of your roles has a limit for write-offs in {code or 'no currency'}. Ask "
            "whoever manages reconciliations to set one, or somebody who has one."
        )
    if size > standing.limit.of_one:
        raise LimitError(
            f"{_money(size, code)} is more than you may let be written off at once: "
            f"{_money(standing.limit.of_one, code)}."
        )
    if size > standing.left:
        raise LimitError(
            f"{_money(standing.spent, code)} of {_money(standing.limit.of_month, code)} were "
            f"written off this month already; {_money(size, code)} more goes beyond it."
        )


def _money(amount: int, currency: str) -> str:
    return f"{written(amount, EXPONENTS.get(currency, 0))} {currency}"
