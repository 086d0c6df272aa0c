"""Requests of an engagement: asking, answering, deciding, and talking about it.

Who audits asks, accepts and returns; who works here answers; neither can do the other's deed. What
moved last in the thread of a request is its state.
"""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import access, scope
from audits.errors import ClosedError, NotAllowedError, OutOfScopeError, RequestError
from audits.models import (
    AnswerItem,
    Engagement,
    EngagementMember,
    EvidenceRequest,
    PackFile,
    RequestEntry,
    Side,
)
from audits.request_terms import (
    Owner,
    Wording,
    checked,
    checked_owner,
    cleaned,
    differences,
    owner_of,
    split,
    wording_of,
)
from controls.models import Expectation
from evidence import ledger
from evidence.models import Evidence

State = EvidenceRequest.State
Kind = RequestEntry.Kind

MOST = 2_000
"""An engagement holds at most so many requests; real lists have hundreds."""
LARGEST_NUMBER = 99_999
WAITING = (State.OPEN, State.ANSWERED, State.RETURNED)


def with_state(rows: QuerySet[EvidenceRequest]) -> QuerySet[EvidenceRequest]:
    """Annotate requests with `state`: the kind of the latest move in their thread."""
    moves = RequestEntry.objects.filter(request=OuterRef("pk"), kind__in=State.values)
    return rows.annotate(state=Subquery(moves.order_by("-pk").values("kind")[:1]))


def state_of(request: EvidenceRequest) -> EvidenceRequest.State:
    """Return where a request stands now."""
    return State(_latest_move(request).kind)


def latest_answer(request: EvidenceRequest) -> RequestEntry | None:
    """Return the newest answer, whatever was decided about it."""
    return request.entries.filter(kind=Kind.ANSWERED).order_by("-pk").first()


def side_of(engagement: Engagement, user: User) -> Side | None:
    """Say for whom a person speaks in an engagement; None for who has no voice in it.

    Staff never speaks as auditor, not even as a member: who audits must be independent.
    """
    if user.is_staff:
        return Side.STAFF if can(user, Capability.VIEW) else None
    member = engagement.members.filter(
        user=user, removed_at__isnull=True, role=EngagementMember.Role.AUDITOR
    )
    if access.for_user(user).filter(pk=engagement.pk).exists() and member.exists():
        return Side.AUDITOR
    return None


def asking_side(engagement: Engagement, by: User) -> Side:
    """Return for whom a person asks; NotAllowedError for who may not ask at all."""
    side = side_of(engagement, by)
    if side == Side.AUDITOR:
        return side
    if side == Side.STAFF and can(by, Capability.MANAGE_ENGAGEMENTS):
        return side
    raise NotAllowedError(f"{by} may not ask for evidence in {engagement.ref}.")


@transaction.atomic
def ask(
    engagement: Engagement,
    wording: Wording,
    *,
    by: User,
    number: int | None = None,
    owner: Owner | None = None,
    expectation: Expectation | None = None,
) -> EvidenceRequest:
    """Ask for evidence; without a number the next free one is taken.

    Auditors ask; staff may, too, to prepare a list, and only staff names who answers. Raises
    NotAllowedError, ClosedError, RequestError.
    """
    ledger.lock()
    side = asking_side(engagement, by)
    _refuse_closed(engagement)
    if owner and side == Side.AUDITOR:
        raise NotAllowedError("Who answers a request is for the staff to say.")
    asked = checked(engagement, wording)
    made = EvidenceRequest(
        engagement=engagement,
        number=_number(engagement, number),
        expectation=expectation,
        asked_by=by,
        asked_for=side,
        asked_at=timezone.now(),
    )
    _put(made, asked, checked_owner(owner or Owner()))
    made.save(force_insert=True)
    _enter(made, Kind.ASKED, by, side, body=_leaf_of(made))
    return made


@transaction.atomic
def change(
    request: EvidenceRequest, *, wording: Wording, owner: Owner, by: User
) -> RequestEntry | None:
    """Change the words of a request or who answers it; None where nothing is different.

    Auditors change words, staff changes owners, and the words of what staff itself asked. What is
    accepted or withdrawn stays as it is.
    """
    ledger.lock()
    request.refresh_from_db()
    side = asking_side(request.engagement, by)
    _refuse_closed(request.engagement)
    before = (wording_of(request), owner_of(request))
    # Words that stay need no check: a control may have left the scope since they were written.
    kept = wording if wording == before[0] else checked(request.engagement, wording)
    named = owner if owner == before[1] else checked_owner(owner)
    after = (kept, named)
    if before == after:
        return None
    if obstacle := change_obstacle(request, before, after, side):
        raise NotAllowedError(obstacle)
    if state_of(request) not in WAITING:
        raise RequestError(f"{request.ref} is {_label(request)}. Ask anew instead.")
    _put(request, *after)
    request.save(update_fields=["title", "text", "refs", "due", "owner", "owner_role"])
    told = ", ".join(differences(before, after))
    return _enter(request, Kind.CHANGED, by, side, text=told, body=_leaf_of(request))


