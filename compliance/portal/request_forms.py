"""What an auditor fills in about requests; the rules are those of the room."""

from typing import Any

from django import forms

from audits.models import EvidenceRequest
from audits.request_terms import Wording, split


class AskForm(forms.Form):
    """A request in the words of the auditor."""

    template_name = "portal/parts/fields.html"

    title = forms.CharField(max_length=200, help_text="What you want to see, in a few words.")
    text = forms.CharField(
        label="In full",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Which period, which columns, which systems: what must be there.",
    )
    refs = forms.CharField(
        label="Controls or criteria",
        required=False,
        max_length=300,
        help_text="References in scope, by comma, such as AC-01, CC6.1.",
    )
    due = forms.DateField(
        label="Due",
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="The last day, in the time zone of the organisation.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    @property
    def wording(self) -> Wording:
        said = self.cleaned_data
        return Wording(said["title"], said["text"], split(said["refs"]), said["due"])


def words_of(request: EvidenceRequest) -> dict[str, Any]:
    """Return what a form begins with where a request is changed."""
    return {
        "title": request.title,
        "text": request.text,
        "refs": request.refs,
        "due": request.due,
    }


class UploadForm(forms.Form):
    """A list of requests as a sheet."""

    template_name = "portal/parts/fields.html"

    file = forms.FileField(
        label="List (.xlsx)",
        help_text="With the columns of the list that you download here. Nothing changes before "
        "you have seen what it would do.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
