"""What is current about a finding, folded from its entries: pure functions.

Rules:

1. The entries of a finding are its whole history, in the order of their steps. The current state is
   that of the last entry; no state is stored anywhere else that a deed relies on.
2. States: open, responded, remediation, retested, closed; reopened from there; or accepted as risk.
   A deed is possible in the states that MOVES names for it, and leads to the state beside it.
3. Editing adds a revision. The latest revision of a part is current; the older ones stay.
4. Two sides speak: management and the auditor. What one side has said in a part, the other side
   cannot revise. The report text and the conclusion are kept for each side apart.
5. A corrective action is open until it is done (with evidence) or withdrawn (with a reason).
6. A retest that failed reopens the finding; one that passed leads to retested. A finding closes
   only after a retest that passed. Where an auditor found it, or retested it, the last retest by
   an auditor must have passed too.
7. A later pass of a check closes nothing. A repeated deviation is another observation; it reopens a
   finding that was retested or closed.
8. Both kinds of finding fold alike: a deviation, and a check that could not run. The latter becomes
   a deviation with the first observation that shows one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class _Words(StrEnum):
    """Values that are stored, each with the words that people read."""

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class State(_Words):
    OPEN = "open"
    RESPONDED = "responded"
    REMEDIATION = "remediation"
    RETESTED = "retested"
    CLOSED = "closed"
    REOPENED = "reopened"
    RISK_ACCEPTED = "risk_accepted"


class Kind(_Words):
    DEVIATION = "deviation"
    COULD_NOT_RUN = "could_not_run"


class Source(_Words):
    CHECK = "check"
    AUDITOR = "auditor"
    OWN_TEST = "own_test"


class Side(_Words):
    SYSTEM = "system"
    MANAGEMENT = "management"
    AUDITOR = "auditor"


class Part(_Words):
    """The texts of a finding."""

    CONDITION = "condition"
    CAUSE = "cause"
    EXTENT = "extent"
    EFFECT = "effect"
    COMPENSATING = "compensating"
    NATURE = "nature"
    RESPONSE = "response"
    CONCLUSION = "conclusion"
    REPORT = "report"

    @property
    def label(self) -> str:
        return _PARTS.get(self, super().label)


class EntryKind(_Words):
    OPENED = "opened"
    OBSERVED = "observed"
    REVISED = "revised"
    COMMENTED = "commented"
    RESPONDED = "responded"
    PLANNED = "action_planned"
    DONE = "action_done"
    WITHDRAWN = "action_withdrawn"
    RETESTED = "retested"
    CLOSED = "closed"
    REOPENED = "reopened"
    RISK_ACCEPTED = "risk_accepted"


_PARTS = {
    Part.COMPENSATING: "Compensating control",
    Part.NATURE: "Isolated or systematic",
    Part.RESPONSE: "Management response",
    Part.REPORT: "Report text",
}
STATE_CHOICES = [(one.value, one.label) for one in State]
KIND_CHOICES = [(one.value, one.label) for one in Kind]
PASSED, FAILED = "passed", "failed"
AGREE, DISAGREE = "agree", "disagree"
NATURES = ("isolated", "systematic")
UNSETTLED = frozenset({State.OPEN, State.RESPONDED, State.REMEDIATION, State.REOPENED})
"""States in which a person still has to do something before it can be closed."""
OF_EACH_SIDE = frozenset({Part.CONCLUSION, Part.REPORT})
"""Parts of which each side has its own."""
AUDITORS_PARTS = frozenset({Part.CONDITION, Part.EXTENT, Part.CONCLUSION, Part.REPORT})
"""What an auditor may write; all else is management's."""
MOVES: dict[EntryKind, dict[State, State]] = {
    EntryKind.RESPONDED: {
        **{state: state for state in (State.RESPONDED, State.REMEDIATION, State.RETESTED)},
        State.OPEN: State.RESPONDED,
        State.REOPENED: State.RESPONDED,
    },
    EntryKind.PLANNED: dict.fromkeys(
        (State.RESPONDED, State.REMEDIATION, State.REOPENED), State.REMEDIATION
    ),
    EntryKind.DONE: {
        State.REMEDIATION: State.REMEDIATION,
        State.REOPENED: State.REMEDIATION,
        State.RISK_ACCEPTED: State.RISK_ACCEPTED,
    },
    EntryKind.WITHDRAWN: {
        state: state for state in (State.REMEDIATION, State.REOPENED, State.RISK_ACCEPTED)
    },
    EntryKind.CLOSED: {State.RETESTED: State.CLOSED},
    EntryKind.REOPENED: dict.fromkeys(
        (State.RETESTED, State.CLOSED, State.RISK_ACCEPTED), State.REOPENED
    ),
    EntryKind.RISK_ACCEPTED: dict.fromkeys(
        (*sorted(UNSETTLED), State.RETESTED), State.RISK_ACCEPTED
    ),
}
RETESTABLE = frozenset({State.REMEDIATION, State.RETESTED})


@dataclass(frozen=True)
class Entry:
    """One entry of a history; `who` names a person for people and `speaker` is
    their key, `evidence` names an item by its ref."""

    step: int
    kind: EntryKind
    state: State
    side: Side
    at: datetime
    actor: str
    who: str = ""
    speaker: int | None = None
    part: Part | None = None
    text: str = ""
    value: str = ""
    exceptions: int | None = None
    population: int | None = None
    action: int | None = None
    owner: str = ""
    due: date | None = None
    evidence: str = ""
    leaf: int = 0

    @property
    def word(self) -> str:
        """The value as people read it."""
        return self.value.replace("_", " ") if self.kind is EntryKind.OBSERVED else self.value


