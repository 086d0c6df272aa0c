"""The forms by which an auditor opens a finding, comments on it and concludes a retest."""

from typing import Any, ClassVar

from django import forms

from accounts.models import User
from audits import finding_deeds, findings
from audits.errors import AuditsError
from audits.finding_record import Part, Record, Side
from audits.models import Engagement, Finding
from audits.scope import expectations_of
from compliance.portal import access


def words_field(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=findings.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class AuditorsForm(forms.Form):
    """A form of one engagement; what the room refuses becomes an error on top of it."""

    heading: ClassVar[str] = ""
    button: ClassVar[str] = ""

    def __init__(
        self, *args: Any, engagement: Engagement, record: Record | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.engagement = engagement
        self.record = record

    def attempt(self, finding: Finding | None, by: User) -> Finding | None:
        """Do the deed and return the finding; None where it was refused, and the form says why."""
        if not self.is_valid():
            return None
        try:
            return self.perform(finding, by)
        except AuditsError as refusal:
            self.add_error(None, str(refusal))
            return None

    def perform(self, finding: Finding | None, by: User) -> Finding:
        raise TypeError(f"{type(self).__name__} does nothing to {finding} for {by}.")


class OpenForm(AuditorsForm):
    heading, button = "Open a finding", "Open it"
    expectation = forms.ChoiceField(label="Evidence expected")
    day = forms.DateField(
        label="A day it concerns",
        help_text="The whole occurrence is meant.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    title = forms.CharField(max_length=findings.LONGEST_TITLE)
    condition = words_field("What was expected, and what happened")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = expectations_of(self.engagement).select_related("control")
        self.known = {one.slug: one for one in known}
        field = self.fields["expectation"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  narrows the type
        field.choices = [
            (slug, f"{one.control.ref} {one.title}") for slug, one in self.known.items()
        ]

    def perform(self, finding: Finding | None, by: User) -> Finding:  # noqa: ARG002
        answers = self.cleaned_data
        expectation = self.known[answers["expectation"]]
        return findings.open_finding(
            self.engagement,
            subject=findings.occurrence_on(self.engagement, expectation, answers["day"]),
            title=answers["title"],
            condition=answers["condition"],
            source="auditor",
            by=by,
        )


class DeedForm(AuditorsForm):
    """Something that an auditor does about a finding that is there."""

    def perform(self, finding: Finding | None, by: User) -> Finding:
        assert finding is not None  # noqa: S101  the page is that of a finding
        self.deed(finding, by)
        return finding

    def deed(self, finding: Finding, by: User) -> None:
        raise TypeError(f"{type(self).__name__} does nothing to {finding} for {by}.")


class CommentForm(DeedForm):
    heading, button = "Add a comment", "Add it"
    text = words_field("Comment", "The company reads it too.")

    def deed(self, finding: Finding, by: User) -> None:
        text = self.cleaned_data["text"]
        finding_deeds.comment(finding, text=text, by=by, side=Side.AUDITOR)


class ReopenForm(DeedForm):
    heading, button = "Reopen the finding", "Reopen it"
    reason = words_field("Why")

    def deed(self, finding: Finding, by: User) -> None:
        reason = self.cleaned_data["reason"]
        finding_deeds.reopen(finding, reason=reason, by=by, side=Side.AUDITOR)


class RetestForm(DeedForm):
    heading, button = "Conclude a retest", "Conclude"
    passed = forms.ChoiceField(
        label="The retest", choices=[("", "Choose"), ("yes", "Passed"), ("no", "Failed")]
    )
    evidence = forms.CharField(
        max_length=20, help_text="The reference of an item of this audit, such as EV-000123."
    )
    text = words_field(
        "What was tested, and what was seen", "Nobody can change your conclusion afterwards."
    )

    def clean_evidence(self) -> Any:
        ref = self.cleaned_data["evidence"].upper()
        found = access.evidence(self.engagement).filter(ref=ref).first()
        if found is None:
            raise forms.ValidationError(f"This audit holds no evidence {ref}.")
        return found

    def deed(self, finding: Finding, by: User) -> None:
        answers = self.cleaned_data
        finding_deeds.retest(
            finding,
            passed=answers["passed"] == "yes",
            evidence=answers["evidence"],
            text=answers["text"],
            by=by,
            side=Side.AUDITOR,
        )


class PartForm(DeedForm):
    """A revision of a text that is the auditor's own."""

    part: ClassVar[Part]
    button = "Save"
    text = words_field("Text", "The texts before stay in the history.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self.record.current(self.part, Side.AUDITOR) if self.record else None
        self.fields["text"].initial = current.text if current else ""

    def deed(self, finding: Finding, by: User) -> None:
        text = self.cleaned_data["text"]
        finding_deeds.revise(finding, part=self.part, text=text, by=by, side=Side.AUDITOR)


class ConditionForm(PartForm):
    part, heading = Part.CONDITION, "What was expected, and what happened"


class ReportForm(PartForm):
    part, heading = Part.REPORT, "Your text for the report"


DEEDS: dict[str, type[DeedForm]] = {
    "comment": CommentForm,
    "retest": RetestForm,
    "reopen": ReopenForm,
    "condition": ConditionForm,
    "report": ReportForm,
}
