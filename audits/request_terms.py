"""What a request says: its words, whom it concerns, and what no request may say."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.models import User
from audits import scope
from audits.errors import RequestError
from audits.models import Engagement, EvidenceRequest
from controls.models import Control, ControlMapping

LONGEST_TEXT = 10_000
_LONGEST_TITLE = 200
_LONGEST_REFS = 300


@dataclass(frozen=True)
class Wording:
    """What is asked for, in which words, for which controls or criteria, until when."""

    title: str
    text: str = ""
    refs: tuple[str, ...] = ()
    due: date | None = None


@dataclass(frozen=True)
class Owner:
    """Who answers: a person, or whoever has a role; neither is nobody yet."""

    person: User | None = None
    role: str = ""


def wording_of(request: EvidenceRequest) -> Wording:
    return Wording(request.title, request.text, split(request.refs), request.due)


def owner_of(request: EvidenceRequest) -> Owner:
    return Owner(request.owner, request.owner_role)


def split(refs: str) -> tuple[str, ...]:
    """Read references that are separated by comma, semicolon or line; each once, in order."""
    parts = refs.replace(";", ",").replace("\n", ",").split(",")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def known_refs(engagement: Engagement) -> set[str]:
    """Return the references that a request of an engagement may name: criteria and controls."""
    criteria = scope.criteria_of(engagement).order_by()
    mapped = ControlMapping.objects.filter(criterion__in=criteria.values("pk")).order_by()
    controls = Control.objects.filter(pk__in=mapped.values("control"))
    return {*criteria.values_list("ref", flat=True), *controls.values_list("ref", flat=True)}


def checked(engagement: Engagement, wording: Wording, *, known: set[str] | None = None) -> Wording:
    """Return the wording as it is kept, or raise RequestError with what to correct."""
    title = cleaned("title", " ".join(wording.title.split()), most=_LONGEST_TITLE)
    if not title:
        raise RequestError("Give the request a title.")
    allowed = known_refs(engagement) if known is None else known
    unknown = [ref for ref in wording.refs if ref not in allowed]
    if unknown:
        message = (
            f"{unknown[0]!r} is no control and no criterion in scope of {engagement.ref}. "
            "Write references as the list of controls does, separated by commas."
        )
        raise RequestError(message)
    if len(", ".join(wording.refs)) > _LONGEST_REFS:
        raise RequestError("These are too many references for one request. Ask several.")
    return Wording(title, cleaned("text", wording.text), wording.refs, wording.due)


def cleaned(name: str, text: str, *, most: int = LONGEST_TEXT) -> str:
    """Return text with plain line ends; RequestError for what no page and no sheet can show."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(plain) > most:
        message = f"The {name} has {len(plain):,} characters; {most:,} are the most. Shorten it."
        raise RequestError(message)
    for place, letter in enumerate(plain, 1):
        unfit = unicodedata.category(letter) in {"Cc", "Cs"} or letter in "\ufffe\uffff"
        if unfit and letter not in "\n\t":
            message = (
                f"The {name} has a control character (U+{ord(letter):04X}) at place {place}. "
                "Remove it."
            )
            raise RequestError(message)
    return plain


def checked_owner(owner: Owner) -> Owner:
    if owner.person and owner.role:
        raise RequestError("Name a person or a role, not both.")
    if owner.person and not (owner.person.is_active and owner.person.is_staff):
        raise RequestError(f"{owner.person} is no active member of the staff. Choose another.")
    if owner.role and owner.role not in Control.OwnerRole.values:
        raise RequestError(f"There is no role {owner.role!r}.")
    return owner


def differences(before: tuple[Wording, Owner], after: tuple[Wording, Owner]) -> Iterable[str]:
    for name, word in {"title": "title", "text": "text", "refs": "controls", "due": "due"}.items():
        if getattr(before[0], name) != getattr(after[0], name):
            yield word
    if before[1] != after[1]:
        yield "owner"
