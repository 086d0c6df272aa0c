"""Deeds around platforms and merchants: add them, approve, reject, and let them take cards or not.

A leaf names references and digests only: who a merchant is stands in no leaf.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.journal import digest
from accounts.models import User
from evidence import ledger
from merchants import identity, ids, issuing
from merchants.errors import MerchantError, NotAllowedError
from merchants.identity import Identity
from merchants.models import Application, ComplianceForm, Environment, Merchant
from merchants.questionnaire import TYPES
from merchants.webhooks import telling

BATCH = 1000
LEVELS = (1, 2, 3, 4)
_LONGEST_NUMBER = 80
# The columns of a merchant that its form is made of.
_ISSUED_BY = (
    "ref", "environment", "application", "state", "level", "form_type", "scan_due_on",
)  # fmt: skip


@dataclass(frozen=True)
class Applicant:
    """A merchant to be added."""

    identity: Identity
    form_type: str
    level: int = 4
    own_number: str = ""
    interview: Mapping[str, str] = field(default_factory=dict)


def add_application(
    name: str, *, environment: str, by: User, overdue_note: str = ""
) -> Application:
    """Add a platform to one environment; NotAllowedError, MerchantError."""
    refuse_stranger(by)
    said = " ".join(name.split())
    if not said or len(said) > 120:
        raise MerchantError("Give the platform a name of up to 120 characters.")
    if environment not in Environment.values:
        raise MerchantError(f"There is no environment {environment!r}.")
    with transaction.atomic():
        ledger.lock()
        if Application.objects.filter(environment=environment, name=said).exists():
            raise MerchantError(f"There is a platform {said} in {environment} already.")
        now = timezone.now()
        made = Application.objects.create(
            ref=ids.new(ids.APPLICATION),
            environment=environment,
            name=said,
            overdue_note=overdue_note.strip()[:300],
            created_at=now,
            updated_at=now,
        )
        body = {"environment": environment, "name_sha256": digest(said)}
        ledger.append("application.added", subject=made.ref, body=body, actor=actor(by))
    return made


def add_merchants(
    application: Application, applicants: Sequence[Applicant], *, by: User
) -> list[Merchant]:
    """Add merchants that wait for approval, all or none; NotAllowedError, MerchantError."""
    refuse_stranger(by)
    now = timezone.now()
    made = [_merchant(application, one, now) for one in applicants]
    with transaction.atomic():
        ledger.lock()
        Merchant.objects.bulk_create(made, BATCH)
        body = {"merchants": len(made), "merchants_sha256": _digest(made)}
        ledger.append("merchant.added", subject=application.ref, body=body, actor=actor(by))
        telling.merchants("created", made)
    return made


def approve(merchants: Iterable[Merchant], *, by: User) -> list[ComplianceForm]:
    """Let merchants take cards, and issue the form of each; return the new forms.

    Who is approved already keeps its form. Raises NotAllowedError, MerchantError.
    """
    with transaction.atomic():
        new, now = _let_in([one.pk for one in merchants], by)
        return issuing.issue(new, actor=actor(by), now=now) if new else []


def approve_many(merchants: Sequence[int], *, by: User) -> int:
    """Approve merchants by their keys as `approve` does; return how many forms were issued."""
    with transaction.atomic():
        new, now = _let_in(merchants, by)
        issuing.put(new, actor=actor(by), now=now)
    return len(new)


def _let_in(keys: Sequence[int], by: User) -> tuple[list[Merchant], datetime]:
    """Approve those who wait, inside a transaction; return them and the moment."""
    refuse_stranger(by)
    states, now = Merchant.State, timezone.now()
    ledger.lock()
    # Who a merchant is lies sealed and long in its row, and is not asked for.
    wanted = Merchant.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    found = list(wanted.only(*_ISSUED_BY))
    rejected = [one.ref for one in found if one.state == states.REJECTED]
    if rejected:
        raise MerchantError(f"{rejected[0]} was rejected. Add it anew.")
    new = [one for one in found if one.state == states.PROVISIONING]
    if new:
        Merchant.objects.filter(pk__in=[one.pk for one in new]).update(
            state=states.APPROVED, may_take_cards=True, approved_at=now, updated_at=now
        )
        body = {"merchants": len(new), "merchants_sha256": _digest(new)}
        ledger.append("merchant.approved", subject=_subject(new), body=body, actor=actor(by))
        telling.merchants("underwritten", new)
    return new, now


def reject(merchant: Merchant, *, by: User, reason: str) -> None:
    """Say that a merchant is not taken; NotAllowedError, MerchantError."""
    refuse_stranger(by)
    _refuse_silence(reason)
    with transaction.atomic():
        ledger.lock()
        waiting = Merchant.objects.filter(pk=merchant.pk, state=Merchant.State.PROVISIONING)
        if not waiting.update(state=Merchant.State.REJECTED, updated_at=timezone.now()):
            raise MerchantError("Only a merchant that waits for approval can be rejected.")
        body = {"reason_sha256": digest(reason.strip())}
        ledger.append("merchant.rejected", subject=merchant.ref, body=body, actor=actor(by))
        telling.merchants("updated", [merchant])


def switch(merchant: Merchant, *, may_take_cards: bool, by: User, reason: str) -> None:
    """Let an approved merchant take cards, or stop it; NotAllowedError, MerchantError."""
    refuse_stranger(by)
    _refuse_silence(reason)
    with transaction.atomic():
        ledger.lock()
        fit = Merchant.objects.filter(pk=merchant.pk, state=Merchant.State.APPROVED)
        fit = fit.exclude(may_take_cards=may_take_cards)
        if not fit.update(may_take_cards=may_take_cards, updated_at=timezone.now()):
            raise MerchantError("The merchant is not approved, or it is so already.")
        body = {"may_take_cards": may_take_cards, "reason_sha256": digest(reason.strip())}
        ledger.append("merchant.switched", subject=merchant.ref, body=body, actor=actor(by))
        telling.merchants("updated", [merchant])


def refuse_stranger(by: User) -> None:
    """Raise NotAllowedError unless the person may change merchants."""
    if not can(by, Capability.MANAGE_MERCHANTS):
        raise NotAllowedError


def _merchant(application: Application, one: Applicant, now: datetime) -> Merchant:
    if one.form_type not in TYPES:
        raise MerchantError(f"There is no form of the type {one.form_type!r}.")
    if one.level not in LEVELS:
        raise MerchantError("The level of a merchant is 1, 2, 3 or 4.")
    if len(one.own_number) > _LONGEST_NUMBER:
        raise MerchantError(f"The platform's number is longer than {_LONGEST_NUMBER} characters.")
    ref = ids.new(ids.MERCHANT)
    return Merchant(
        ref=ref,
        identity_ref=ids.new(ids.IDENTITY),
        application=application,
        environment=application.environment,
        own_number=one.own_number.strip(),
        level=one.level,
        form_type=one.form_type,
        interview=dict(one.interview),
        identity=identity.sealed(identity.checked(one.identity), ref=ref),
        created_at=now,
        updated_at=now,
    )


def _digest(merchants: Sequence[Merchant]) -> str:
    return digest("\n".join(one.ref for one in merchants))


def _subject(merchants: Sequence[Merchant]) -> str:
    return str(merchants[0].ref) if len(merchants) == 1 else f"{len(merchants)} merchants"


def _refuse_silence(reason: str) -> None:
    if not reason.strip():
        raise MerchantError("Say why: it stands in the log.")
