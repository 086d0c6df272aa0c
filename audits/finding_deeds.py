"""What people do about a finding: say, respond, remedy, retest, close, reopen, accept the risk.

Each deed adds an entry with its leaf; nothing that was said is overwritten, and no deed takes the
deviation out of its period.
"""

from collections.abc import Callable
from datetime import date

from django.db import transaction

from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from audits import days
from audits.errors import FindingError
from audits.finding_entries import Said, Speaker, about, record_of, write
from audits.finding_record import (
    AGREE,
    DISAGREE,
    FAILED,
    NATURES,
    PASSED,
    EntryKind,
    Part,
    Record,
    Side,
    Source,
    State,
    moved,
    obstacle_to_closing,
    obstacle_to_retesting,
    obstacle_to_revising,
)
from audits.finding_text import draft
from audits.findings import LONGEST_TEXT, speak_as
from audits.models import Finding
from controls.models import Control
from evidence import ledger
from evidence.models import Evidence

LONGEST_WORD = 200
LONGEST_OWNER = 120
_BY_DEEDS_OF_THEIR_OWN = {Part.RESPONSE: "Respond", Part.CONCLUSION: "Close or retest"}
Check = Callable[[Record], str]


def revise(
    finding: Finding,
    *,
    part: Part,
    text: str,
    by: User,
    side: Side = Side.MANAGEMENT,
    value: str = "",
    exceptions: int | None = None,
    population: int | None = None,
) -> Record:
    """Add a revision of one text of a finding; the older ones stay.

    `value` is the control's ref for the compensating control, isolated or systematic for the
    nature, and what was counted for the extent, of which `exceptions` is k and `population` n.
    """
    if part in _BY_DEEDS_OF_THEIR_OWN:
        raise FindingError(f"The {part.label.lower()} has a deed of its own: {part}.")
    _refuse_odd_value(part, value.strip())
    _refuse_odd_extent(part, exceptions, population)
    said = Said(
        part=part,
        text=_text(text, needed=part not in {Part.EXTENT, Part.NATURE}),
        value=value.strip()[:LONGEST_WORD],
        exceptions=exceptions,
        population=population,
    )
    return _do(
        finding,
        EntryKind.REVISED,
        said,
        by=by,
        side=side,
        check=lambda record: obstacle_to_revising(record, part, side),
    )


def draft_again(finding: Finding, *, by: User, side: Side = Side.MANAGEMENT) -> Record:
    """Put the text that the record gives in the place of a side's report text."""
    drafted = draft(about(finding), record_of(finding))
    return revise(finding, part=Part.REPORT, text=drafted, by=by, side=side)


def comment(finding: Finding, *, text: str, by: User, side: Side = Side.MANAGEMENT) -> Record:
    """Add a comment; both sides read it."""
    return _do(finding, EntryKind.COMMENTED, Said(text=_text(text)), by=by, side=side)


def respond(finding: Finding, *, agrees: bool, text: str, by: User) -> Record:
    """Give management's response to a finding; a later one revises it."""
    said = Said(part=Part.RESPONSE, text=_text(text), value=AGREE if agrees else DISAGREE)
    return _do(finding, EntryKind.RESPONDED, said, by=by)


def plan_action(finding: Finding, *, text: str, owner: str, due: date, by: User) -> Record:
    """Plan a corrective action with its owner and its due day."""
    if not owner.strip() or len(owner) > LONGEST_OWNER:
        raise FindingError(f"Name who owns the action, in at most {LONGEST_OWNER} letters.")
    if due < days.today():
        raise FindingError(f"{due} is over already. Choose a due day from today on.")
    words = _text(text)

    def said(record: Record) -> Said:
        return Said(text=words, owner=owner.strip(), due=due, action=len(record.actions) + 1)

    return _do(finding, EntryKind.PLANNED, said, by=by)


def finish_action(
    finding: Finding, *, action: int, evidence: Evidence, text: str, by: User
) -> Record:
    """Say that a corrective action is done, with the evidence of it."""
    said = Said(text=_text(text, needed=False), action=action, evidence=evidence)
    return _do(finding, EntryKind.DONE, said, by=by, check=_action_is_open(action))


def withdraw_action(finding: Finding, *, action: int, reason: str, by: User) -> Record:
    """Give up a corrective action, with the reason."""
    said = Said(text=_text(reason), action=action)
    return _do(finding, EntryKind.WITHDRAWN, said, by=by, check=_action_is_open(action))


