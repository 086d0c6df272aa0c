"""The trust page itself: whether it is open, whom it names, and the agreement of its visitors.

Two must agree before anybody outside sees it: who runs the machine, by a setting, and an
administrator, by this switch. Either closes it alone.
"""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits.errors import NotAllowedError, TrustPageError
from audits.models import BuyerAgreement, TrustSwitch
from evidence import ledger

LONGEST_AGREEMENT = 40_000
SUBJECT = "trust"


def current() -> TrustSwitch | None:
    """Return the switch as it was last set; None where nobody ever touched it."""
    return TrustSwitch.objects.order_by("-pk").first()


def is_open() -> bool:
    """Say whether the administrator's switch is on."""
    found = current()
    return found is not None and found.is_open


def agreement() -> BuyerAgreement | None:
    """Return the version of the agreement that is in force."""
    return BuyerAgreement.objects.order_by("-number").first()


def turn(*, is_open: bool, contact: str, by: User) -> TrustSwitch:
    """Open or close the page, and say which address it names; NotAllowedError, TrustPageError."""
    _refuse_stranger(by)
    address = contact.strip()
    if is_open or address:
        _check_address(address)
    with transaction.atomic():
        ledger.lock()
        before = current()
        if before and (before.is_open, before.contact) == (is_open, address):
            raise TrustPageError("This is how the page stands already. Nothing was changed.")
        entry = ledger.append(
            "trust.opened" if is_open else "trust.closed",
            subject=SUBJECT,
            body={"contact_sha256": journal.digest(address)},
            actor=actor(by),
        )
        return TrustSwitch.objects.create(
            is_open=is_open, contact=address, by=by, at=entry.recorded_at, ledger_entry=entry
        )


def write_agreement(text: str, *, by: User) -> BuyerAgreement:
    """Put a new version of the agreement in force; who accepted an earlier one is bound by that.

    Raises NotAllowedError and TrustPageError.
    """
    _refuse_stranger(by)
    wording = text.replace("\r\n", "\n").strip()
    if not wording:
        raise TrustPageError("Write the agreement that visitors accept; ask your lawyers for it.")
    if len(wording) > LONGEST_AGREEMENT:
        raise TrustPageError(f"The agreement has more than {LONGEST_AGREEMENT:,} characters.")
    with transaction.atomic():
        ledger.lock()
        before = agreement()
        if before and before.text == wording:
            raise TrustPageError("This is the agreement that is in force. Nothing was changed.")
        number = before.number + 1 if before else 1
        entry = ledger.append(
            "trust.agreement",
            subject=SUBJECT,
            body={"number": number, "text_sha256": journal.digest(wording)},
            actor=actor(by),
        )
        return BuyerAgreement.objects.create(
            number=number, text=wording, by=by, at=timezone.now(), ledger_entry=entry
        )


def _check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise TrustPageError(
            f"{address!r} is no e-mail address. Name the one at which buyers reach you."
        ) from error


def _refuse_stranger(by: User) -> None:
    if not can(by, Capability.MANAGE_TRUST):
        raise NotAllowedError(f"{by} may not manage the trust page. Ask an administrator.")