@dataclass(frozen=True)
class Action:
    """A corrective action and what became of it."""

    number: int
    planned: Entry
    ended: Entry | None = None

    @property
    def is_open(self) -> bool:
        return self.ended is None

    @property
    def is_done(self) -> bool:
        return self.ended is not None and self.ended.kind is EntryKind.DONE

    def is_overdue(self, day: date) -> bool:
        """Whether it is still open although its due day is over."""
        return self.is_open and self.planned.due is not None and self.planned.due < day


@dataclass(frozen=True)
class Record:
    """A finding as of its last entry."""

    entries: tuple[Entry, ...]
    actions: tuple[Action, ...]
    revisions: dict[Part, tuple[Entry, ...]] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return self.entries[-1].state

    @property
    def kind(self) -> Kind:
        """What it is: a deviation as soon as one observation shows one."""
        seen = [one.value for one in self.observations]
        could_not = bool(seen) and all(value == Kind.COULD_NOT_RUN for value in seen)
        return Kind.COULD_NOT_RUN if could_not else Kind.DEVIATION

    @property
    def observations(self) -> tuple[Entry, ...]:
        return tuple(one for one in self.entries if one.kind is EntryKind.OBSERVED)

    @property
    def retests(self) -> tuple[Entry, ...]:
        return tuple(one for one in self.entries if one.kind is EntryKind.RETESTED)

    @property
    def open_actions(self) -> tuple[Action, ...]:
        return tuple(one for one in self.actions if one.is_open)

    @property
    def next_due(self) -> date | None:
        """The earliest due day among the open corrective actions."""
        return min((one.planned.due for one in self.open_actions if one.planned.due), default=None)

    def current(self, part: Part, side: Side | None = None) -> Entry | None:
        """Return the revision of a part that is in force; of one side, where a side is named."""
        fit = [one for one in self.revisions.get(part, ()) if side in {None, one.side}]
        return fit[-1] if fit else None

    def report_text(self, side: Side) -> str:
        """The report text of a side; empty where nobody wrote one."""
        written = self.current(Part.REPORT, side)
        return written.text if written else ""


def fold(entries: Iterable[Entry]) -> Record:
    """Return what a history amounts to; entries come in the order of their steps, at least one."""
    history = tuple(entries)
    actions: dict[int, Action] = {}
    revisions: dict[Part, list[Entry]] = {}
    for one in history:
        if one.part is not None:
            revisions.setdefault(one.part, []).append(one)
        if one.action is None:
            continue
        if one.kind is EntryKind.PLANNED:
            actions[one.action] = Action(one.action, one)
        else:
            actions[one.action] = Action(one.action, actions[one.action].planned, one)
    return Record(
        history,
        tuple(actions.values()),
        {part: tuple(found) for part, found in revisions.items()},
    )


def obstacle_to_revising(record: Record, part: Part, side: Side) -> str:
    """Say why a side cannot revise a part; empty where it can."""
    if side == Side.AUDITOR and part not in AUDITORS_PARTS:
        return f"The {part.label.lower()} is written by management. Add a comment instead."
    if part in OF_EACH_SIDE:
        return ""
    latest = record.current(part)
    if latest and (latest.side is Side.AUDITOR) != (side == Side.AUDITOR):
        whose = "the auditor" if latest.side is Side.AUDITOR else "management"
        return f"The {part.label.lower()} was written by {whose}. Add a comment instead."
    return ""


def obstacle_to_retesting(record: Record) -> str:
    """Say why nothing can be retested yet; empty where it can be."""
    if record.state not in RETESTABLE:
        return _not_now("retested", record.state, RETESTABLE)
    if record.open_actions:
        numbers = _listed(record.open_actions)
        return f"Corrective action {numbers} is still open. Finish or withdraw it first."
    if not any(one.is_done for one in record.actions):
        return "No corrective action was done yet, so there is nothing to retest."
    return ""


def obstacle_to_closing(record: Record, source: Source) -> str:
    """Say why the finding cannot be closed; empty where it can be."""
    if record.state is not State.RETESTED:
        return _not_now("closed", record.state, MOVES[EntryKind.CLOSED])
    by_auditor = [one for one in record.retests if one.side is Side.AUDITOR]
    if by_auditor and by_auditor[-1].value == FAILED:
        return "The auditor's last retest failed. The auditor must conclude another one first."
    if source is Source.AUDITOR and not by_auditor:
        return "An auditor opened this finding, so an auditor must conclude the retest first."
    return ""


def moved(kind: EntryKind, state: State) -> tuple[State, str]:
    """Return the state after a deed; or the same state and why the deed is not possible."""
    possible = MOVES[kind]
    if state in possible:
        return possible[state], ""
    return state, _not_now(_DONE_TO_IT[kind], state, possible)


_DONE_TO_IT = {
    EntryKind.RESPONDED: "responded to",
    EntryKind.PLANNED: "given a corrective action",
    EntryKind.DONE: "remedied",
    EntryKind.WITHDRAWN: "relieved of an action",
    EntryKind.CLOSED: "closed",
    EntryKind.REOPENED: "reopened",
    EntryKind.RISK_ACCEPTED: "accepted as a risk",
}


def _not_now(deed: str, state: State, possible: Iterable[State]) -> str:
    named = " or ".join(one.label.lower() for one in dict.fromkeys(possible))
    return f"A finding that is {state.label.lower()} cannot be {deed}; it must be {named}."


def _listed(actions: Sequence[Action]) -> str:
    return ", ".join(str(one.number) for one in actions)
