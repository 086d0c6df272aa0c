"""The forms by which staff deal with a finding; each translates into one deed of the room."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms

from accounts.models import User
from audits import finding_deeds, findings
from audits.finding_record import NATURES, Part, Record, Side
from audits.models import Engagement, Finding
from audits.scope import expectations_of
from compliance.staff import words
from compliance.staff.forms import DayField, StaffForm
from controls.models import Expectation
from evidence.models import Evidence

_USUAL_DAYS = timedelta(days=30)


def words_field(label: str, *, required: bool = True, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=findings.LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows_wanted": 5}),
    )


class EvidenceField(forms.CharField):
    """An item of evidence, named by its reference."""

    def __init__(self, **options: Any) -> None:
        help_text = "Its reference, such as EV-000123. Hand it in first if it is not there yet."
        super().__init__(label="Evidence", max_length=20, help_text=help_text, **options)

    def clean(self, value: Any) -> Any:
        ref = super().clean(value).upper()
        found = Evidence.objects.filter(ref=ref).first()
        if found is None:
            raise forms.ValidationError(f"There is no evidence {ref}.")
        return found


class DeedForm(StaffForm):
    """A form that does one thing to a finding."""

    heading: ClassVar[str] = ""
    intro: ClassVar[str] = ""
    button: ClassVar[str] = "Save"

    def __init__(self, *args: Any, record: Record, **kwargs: Any) -> None:
        self.record = record
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """Fill the form with what is current."""

    def perform(self, finding: Finding, by: User) -> None:
        raise TypeError(f"{type(self).__name__} does nothing.")


class PartForm(DeedForm):
    """A revision of one text of a finding."""

    part: ClassVar[Part]
    intro = "The texts before stay in the history."
    text = words_field("Text")

    def prepare(self) -> None:
        current = self.record.current(self.part, self.side)
        self.fields["text"].initial = current.text if current else ""

    @property
    def side(self) -> Side | None:
        return Side.MANAGEMENT if self.part is Part.REPORT else None

    def perform(self, finding: Finding, by: User) -> None:
        finding_deeds.revise(finding, part=self.part, by=by, **self.cleaned_data)


class ConditionForm(PartForm):
    part, heading = Part.CONDITION, "What was expected, and what happened"


class CauseForm(PartForm):
    part, heading = Part.CAUSE, "The cause"


class EffectForm(PartForm):
    part, heading = Part.EFFECT, "The effect"
    text = words_field(
        "Effect", help_text="Any harm, and what a look back over the period has shown."
    )


class ReportForm(PartForm):
    part, heading = Part.REPORT, "The report text"
    intro = "What management proposes. The auditor keeps a text of their own."


class NatureForm(PartForm):
    part, heading = Part.NATURE, "Isolated or systematic"
    value = forms.ChoiceField(
        label="The deviation is",
        choices=[(value, value.capitalize()) for value in NATURES],
        widget=forms.RadioSelect,
        help_text="Systematic: the cause repeats, lasts, or the design could never catch it.",
    )
    text = words_field("Why", required=False)
    field_order = ("value", "text")


class CompensatingForm(PartForm):
    part, heading = Part.COMPENSATING, "The compensating control"
    value = forms.CharField(
        label="Control", max_length=20, required=False, help_text="Such as AC-01, if it is one."
    )
    text = words_field(
        "How it compensates", help_text="It must have operated in the same days and be tested too."
    )
    field_order = ("value", "text")


class ExtentForm(PartForm):
    part, heading = Part.EXTENT, "The extent"
    widths = {"exceptions": "third", "population": "third", "value": "third"}
    exceptions = forms.IntegerField(label="Exceptions (k)", min_value=0, max_value=2**53)
    population = forms.IntegerField(label="Of (n)", min_value=0, max_value=2**53)
    value = forms.CharField(
        label="What was counted", max_length=100, help_text="Such as leavers sampled."
    )
    text = words_field("More about it", required=False)
    field_order = ("exceptions", "population", "value", "text")

    def prepare(self) -> None:
        super().prepare()
        current = self.record.current(Part.EXTENT)
        for name in ("exceptions", "population", "value"):
            self.fields[name].initial = getattr(current, name) if current else None


class RespondForm(DeedForm):
    heading, button = "Respond to the finding", "Respond"
    agrees = forms.ChoiceField(
        label="Management",
        choices=[("yes", "Agrees"), ("no", "Disagrees")],
        widget=forms.RadioSelect,
    )
    text = words_field("Response", help_text="Cause, effect and what is done, without marketing.")

    def perform(self, finding: Finding, by: User) -> None:
        agrees = self.cleaned_data["agrees"] == "yes"
        finding_deeds.respond(finding, agrees=agrees, text=self.cleaned_data["text"], by=by)


class PlanForm(DeedForm):
    heading, button = "Plan a corrective action", "Plan it"
    widths = {"owner": "half", "due": "half"}
    text = words_field("What is to be done")
    owner = forms.CharField(max_length=finding_deeds.LONGEST_OWNER)
    due = DayField(label="Due", help_text="The last day on which it is in time.")

    def prepare(self) -> None:
        self.fields["due"].initial = words.today() + _USUAL_DAYS

    def perform(self, finding: Finding, by: User) -> None:
        finding_deeds.plan_action(finding, by=by, **self.cleaned_data)


class ActionForm(DeedForm):
    """A deed about one of the open corrective actions."""

    action = forms.TypedChoiceField(label="Corrective action", coerce=int)

    def prepare(self) -> None:
        field = self.fields["action"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  narrows the type
        field.choices = [
            (one.number, f"{one.number}. {one.planned.text[:80]}")
            for one in self.record.open_actions
        ]


class FinishForm(ActionForm):
    heading, button = "Say that a corrective action is done", "It is done"
    evidence = EvidenceField()
    text = words_field("What was done", required=False)

    def perform(self, finding: Finding, by: User) -> None:
        finding_deeds.finish_action(finding, by=by, **self.cleaned_data)


class WithdrawForm(ActionForm):
    heading, button = "Withdraw a corrective action", "Withdraw it"
    reason = words_field("Why")

    def perform(self, finding: Finding, by: User) -> None:
        finding_deeds.withdraw_action(finding, by=by, **self.cleaned_data)


class RetestForm(DeedForm):
    heading, button = "Conclude a retest", "Conclude"
    intro = "A retest that failed opens the finding again."
    passed = forms.ChoiceField(
        label="The retest",
        choices=[("yes", "Passed"), ("no", "Failed")],
        widget=forms.RadioSelect,
    )
    evidence = EvidenceField()
    text = words_field("What was tested, and what was seen")

    def perform(self, finding: Finding, by: User) -> None:
        answers = self.cleaned_data
        finding_deeds.retest(
            finding,
            passed=answers["passed"] == "yes",
            evidence=answers["evidence"],
            text=answers["text"],
            by=by,
        )


class CloseForm(DeedForm):
    heading, button = "Close the finding", "Close it"
    intro = "It stays a deviation of its period, in coverage and in every pack."
    conclusion = words_field("Conclusion")

    def perform(self, finding: Finding, by: User) -> None:
        finding_deeds.close(finding, by=by, **self.cleaned_data)


class ReasonForm(DeedForm):
    reason = words_field("Why")


class ReopenForm(ReasonForm):
    heading, button = "Reopen the finding", "Reopen it"

    def perform(self, finding: Finding, by: User) -> None:
        finding_deeds.reopen(finding, by=by, **self.cleaned_data)


class AcceptForm(ReasonForm):
    heading, button = "Accept what remains as a risk", "Accept the risk"
    intro = "It stays a deviation of its period, in coverage and in every pack."

    def perform(self, finding: Finding, by: User) -> None:
        finding_deeds.accept_risk(finding, by=by, **self.cleaned_data)


class CommentForm(DeedForm):
    heading, button = "Add a comment", "Add it"
    intro = "Auditors of the engagement read it too."
    text = words_field("Comment")

    def perform(self, finding: Finding, by: User) -> None:
        finding_deeds.comment(finding, by=by, **self.cleaned_data)


class OpenForm(StaffForm):
    """A finding by management's own test, of one occurrence."""

    widths = {"expectation": "half", "day": "half"}
    expectation = forms.ModelChoiceField(Expectation.objects.none(), label="Evidence expected")
    day = DayField(label="A day it concerns", help_text="The whole occurrence is meant.")
    title = forms.CharField(max_length=findings.LONGEST_TITLE)
    condition = words_field("What was expected, and what happened")

    def __init__(self, *args: Any, engagement: Engagement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.engagement = engagement
        field = self.fields["expectation"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  narrows the type
        field.queryset = expectations_of(engagement).select_related("control")
        field.label_from_instance = (  # type: ignore[method-assign]
            lambda obj: f"{obj.control.ref} {obj.title}"
        )

    def perform(self, by: User) -> Finding:
        answers = self.cleaned_data
        return findings.open_finding(
            self.engagement,
            subject=findings.occurrence_on(self.engagement, answers["expectation"], answers["day"]),
            title=answers["title"],
            condition=answers["condition"],
            source="own_test",
            by=by,
        )


DEEDS: dict[str, type[DeedForm]] = {
    "condition": ConditionForm,
    "cause": CauseForm,
    "extent": ExtentForm,
    "effect": EffectForm,
    "nature": NatureForm,
    "compensating": CompensatingForm,
    "report": ReportForm,
    "respond": RespondForm,
    "plan": PlanForm,
    "finish": FinishForm,
    "withdraw": WithdrawForm,
    "retest": RetestForm,
    "close": CloseForm,
    "reopen": ReopenForm,
    "accept-risk": AcceptForm,
    "comment": CommentForm,
}