@transaction.atomic
def answer(
    request: EvidenceRequest,
    *,
    evidence: Sequence[Evidence],
    note: str,
    by: User,
    widen: bool = False,
) -> RequestEntry:
    """Answer with versions of evidence, each bound by its digest.

    An item that claims nothing in scope is refused with OutOfScopeError, unless `widen` says that
    it becomes evidence of this engagement, for the auditor and for packs. Raises NotAllowedError,
    ClosedError, RequestError.
    """
    ledger.lock()
    _refuse_unless_staff(by, Capability.SUBMIT_EVIDENCE)
    _refuse_closed(request.engagement)
    _refuse_state(request, WAITING, "answered")
    items = list({item.pk: item for item in evidence}.values())
    if not items:
        raise RequestError("Choose the evidence that answers the request.")
    told = cleaned("note", note)
    widened = _outside(request.engagement, items)
    if widened and not widen:
        raise OutOfScopeError(_what_to_do(request.engagement, widened))
    entry = _enter(
        request,
        Kind.ANSWERED,
        by,
        Side.STAFF,
        text=told,
        body={
            "evidence": [{"ref": one.ref, "sha256": one.blob_id} for one in items],
            "brought_into_scope": [one.ref for one in widened],
        },
    )
    AnswerItem.objects.bulk_create(
        AnswerItem(entry=entry, evidence=one, digest=one.blob_id) for one in items
    )
    return entry


def accept(request: EvidenceRequest, *, seen: int, by: User) -> RequestEntry:
    """Accept the answer that was seen (its key); an answer that came since is not accepted."""
    return _decide(request, Kind.ACCEPTED, seen=seen, by=by, reason="")


def return_with_reason(
    request: EvidenceRequest, *, seen: int, reason: str, by: User
) -> RequestEntry:
    """Send the answer that was seen back, with what is missing."""
    if not reason.strip():
        raise RequestError("Say what is missing, so that it can be handed in.")
    return _decide(request, Kind.RETURNED, seen=seen, by=by, reason=cleaned("reason", reason))


@transaction.atomic
def withdraw(request: EvidenceRequest, *, reason: str, by: User) -> RequestEntry:
    """Take a request back, with the reason; staff may only take back what staff asked."""
    ledger.lock()
    side = asking_side(request.engagement, by)
    _refuse_closed(request.engagement)
    if side == Side.STAFF and request.asked_for == Side.AUDITOR:
        raise NotAllowedError("The auditor asked for this. Only an auditor takes it back.")
    _refuse_state(request, WAITING, "withdrawn")
    if not reason.strip():
        raise RequestError("Say why the request is taken back.")
    return _enter(request, Kind.WITHDRAWN, by, side, text=cleaned("reason", reason))


@transaction.atomic
def comment(request: EvidenceRequest, *, text: str, by: User) -> RequestEntry:
    """Say something to the other side; it moves nothing."""
    ledger.lock()
    side = side_of(request.engagement, by)
    if side is None:
        raise NotAllowedError(f"{by} has no voice in {request.engagement.ref}.")
    _refuse_closed(request.engagement)
    if not text.strip():
        raise RequestError("Write the comment first.")
    return _enter(request, Kind.COMMENTED, by, side, text=cleaned("comment", text))


def change_obstacle(
    request: EvidenceRequest,
    before: tuple[Wording, Owner],
    after: tuple[Wording, Owner],
    side: Side,
) -> str:
    """Say why this side may not make this change; nothing where it may."""
    if side == Side.AUDITOR and before[1] != after[1]:
        return "Who answers a request is for the staff to say."
    foreign = side == Side.STAFF and request.asked_for == Side.AUDITOR
    if foreign and before[0] != after[0]:
        return f"The auditor asked {request.ref}. Only an auditor changes what it says."
    return ""


