"""Walkthroughs: an auditor follows one item of a control from its beginning to its end.

It shows that the control is designed and implemented as its wording says, before a sample shows
whether it operated. What was recorded stays; a further walkthrough is another record.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from audits import access, records, scope, written
from audits.days import today
from audits.errors import WalkthroughError
from audits.models import Engagement, Walkthrough
from controls.models import Control
from evidence import ledger

FORMAT = "countersign-walkthrough/v1"
MOST_STEPS, MOST_PEOPLE, MOST_REFS = 20, 12, 20
LONGEST_ITEM, LONGEST_ROLE, LONGEST_STEP = 500, 120, 4_000


@dataclass(frozen=True)
class Step:
    """One step: what happens, what was inspected, and the refs of the evidence that shows it."""

    text: str
    inspected: str
    evidence: Sequence[str] = ()


@dataclass(frozen=True)
class Walked:
    """What an auditor says of a walkthrough; `asked` are the roles of the people who answered."""

    item: str
    walked_on: date
    asked: Sequence[str]
    steps: Sequence[Step]
    result: str
    note: str = ""


@dataclass(frozen=True)
class Reach:
    """How many controls of an engagement were walked through, and which were not."""

    walked: int
    lacking: Sequence[Control]

    @property
    def whole(self) -> int:
        return self.walked + len(self.lacking)


def record_walkthrough(
    engagement: Engagement, *, control: Control, walked: Walked, by: User
) -> Walkthrough:
    """Record the walkthrough of a control in the scope of an engagement.

    Raises NotAllowedError, ClosedError, WalkthroughError.
    """
    records.refuse_others(engagement, by, "walkthroughs")
    if not controls_of(engagement).filter(pk=control.pk).exists():
        raise WalkthroughError(f"{control.ref} is not in the scope of {engagement.ref}.")
    try:
        said = _said(engagement, walked)
    except ValueError as fault:
        raise WalkthroughError(f"{fault} Nothing was recorded.") from fault
    wording = control.wording_on(walked.walked_on)
    with transaction.atomic():
        ledger.lock()
        records.refuse_closed(engagement)
        made = Walkthrough(
            engagement=engagement,
            control=control,
            result=said["result"],
            number=engagement.walkthroughs.count() + 1,
            made_by=by,
            made_at=timezone.now(),
        )
        made.ref = f"{engagement.ref}/W{made.number}"
        about = {
            "format": FORMAT,
            "ref": made.ref,
            "engagement": engagement.ref,
            "number": made.number,
            "control": control.ref,
            "wording": wording.number if wording else None,
        }
        body = {"control": control.ref, "result": made.result, "steps": len(said["steps"])}
        records.keep(made, {**about, **said}, kind="walkthrough", subject=made.ref, body=body)
    return made


def controls_of(engagement: Engagement) -> QuerySet[Control]:
    """Return the controls in scope that leave evidence, by their references."""
    expected = scope.expectations_of(engagement).order_by().values("control")
    return Control.objects.filter(pk__in=expected).order_by("ref")


def reach_of(engagement: Engagement) -> Reach:
    """Return how far the walkthroughs of an engagement are."""
    done = Walkthrough.objects.filter(engagement=engagement, control=OuterRef("pk"))
    controls = list(controls_of(engagement).annotate(walked=Exists(done)))
    lacking = [one for one in controls if not one.walked]
    return Reach(len(controls) - len(lacking), lacking)


def is_walked(engagement: Engagement, control: Control) -> bool:
    """Say whether a control was walked through, whatever it came to."""
    return engagement.walkthroughs.filter(control=control).exists()


def _said(engagement: Engagement, walked: Walked) -> dict[str, Any]:
    """Return what is recorded, in good order; ValueError says what to mend."""
    item = written.text(walked.item, most=LONGEST_ITEM, what="The item")
    if not item:
        raise ValueError("Say which item was followed, such as change CHG-0042 of 3 June.")
    if walked.walked_on > today():
        raise ValueError(f"{walked.walked_on} lies in the future. Record it once it was done.")
    asked = [
        written.line(role, most=LONGEST_ROLE, what="A role")
        for role in walked.asked
        if role.strip()
    ]
    if not 1 <= len(asked) <= MOST_PEOPLE:
        raise ValueError(f"Name 1 to {MOST_PEOPLE} people who were asked, by their roles.")
    result, note = _concluded(walked)
    steps = [_step(step, place) for place, step in enumerate(walked.steps, 1)]
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ValueError(f"A walkthrough has 1 to {MOST_STEPS} steps, from beginning to end.")
    _refuse_strangers(engagement, {ref for step in steps for ref in step["evidence"]})
    return {
        "item": item,
        "walked_on": walked.walked_on.isoformat(),
        "asked": asked,
        "steps": steps,
        "result": result,
        "note": note,
    }


def _concluded(walked: Walked) -> tuple[str, str]:
    note = written.text(walked.note, most=LONGEST_STEP, what="The note")
    if walked.result not in Walkthrough.Result.values:
        raise ValueError(f"The result is one of {', '.join(Walkthrough.Result.values)}.")
    if walked.result == Walkthrough.Result.NOT_AS_DESCRIBED and not note:
        raise ValueError("Say in the note what is not as the control says.")
    return str(walked.result), note


def _step(step: Step, place: int) -> dict[str, Any]:
    text = written.text(step.text, most=LONGEST_STEP, what=f"Step {place}")
    seen = written.text(step.inspected, most=LONGEST_STEP, what=f"What step {place} inspected")
    if not text or not seen:
        raise ValueError(f"Step {place}: say what happens, and what was inspected to see it.")
    refs = list(dict.fromkeys(ref.strip() for ref in step.evidence if ref.strip()))
    if len(refs) > MOST_REFS:
        raise ValueError(
            f"Step {place} names more than {MOST_REFS} items. Name the ones that count."
        )
    return {"text": text, "inspected": seen, "evidence": refs}


def _refuse_strangers(engagement: Engagement, refs: Collection[str]) -> None:
    known = access.evidence_for(engagement).filter(ref__in=refs)
    strange = sorted(set(refs) - set(known.values_list("ref", flat=True)))
    if strange:
        raise ValueError(
            f"{', '.join(strange)} is no item of this engagement. Name its items, as EV-000123."
        )
