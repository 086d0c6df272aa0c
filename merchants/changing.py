"""How forms move on by themselves and by decision: overdue, expired, invalid, and the next year's.

Changes come in batches with one leaf each, which commits to the forms that it moved.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.access import actor
from accounts.journal import digest
from accounts.models import User
from evidence import ledger
from merchants import issuing, links, parties
from merchants.errors import FormClosedError, MerchantError
from merchants.models import ComplianceForm, FormChange, Merchant
from merchants.questionnaire import TYPES
from merchants.webhooks import telling

SYSTEM = "system"
BATCH = 500
RENEWED_BEFORE = timedelta(days=90)
"""The next form is issued so long before the old one ends: it falls due on that very day."""
_STATE = ComplianceForm.State


def sweep(now: datetime | None = None) -> dict[str, int]:
    """Move every form whose time has come to overdue or expired; return how many, by state."""
    moment = now or timezone.now()
    late = ComplianceForm.objects.filter(state=_STATE.INCOMPLETE, due_at__lte=moment)
    ended = ComplianceForm.objects.filter(state=_STATE.COMPLETE, valid_until__lte=moment)
    return {
        _STATE.OVERDUE.value: _move_all(late.order_by("due_at", "pk"), _STATE.OVERDUE, moment),
        _STATE.EXPIRED.value: _move_all(
            ended.order_by("valid_until", "pk"), _STATE.EXPIRED, moment
        ),
    }


def invalidate(form: ComplianceForm, *, by: User, reason: str) -> None:
    """Say that a form no longer holds, and why; raises NotAllowedError, MerchantError."""
    parties.refuse_stranger(by)
    with transaction.atomic():
        ledger.lock()
        _invalidate(form, by=actor(by), reason=reason)


def exchange(
    merchant: Merchant,
    *,
    form_type: str,
    by: User,
    reason: str,
    interview: Mapping[str, str] | None = None,
) -> ComplianceForm:
    """Give an approved merchant another form; the ones that stand become invalid.

    What was answered before may be confirmed on the new one, line by line. `interview` takes the
    place of the answers that chose the form before. Raises NotAllowedError, MerchantError.
    """
    parties.refuse_stranger(by)
    if form_type not in TYPES:
        raise MerchantError(f"There is no form of the type {form_type!r}.")
    with transaction.atomic():
        ledger.lock()
        current = Merchant.objects.select_for_update().get(pk=merchant.pk)
        if current.state != Merchant.State.APPROVED:
            raise MerchantError("Only an approved merchant has forms. Approve it first.")
        standing = list(current.forms.exclude(state__in=[_STATE.INVALID, _STATE.EXPIRED]))
        for form in standing:
            _invalidate(form, by=actor(by), reason=reason)
        current.form_type = form_type
        current.interview = current.interview if interview is None else dict(interview)
        current.updated_at = timezone.now()
        current.save(update_fields=["form_type", "interview", "updated_at"])
        last = {current.pk: standing[0]} if standing and not _is_followed(standing[0]) else {}
        return issuing.issue([current], actor=actor(by), previous=last)[0]


def note_interview(
    merchant: Merchant, interview: Mapping[str, str], *, by: User, reason: str
) -> None:
    """Keep other answers of the interview that leave the form as it is; NotAllowedError."""
    parties.refuse_stranger(by)
    if not reason.strip():
        raise MerchantError("Say why: it stands in the log.")
    with transaction.atomic():
        ledger.lock()
        Merchant.objects.filter(pk=merchant.pk).update(
            interview=dict(interview), updated_at=timezone.now()
        )
        body = {
            "interview_sha256": digest(ledger.canonical(dict(interview)).decode()),
            "reason_sha256": digest(reason.strip()),
        }
        ledger.append("merchant.interview", subject=merchant.ref, body=body, actor=actor(by))


def renew(now: datetime | None = None) -> int:
    """Issue next year's form to whose form ends soon or was never signed for a year.

    Return how many were issued. Who takes no more cards gets none.
    """
    moment = now or timezone.now()
    issued = 0
    for forms in (_ending(moment), _never_signed(moment)):
        while batch := list(forms[:BATCH]):
            issued += _renew(batch, moment)
    return issued


def rows_digest(rows: Sequence[FormChange]) -> str:
    """Return the SHA-256 (hex) of which forms a leaf moved, in the order of its rows."""
    return digest("\n".join(row.form.ref for row in rows))


def _ending(now: datetime) -> QuerySet[ComplianceForm]:
    return _renewable().filter(
        state__in=[_STATE.COMPLETE, _STATE.EXPIRED], valid_until__lte=now + RENEWED_BEFORE
    )


def _never_signed(now: datetime) -> QuerySet[ComplianceForm]:
    year = now - issuing.VALID_FOR
    return _renewable().filter(state=_STATE.OVERDUE, due_at__lte=year + issuing.DUE_AFTER)


def _renewable() -> QuerySet[ComplianceForm]:
    later = ComplianceForm.objects.filter(merchant=OuterRef("merchant"), pk__gt=OuterRef("pk"))
    fit = ComplianceForm.objects.filter(
        ~Exists(later),
        merchant__state=Merchant.State.APPROVED,
        merchant__may_take_cards=True,
        # Another account issues the next form of its own.
        source="",
    )
    return fit.select_related("merchant").order_by("pk")


def _renew(forms: Sequence[ComplianceForm], now: datetime) -> int:
    with transaction.atomic():
        ledger.lock()
        by_merchant = {form.merchant_id: form for form in forms}
        never = [form for form in forms if form.state == _STATE.OVERDUE]
        if never:
            _move(never, _STATE.INVALID, now, SYSTEM, "Next year's form takes its place.")
        merchants = [form.merchant for form in by_merchant.values()]
        made = issuing.issue(merchants, actor=SYSTEM, now=now, previous=by_merchant)
    return len(made)


def _invalidate(form: ComplianceForm, *, by: str, reason: str) -> None:
    if not reason.strip():
        raise MerchantError("Say why: it stands in the log.")
    current = ComplianceForm.objects.select_for_update().get(pk=form.pk)
    if current.state == _STATE.INVALID:
        raise FormClosedError("This form is invalid already.")
    links.withdraw(current, actor=by)
    _move([current], _STATE.INVALID, timezone.now(), by, reason.strip())


def _is_followed(form: ComplianceForm) -> bool:
    return ComplianceForm.objects.filter(previous=form).exists()


def _move_all(forms: QuerySet[ComplianceForm], state: str, now: datetime) -> int:
    moved = 0
    while True:
        with transaction.atomic():
            ledger.lock()
            batch = list(forms.only("pk", "ref", "application", "environment")[:BATCH])
            if not batch:
                return moved
            _move(batch, state, now, SYSTEM, "")
        moved += len(batch)


def _move(forms: Sequence[ComplianceForm], state: str, now: datetime, by: str, reason: str) -> None:
    rows = [FormChange(form=one, state=state, reason=reason[:300], at=now) for one in forms]
    leaf = ledger.append(
        f"compliance_form.{str(state).lower()}",
        subject=forms[0].ref if len(forms) == 1 else f"{len(forms)} forms",
        body={
            "forms": len(rows),
            "forms_sha256": rows_digest(rows),
            "reason_sha256": digest(reason[:300]),
        },
        actor=by,
    )
    for row in rows:
        row.ledger_entry = leaf
    FormChange.objects.bulk_create(rows)
    ComplianceForm.objects.filter(pk__in=[one.pk for one in forms]).update(
        state=state, updated_at=now
    )
    telling.forms("updated", forms)
