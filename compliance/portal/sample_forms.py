"""The forms of the auditors' samples: a nonce and a size, attributes, results, a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat

from audits import sampling
from audits.confidence import Proposal
from audits.models import SampleAttribute, SampleResult
from audits.sampling import Method
from audits.worksheets import LONGEST_NOTE, ItemResult


class PortalForm(forms.Form):
    """A form that can show what a room refused, with everything still typed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def add_refusal(self, refusal: Exception) -> None:
        self.add_error(None, str(refusal))


class DrawForm(PortalForm):
    nonce = forms.CharField(
        label="Your nonce",
        min_length=sampling.SHORTEST_NONCE,
        max_length=sampling.LONGEST_NONCE,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=(
            "A line of your own making, such as four words. It is entered after the population was "
            "sealed, so nobody could know which rows it chooses."
        ),
    )
    method = forms.ChoiceField(
        choices=[(one.value, one.words) for one in Method], initial=Method.RANDOM.value
    )
    size = forms.IntegerField(label="Size", min_value=1)
    reason = forms.CharField(
        label="Reason for another draw",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Every draw stays visible. With the same nonce a larger random draw keeps all "
        "rows of the smaller one.",
    )

    def __init__(self, *args: Any, proposal: Proposal, is_first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["size"].initial = proposal.size
        usual = f"{proposal.least} to {proposal.most}"
        self.fields[
            "size"
        ].help_text = (
            f"Usual here: {proposal.size}; firms take {usual}. You decide. All items ignores it."
        )
        if is_first:
            del self.fields["reason"]


class AttributesForm(PortalForm):
    titles = forms.CharField(
        label="Attributes to test of every item, one a line",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="They can be added to, and not taken away.",
    )

    @property
    def lines(self) -> list[str]:
        return str(self.cleaned_data["titles"]).splitlines()


@dataclass(frozen=True)
class Fields:
    """The fields of one attribute, as the page shows them, and what was recorded before."""

    attribute: SampleAttribute
    result: Any
    evidence: Any
    note: Any
    before: Sequence[SampleResult]


class ResultsForm(PortalForm):
    """Result, evidence and note for each attribute of one item."""

    def __init__(
        self,
        *args: Any,
        attributes: Sequence[SampleAttribute],
        latest: Mapping[str, SampleResult],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._attributes = attributes
        for one in attributes:
            found = latest.get(one.letter)
            self.fields[f"result_{one.letter}"] = forms.ChoiceField(
                label=f"{one.letter} {one.title}",
                choices=SampleResult.Result.choices,
                initial=found.result if found else SampleResult.Result.NOT_TESTED,
            )
            self.fields[f"evidence_{one.letter}"] = forms.CharField(
                label="Evidence",
                required=False,
                max_length=20,
                initial=found.evidence.ref if found and found.evidence else "",
                widget=forms.TextInput(attrs={"placeholder": "EV-000123"}),
            )
            self.fields[f"note_{one.letter}"] = forms.CharField(
                label="Note",
                required=False,
                max_length=LONGEST_NOTE,
                initial=found.note if found else "",
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def groups(self, history: Mapping[str, Sequence[SampleResult]]) -> list[Fields]:
        """The fields attribute by attribute."""
        return [
            Fields(
                one,
                self[f"result_{one.letter}"],
                self[f"evidence_{one.letter}"],
                self[f"note_{one.letter}"],
                history.get(one.letter, ()),
            )
            for one in self._attributes
        ]

    def results(self, row: int) -> list[ItemResult]:
        """What was typed, as results of one row."""
        said = self.cleaned_data
        return [
            ItemResult(
                row,
                one.letter,
                said[f"result_{one.letter}"],
                said[f"note_{one.letter}"],
                said[f"evidence_{one.letter}"],
            )
            for one in self._attributes
        ]


class SheetForm(PortalForm):
    file = forms.FileField(label="The work sheet that you filled in")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_SHEET or file.size > settings.MAX_UPLOAD_BYTES:
            raise forms.ValidationError(
                f"The file has {filesizeformat(file.size)}; a work sheet has "
                f"{filesizeformat(LARGEST_SHEET)} at most. Send the .xlsx file itself."
            )
        return file


LARGEST_SHEET = 20 * 1024**2