def retest(
    finding: Finding,
    *,
    passed: bool,
    evidence: Evidence,
    text: str,
    by: User,
    side: Side = Side.MANAGEMENT,
) -> Record:
    """Conclude a retest with its evidence: it passed, or the finding is open again.

    Whoever did a corrective action does not retest it.
    """
    said = Said(
        part=Part.CONCLUSION,
        text=_text(text),
        value=PASSED if passed else FAILED,
        evidence=evidence,
    )

    def check(record: Record) -> str:
        mine = any(one.ended and one.ended.actor == actor(by) for one in record.actions)
        own = "You did a corrective action of this finding. Another person must retest it."
        return obstacle_to_retesting(record) or (own if mine else "")

    return _do(
        finding,
        EntryKind.RETESTED,
        said,
        by=by,
        side=side,
        needs=Capability.MANAGE_FINDINGS,
        check=check,
        state=State.RETESTED if passed else State.REOPENED,
    )


def close(finding: Finding, *, conclusion: str, by: User) -> Record:
    """Close a finding that was retested; it stays a deviation of its period."""
    said = Said(part=Part.CONCLUSION, text=_text(conclusion))
    return _do(
        finding,
        EntryKind.CLOSED,
        said,
        by=by,
        needs=Capability.MANAGE_FINDINGS,
        check=lambda record: obstacle_to_closing(record, Source(finding.source)),
    )


def reopen(finding: Finding, *, reason: str, by: User, side: Side = Side.MANAGEMENT) -> Record:
    """Open a finding again, with the reason."""
    said = Said(text=_text(reason))
    return _do(
        finding, EntryKind.REOPENED, said, by=by, side=side, needs=Capability.MANAGE_FINDINGS
    )


def accept_risk(finding: Finding, *, reason: str, by: User) -> Record:
    """Accept what remains as a risk, with the reason; the deviation stays in its period."""
    said = Said(text=_text(reason))
    return _do(finding, EntryKind.RISK_ACCEPTED, said, by=by, needs=Capability.MANAGE_FINDINGS)


@transaction.atomic
def _do(
    finding: Finding,
    kind: EntryKind,
    said: Said | Callable[[Record], Said],
    *,
    by: User,
    side: Side = Side.MANAGEMENT,
    needs: Capability = Capability.ANSWER_FINDINGS,
    check: Check = lambda _record: "",
    state: State | None = None,
) -> Record:
    """Add one entry under the log's lock, if the person may and the history lets it."""
    speak_as(side, finding.engagement, by, needs=needs)
    ledger.lock()
    record = record_of(finding)
    after, obstacle = state or record.state, check(record)
    if kind in _MOVING and not obstacle:
        after, obstacle = moved(kind, record.state)
    if obstacle:
        raise FindingError(obstacle)
    words = said if isinstance(said, Said) else said(record)
    return write(finding, record, kind, words, state=after, speaker=Speaker(side, by))


_MOVING = frozenset(
    {
        EntryKind.RESPONDED,
        EntryKind.PLANNED,
        EntryKind.DONE,
        EntryKind.WITHDRAWN,
        EntryKind.CLOSED,
        EntryKind.REOPENED,
        EntryKind.RISK_ACCEPTED,
    }
)


def _action_is_open(number: int) -> Check:
    def check(record: Record) -> str:
        if any(one.number == number for one in record.open_actions):
            return ""
        return f"There is no open corrective action {number}. Reload the page."

    return check


def _text(text: str, *, needed: bool = True) -> str:
    kept = text.strip()
    if needed and not kept:
        raise FindingError("Write it in words: auditors ask for the reason.")
    if len(kept) > LONGEST_TEXT:
        raise FindingError(f"The text is longer than {LONGEST_TEXT:,} letters. Shorten it.")
    return kept


def _refuse_odd_value(part: Part, value: str) -> None:
    if part is Part.NATURE and value not in NATURES:
        raise FindingError("Say whether the deviation is isolated or systematic.")
    if part is Part.COMPENSATING and value and not Control.objects.filter(ref=value).exists():
        raise FindingError(
            f"There is no control {value}. Name one of the catalogue, such as AC-01."
        )


def _refuse_odd_extent(part: Part, exceptions: int | None, population: int | None) -> None:
    if part is not Part.EXTENT:
        return
    if exceptions is None or population is None or not 0 <= exceptions <= population:
        raise FindingError("Give the extent as k of n, where k is no more than n.")