@transaction.atomic
def _decide(
    request: EvidenceRequest, kind: RequestEntry.Kind, *, seen: int, by: User, reason: str
) -> RequestEntry:
    ledger.lock()
    if side_of(request.engagement, by) != Side.AUDITOR:
        raise NotAllowedError(f"Only an auditor of {request.engagement.ref} decides on answers.")
    _refuse_closed(request.engagement)
    _refuse_state(request, (State.ANSWERED,), kind.value)
    last = _latest_move(request)
    if last.pk != seen:
        message = f"{request.ref} was answered again meanwhile. Read the new answer first."
        raise RequestError(message)
    body = {"answer": last.ledger_entry_id}
    return _enter(request, kind, by, Side.AUDITOR, text=reason, body=body)


def _enter(
    request: EvidenceRequest,
    kind: RequestEntry.Kind,
    by: User,
    side: Side,
    *,
    text: str = "",
    body: Mapping[str, object] | None = None,
) -> RequestEntry:
    """Add to the thread, with the leaf that binds it; free text stands there as its digest."""
    leaf = ledger.append(
        f"request.{kind.value}",
        subject=request.ref,
        body={"side": side.value, "text_sha256": journal.digest(text), **(body or {})},
        actor=actor(by),
    )
    return RequestEntry.objects.create(
        request=request,
        kind=kind,
        text=text,
        by=by,
        side=side,
        at=leaf.recorded_at,
        ledger_entry=leaf,
    )


def _leaf_of(request: EvidenceRequest) -> dict[str, object]:
    return {
        "title_sha256": journal.digest(request.title),
        "request_sha256": journal.digest(request.text),
        "refs": list(split(request.refs)),
        "due": request.due.isoformat() if request.due else "",
        "owner": actor(request.owner) if request.owner else request.owner_role,
    }


def _put(request: EvidenceRequest, wording: Wording, owner: Owner) -> None:
    request.title, request.text, request.due = wording.title, wording.text, wording.due
    request.refs = ", ".join(wording.refs)
    request.owner, request.owner_role = owner.person, owner.role


def _number(engagement: Engagement, wanted: int | None) -> int:
    """Return the number to take; the caller holds the log's lock."""
    if engagement.requests.count() >= MOST:
        raise RequestError(f"{engagement.ref} has {MOST:,} requests, and takes no more.")
    if wanted is None:
        last = engagement.requests.aggregate(last=Max("number"))["last"] or 0
        wanted = last + 1
    if not 1 <= wanted <= LARGEST_NUMBER:
        raise RequestError(f"A number lies between 1 and {LARGEST_NUMBER:,}; {wanted} does not.")
    if engagement.requests.filter(number=wanted).exists():
        raise RequestError(f"{engagement.ref} has a request {wanted} already. Take another number.")
    return wanted


def _outside(engagement: Engagement, items: Sequence[Evidence]) -> list[Evidence]:
    """Return the items that are no evidence of the engagement; a pack never becomes that."""
    packed = PackFile.objects.filter(evidence__in=items).select_related("evidence").first()
    if packed:
        raise RequestError(f"{packed.evidence.ref} is a pack. Answer with what lies in it.")
    known = scope.evidence_of(engagement).filter(pk__in=[item.pk for item in items])
    inside = set(known.values_list("pk", flat=True))
    return [item for item in items if item.pk not in inside]


def _what_to_do(engagement: Engagement, outside: Sequence[Evidence]) -> str:
    listed = ", ".join(item.ref for item in outside)
    return (
        f"{listed} claims nothing that is in scope of {engagement.ref}, so its auditor cannot see "
        "it. Hand in a version that counts for an expectation in scope, or say that it becomes "
        "evidence of this engagement."
    )


def _refuse_unless_staff(by: User, needed: Capability) -> None:
    if not (by.is_staff and can(by, needed)):
        raise NotAllowedError(f"{by} may not answer requests. Ask an administrator.")


def _refuse_closed(engagement: Engagement) -> None:
    if Engagement.objects.filter(pk=engagement.pk, closed_at__isnull=False).exists():
        raise ClosedError(f"{engagement.ref} is closed; its requests stay as they are.")


def _refuse_state(
    request: EvidenceRequest, fit: Sequence[EvidenceRequest.State], what: str
) -> None:
    if state_of(request) not in fit:
        message = f"{request.ref} is {_label(request)}; it cannot be {what}. Comment, or ask anew."
        raise RequestError(message)


def _latest_move(request: EvidenceRequest) -> RequestEntry:
    return request.entries.filter(kind__in=State.values).order_by("-pk")[0]


def _label(request: EvidenceRequest) -> str:
    return state_of(request).label.lower()
