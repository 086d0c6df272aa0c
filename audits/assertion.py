"""Management's assertion: drafted from the record, edited in versions, signed by an executive.

A version never changes; to change what was signed, write a new version and have it signed.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days, gates, organisations
from audits.errors import DescriptionError, NotAllowedError
from audits.models import Assertion, AssertionSignature, Engagement, SubserviceOrganisation
from evidence import ledger

Method = SubserviceOrganisation.Method


@dataclass(frozen=True)
class Standing:
    """The latest version, and the latest one that was signed; they may be two."""

    latest: Assertion | None
    signed: AssertionSignature | None


def draft(engagement: Engagement) -> str:
    """Return a first wording from the record: organisation, dates, categories, whom we lean on."""
    responsible = (
        f"We, the management of {settings.ORGANISATION}, are responsible for the description of "
        f"our system that goes with the report {engagement.title}, and for designing, putting in "
        "place and operating the controls that it describes."
    )
    asserted = (
        f"We assert that the description is a fair presentation of the system {_when(engagement)}, "
        f"measured by the description criteria that apply, and that {_what(engagement)}"
    )
    leaned_on = (_about_organisations(engagement), _about_customers(engagement))
    return "\n\n".join(line for line in (responsible, asserted, *leaned_on) if line)


def write_assertion(engagement: Engagement, *, text: str, by: User) -> Assertion:
    """Write the next version; what was signed before stays signed, and stays what it was."""
    gates.refuse_stranger(by)
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise DescriptionError("The assertion needs a text. Begin with the draft.")
    with transaction.atomic():
        ledger.lock()
        gates.refuse_closed(engagement)
        latest = engagement.assertions.order_by("-number").first()
        if latest and latest.text == words:
            raise DescriptionError("This is the latest version already. Nothing was changed.")
        number = latest.number + 1 if latest else 1
        entry = ledger.append(
            "assertion.written",
            subject=engagement.ref,
            body={"number": number, "text_sha256": journal.digest(words)},
            actor=actor(by),
        )
        return Assertion.objects.create(
            engagement=engagement, number=number, text=words, written_by=by, ledger_entry=entry
        )


def sign_assertion(assertion: Assertion, *, text_sha256: str, position: str, by: User) -> None:
    """Sign the latest version as management; `text_sha256` is of the text that the signatory read.

    Raises NotAllowedError for who is no executive, DescriptionError for a version that was signed
    or replaced meanwhile, and for a period that is not over.
    """
    if not can(by, Capability.SIGN_ASSERTION):
        raise NotAllowedError(f"{by} may not sign for the management. Ask an executive.")
    if not position.strip():
        raise DescriptionError("Give your position in the organisation.")
    with transaction.atomic():
        ledger.lock()
        gates.refuse_closed(assertion.engagement)
        _refuse_unsignable(assertion, text_sha256)
        entry = ledger.append(
            "assertion.signed",
            subject=assertion.engagement.ref,
            body={
                "number": assertion.number,
                "text_sha256": text_sha256,
                "position_sha256": journal.digest(position.strip()),
            },
            actor=actor(by),
        )
        AssertionSignature.objects.create(
            assertion=assertion,
            text_sha256=text_sha256,
            signed_by=by,
            position=position.strip(),
            signed_on=days.day_of(entry.recorded_at),
            signed_at=entry.recorded_at,
            ledger_entry=entry,
        )


def standing(engagement: Engagement) -> Standing:
    """Return the latest version and the latest signature; two queries."""
    signed = AssertionSignature.objects.filter(assertion__engagement=engagement)
    return Standing(
        latest=engagement.assertions.select_related("written_by", "signature")
        .order_by("-number")
        .first(),
        signed=signed.select_related("assertion", "signed_by")
        .order_by("-assertion__number")
        .first(),
    )


def _refuse_unsignable(assertion: Assertion, text_sha256: str) -> None:
    if AssertionSignature.objects.filter(assertion=assertion).exists():
        raise DescriptionError("This version was signed already. A change needs a new version.")
    if assertion.engagement.assertions.filter(number__gt=assertion.number).exists():
        raise DescriptionError("There is a newer version. Read that one and sign it.")
    if journal.digest(assertion.text) != text_sha256:
        raise DescriptionError("This is not the text that you read. Load the page again.")
    window_to = Engagement.objects.values_list("window_to", flat=True).get(
        pk=assertion.engagement_id
    )
    if window_to > days.today():
        message = (
            f"The period runs until {window_to}; nobody can assert how the controls will have "
            "worked till then. Sign once it is over."
        )
        raise DescriptionError(message)


def _when(engagement: Engagement) -> str:
    if engagement.is_at_a_date:
        return f"as of {engagement.window_to}"
    return f"from {engagement.window_from} to {engagement.window_to}"


def _what(engagement: Engagement) -> str:
    named = ", ".join(engagement.categories.values_list("category", flat=True))
    against = f"the criteria of {engagement.framework} for {named}"
    if engagement.is_at_a_date:
        return f"its controls were suitably designed and in place on that day to meet {against}."
    return (
        "its controls were suitably designed and operated effectively throughout that period "
        f"to meet {against}."
    )


def _about_organisations(engagement: Engagement) -> str:
    said = []
    for one in engagement.organisations.filter(removed_at=None):
        if one.method == Method.CARVE_OUT:
            said.append(
                f"{one.name} is carved out: the description leaves its controls out, and our "
                "assertion assumes that it operates those that complement ours."
            )
        else:
            said.append(f"The description includes the controls of {one.name}.")
    return " ".join(said)


def _about_customers(engagement: Engagement) -> str:
    count = len(organisations.latest_wordings(engagement))
    if not count:
        return ""
    return (
        f"Some criteria are met only if our customers operate the {count} complementary "
        "control(s) that the description lists."
    )
