"""What the operator does for merchants: lines that its own controls meet, while these are proved.

Rules:
- A person names the line, the control and what it does for a merchant; the last word counts.
- It is offered to merchants of the platform only while the control is in force and each of its
  expectations has proof of the last time that is due, none of it returned or failing its checks.
- It is offered as "in place" and nothing else, with its source, and counts once the merchant says
  of each line that it is so.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.access import actor
from accounts.journal import digest
from accounts.models import User
from controls.cadence import latest_window
from controls.models import Control, Expectation
from evidence import ledger, screening
from evidence.models import CheckResult, Claim, Evidence, Review
from merchants import parties, questionnaire
from merchants.answering import Whole
from merchants.answers import Answer, Given
from merchants.errors import MerchantError
from merchants.models import Application, LineSupport
from merchants.questionnaire import TYPES

_LONGEST = 500


def support(
    application: Application, *, line: str, control_ref: str, words: str, by: User
) -> LineSupport:
    """Say what a control does for a line of merchants' forms; NotAllowedError, MerchantError."""
    parties.refuse_stranger(by)
    said = " ".join(words.split())
    if not said or len(said) > _LONGEST:
        raise MerchantError(f"Say in up to {_LONGEST} characters what the control does for them.")
    if screening.speaks(said):
        raise MerchantError("This looks like a card number or a secret. Leave it out.")
    if line not in _lines():
        raise MerchantError(f"No form has a line {line!r}.")
    if not Control.objects.filter(ref=control_ref).exists():
        raise MerchantError(f"There is no control {control_ref!r}.")
    return _record(
        LineSupport(application=application, line=line, control_ref=control_ref, words=said), by
    )


def end(one: LineSupport, *, by: User) -> LineSupport:
    """Say that a control no longer stands for a line; NotAllowedError."""
    parties.refuse_stranger(by)
    return _record(
        LineSupport(
            application=one.application,
            line=one.line,
            control_ref=one.control_ref,
            words=one.words,
            is_active=False,
        ),
        by,
    )


def of(application: Application) -> list[LineSupport]:
    """Return what stands for the merchants of a platform, by line."""
    last = {one.line: one for one in LineSupport.objects.filter(application=application)}
    return [last[line] for line in sorted(last) if last[line].is_active]


def proof_of(control_ref: str, today: date) -> str:
    """Return the newest evidence of a control; empty unless all that is due is there."""
    control = Control.objects.filter(ref=control_ref).first()
    if control is None or control.wording_on(today) is None:
        return ""
    active = control.expectations.filter(active_from__lte=today).exclude(active_to__lt=today)
    found = [_newest(one, today) for one in active]
    if not found or not all(found):
        return ""
    return max(item.ref for item in found if item)


def proposed(known: Whole, *, today: date) -> dict[str, Given]:
    """Return what the operator meets on lines that have no answer yet, each with its source."""
    lines = known.questionnaire.lines()
    offered: dict[str, Given] = {}
    proofs: dict[str, str] = {}
    for one in of(known.form.application):
        if one.line not in lines or one.line in known.said.lines:
            continue
        if one.control_ref not in proofs:
            proofs[one.control_ref] = proof_of(one.control_ref, today)
        if proof := proofs[one.control_ref]:
            offered[one.line] = Given(
                Answer.IN_PLACE,
                one.words,
                source=f"{settings.ORGANISATION}: control {one.control_ref}, evidence {proof}",
            )
    return offered


def facts(one: LineSupport) -> Mapping[str, object]:
    """Return what the leaf of a support says."""
    return {
        "line": one.line,
        "control": one.control_ref,
        "words_sha256": digest(one.words),
        "is_active": one.is_active,
    }


def _newest(expectation: Expectation, today: date) -> Evidence | None:
    due = today - timedelta(days=expectation.days_allowed)
    window = latest_window(expectation.cadence, due, days_allowed=expectation.days_allowed)
    claims = Claim.objects.filter(
        expectation=expectation, is_partial=False, covers_to__gte=window.start
    ).order_by("-number")
    claim = claims.select_related("evidence").first()
    if claim is None:
        return None
    refused = CheckResult.objects.filter(
        Q(state=CheckResult.State.FAILED) | Q(state=CheckResult.State.ERROR),
        evidence=claim.evidence,
    ).exists()
    last = Review.objects.filter(evidence=claim.evidence).order_by("-pk").first()
    if refused or (last and last.decision == Review.Decision.RETURNED):
        return None
    found: Evidence = claim.evidence
    return found


def _record(one: LineSupport, by: User) -> LineSupport:
    one.at = timezone.now()
    with transaction.atomic():
        ledger.lock()
        one.ledger_entry = ledger.append(
            "application.support", subject=one.application.ref, body=facts(one), actor=actor(by)
        )
        one.save(force_insert=True)
    return one


def _lines() -> set[str]:
    found: set[str] = set()
    for kind in TYPES:
        found |= questionnaire.current(kind, date.max).questionnaire.lines().keys()
    return found
