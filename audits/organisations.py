"""Subservice organisations and the controls that customers must operate (CUECs) of an engagement.

Both are part of its scope, so they stay as they are once the freeze date is over.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor
from accounts.models import User
from audits import gates, scope
from audits.errors import OrganisationError
from audits.models import (
    Engagement,
    SubserviceOrganisation,
    UserEntityControl,
    UserEntityWording,
)
from controls.models import Criterion
from evidence import ledger
from evidence.models import LedgerEntry

Method = SubserviceOrganisation.Method


@dataclass(frozen=True)
class Profile:
    """What is said of a subservice organisation; its complementary controls stand one per line."""

    name: str
    services: str
    method: str
    complementary_controls: str = ""
    monitoring: str = ""


def add_organisation(
    engagement: Engagement, *, profile: Profile, by: User
) -> SubserviceOrganisation:
    """Name a subservice organisation; OrganisationError for one named already or half described."""
    gates.refuse_stranger(by)
    _refuse_half(profile)
    with transaction.atomic():
        ledger.lock()
        gates.refuse_frozen(engagement)
        _refuse_twin(engagement, profile.name)
        made = SubserviceOrganisation.objects.create(
            engagement=engagement, added_by=by, **_stripped(profile)
        )
        _tell("subservice.added", made, profile, by)
    return made


def change_organisation(
    organisation: SubserviceOrganisation, *, profile: Profile, by: User
) -> None:
    """Say something else of a subservice organisation; the log keeps the digest of each saying."""
    gates.refuse_stranger(by)
    _refuse_half(profile)
    with transaction.atomic():
        ledger.lock()
        gates.refuse_frozen(organisation.engagement)
        _refuse_twin(organisation.engagement, profile.name, apart_from=organisation.pk)
        standing = SubserviceOrganisation.objects.filter(pk=organisation.pk, removed_at=None)
        if not standing.update(**_stripped(profile)):
            raise OrganisationError(f"{organisation} was removed meanwhile. Add it anew.")
        _tell("subservice.changed", organisation, profile, by)


def remove_organisation(organisation: SubserviceOrganisation, *, by: User) -> None:
    """Take a subservice organisation out of the scope."""
    gates.refuse_stranger(by)
    with transaction.atomic():
        ledger.lock()
        gates.refuse_frozen(organisation.engagement)
        standing = SubserviceOrganisation.objects.filter(pk=organisation.pk, removed_at=None)
        if not standing.update(removed_at=timezone.now()):
            raise OrganisationError(f"{organisation} was removed already.")
        ledger.append(
            "subservice.removed",
            subject=organisation.engagement.ref,
            body={"organisation": organisation.pk},
            actor=actor(by),
        )


def add_user_entity_control(
    engagement: Engagement, *, criterion: Criterion, text: str, by: User
) -> UserEntityControl:
    """Add a control that customers must operate, under a criterion in scope."""
    gates.refuse_stranger(by)
    wording = _wording(text)
    with transaction.atomic():
        ledger.lock()
        gates.refuse_frozen(engagement)
        if not scope.criteria_of(engagement).filter(pk=criterion.pk).exists():
            message = f"{criterion.ref} is not in the scope of {engagement.ref}. Choose another."
            raise OrganisationError(message)
        made = UserEntityControl.objects.create(
            engagement=engagement,
            number=engagement.user_entity_controls.count() + 1,
            criterion=criterion,
        )
        _word(made, wording, by)
    return made


def reword_user_entity_control(
    control: UserEntityControl, *, text: str, by: User
) -> UserEntityWording:
    """Give such a control a new wording; the former ones stay readable."""
    gates.refuse_stranger(by)
    wording = _wording(text)
    with transaction.atomic():
        ledger.lock()
        gates.refuse_frozen(control.engagement)
        if not UserEntityControl.objects.filter(pk=control.pk, removed_at=None).exists():
            raise OrganisationError(f"{control.ref} was removed. Add a new one.")
        latest = control.wordings.order_by("-number").first()
        if latest and latest.text == wording:
            raise OrganisationError("This is its wording already. Nothing was changed.")
        return _word(control, wording, by)


def remove_user_entity_control(control: UserEntityControl, *, by: User) -> None:
    """Take such a control out of the scope; its number is not used again."""
    gates.refuse_stranger(by)
    with transaction.atomic():
        ledger.lock()
        gates.refuse_frozen(control.engagement)
        standing = UserEntityControl.objects.filter(pk=control.pk, removed_at=None)
        if not standing.update(removed_at=timezone.now()):
            raise OrganisationError(f"{control.ref} was removed already.")
        ledger.append(
            "cuec.removed",
            subject=control.engagement.ref,
            body={"cuec": control.ref},
            actor=actor(by),
        )


def latest_wordings(engagement: Engagement) -> list[UserEntityWording]:
    """Return the wording that holds of each control of customers, in their order; one query."""
    rows = (
        UserEntityWording.objects.filter(
            control__engagement=engagement, control__removed_at__isnull=True
        )
        .select_related("control__criterion", "written_by")
        .order_by("control__number", "number")
    )
    return list({row.control_id: row for row in rows}.values())


def _word(control: UserEntityControl, text: str, by: User) -> UserEntityWording:
    number = control.wordings.count() + 1
    entry = ledger.append(
        "cuec.worded",
        subject=control.engagement.ref,
        body={
            "cuec": control.ref,
            "criterion": control.criterion.ref,
            "number": number,
            "text_sha256": journal.digest(text),
        },
        actor=actor(by),
    )
    return UserEntityWording.objects.create(
        control=control, number=number, text=text, written_by=by, ledger_entry=entry
    )


def _wording(text: str) -> str:
    if not text.strip():
        raise OrganisationError("Say what the customer must do.")
    return text.strip()


def _stripped(profile: Profile) -> dict[str, str]:
    return {name: value.strip() for name, value in vars(profile).items()}


def _refuse_half(profile: Profile) -> None:
    if not profile.name.strip() or not profile.services.strip():
        raise OrganisationError("Give the organisation's name and what it does for the system.")
    if profile.method not in Method.values:
        raise OrganisationError("The method is carve-out or inclusive.")


def _refuse_twin(engagement: Engagement, name: str, *, apart_from: int = 0) -> None:
    named = engagement.organisations.filter(removed_at=None, name__iexact=name.strip())
    if named.exclude(pk=apart_from).exists():
        raise OrganisationError(f"{name.strip()} is named already. Change that entry instead.")


def _tell(
    kind: str, organisation: SubserviceOrganisation, profile: Profile, by: User
) -> LedgerEntry:
    said = _stripped(profile)
    return ledger.append(
        kind,
        subject=organisation.engagement.ref,
        body={
            "organisation": organisation.pk,
            "method": said["method"],
            "said_sha256": journal.digest(ledger.canonical(said).decode()),
        },
        actor=actor(by),
    )
