"""The form of a walkthrough: the item, who was asked, and what was inspected step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from audits.models import Walkthrough
from audits.walkthroughs import (
    LONGEST_ITEM,
    LONGEST_STEP,
    MOST_STEPS,
    Step,
    Walked,
)
from compliance.portal.sample_forms import PortalForm

AT_FIRST = 6
"""So many steps are open at first; the rest unfolds."""


@dataclass(frozen=True)
class StepFields:
    """The fields of one step."""

    number: int
    text: Any
    inspected: Any
    evidence: Any


class WalkthroughForm(PortalForm):
    item = forms.CharField(
        label="The item that was followed",
        max_length=LONGEST_ITEM,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Such as change CHG-0042, merged on 3 June.",
    )
    walked_on = forms.DateField(
        label="Date", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    asked = forms.CharField(
        label="People asked, by role, one a line",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Such as release manager. Asking alone is never enough: say below what you saw.",
    )
    result = forms.ChoiceField(choices=Walkthrough.Result.choices)
    note = forms.CharField(
        label="Note",
        max_length=LONGEST_STEP,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What is not as the control says, or what a reader should know.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MOST_STEPS + 1):
            self.fields[f"text_{number}"] = _words("What happens", LONGEST_STEP)
            self.fields[f"inspected_{number}"] = _words("What was inspected", LONGEST_STEP)
            self.fields[f"evidence_{number}"] = forms.CharField(
                label="Evidence (refs, with spaces between)",
                max_length=400,
                required=False,
                widget=forms.TextInput(attrs={"placeholder": "EV-000123"}),
            )

    def about(self) -> list[Any]:
        """The fields that are asked once, the conclusion not among them."""
        return [self[name] for name in ("item", "walked_on", "asked")]

    def concluded(self) -> list[Any]:
        """The fields of the conclusion."""
        return [self["result"], self["note"]]

    def first_steps(self) -> Sequence[StepFields]:
        """The fields of the steps that are open at first."""
        return [self._step(number) for number in range(1, AT_FIRST + 1)]

    def more_steps(self) -> Sequence[StepFields]:
        """The fields of the steps that unfold."""
        return [self._step(number) for number in range(AT_FIRST + 1, MOST_STEPS + 1)]

    def walked(self) -> Walked:
        """What was typed; steps that were left empty are none."""
        said = self.cleaned_data
        steps = [
            Step(
                said[f"text_{number}"],
                said[f"inspected_{number}"],
                said[f"evidence_{number}"].replace(",", " ").split(),
            )
            for number in range(1, MOST_STEPS + 1)
        ]
        return Walked(
            item=said["item"],
            walked_on=said["walked_on"],
            asked=said["asked"].splitlines(),
            steps=[one for one in steps if one.text or one.inspected or one.evidence],
            result=said["result"],
            note=said["note"],
        )

    def _step(self, number: int) -> StepFields:
        parts = (self[f"{name}_{number}"] for name in ("text", "inspected", "evidence"))
        return StepFields(number, *parts)


def _words(label: str, most: int) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
