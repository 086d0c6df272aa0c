"""Forms about merchants in the staff door: who it is, and the interview that chooses its form."""

from typing import Any

from django import forms

from compliance.staff.forms import StaffForm, dress
from merchants import parties, questions
from merchants.identity import Identity
from merchants.models import Application
from merchants.parties import Applicant
from merchants.questionnaire import TYPES


class InterviewForm(StaffForm):
    """The questions that choose a form; a type that was chosen beats them."""

    form_type = forms.ChoiceField(
        label="Form",
        required=False,
        choices=[("", "The one that the interview says"), *((each, each) for each in TYPES)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for asked in _asked():
            self.fields[asked.id] = forms.ChoiceField(
                label=asked.asks,
                required=False,
                choices=[("", "Not answered"), *((each.word, each.says) for each in asked.choices)],
            )
            dress(self.fields[asked.id])

    def clean(self) -> dict[str, Any]:
        """Choose the form by the interview, and say what is still to be answered."""
        said = super().clean() or {}
        self.interview = {asked.id: said[asked.id] for asked in _asked() if said.get(asked.id)}
        self.outcome = questions.choose(self.interview)
        if said.get("form_type"):
            return said
        if self.outcome.open_questions:
            for asked in self.outcome.open_questions:
                self.add_error(asked.id, "Answer this, or choose the form yourself.")
        elif not self.outcome.form_type:
            self.add_error("form_type", self.outcome.reasons[0])
        return said


class MerchantForm(InterviewForm):
    """A merchant with the interview that chooses its form."""

    widths = {
        "business_name": "half",
        "trading_name": "half",
        "contact_name": "half",
        "contact_title": "half",
        "contact_email": "half",
        "phone": "half",
        "own_number": "half",
        "level": "half",
    }
    field_order = ("application", *Identity.__dataclass_fields__, "own_number", "level")

    application = forms.ModelChoiceField(label="Platform", queryset=Application.objects.none())
    business_name = forms.CharField(label="Name of the business", max_length=200)
    trading_name = forms.CharField(label="Trading as", max_length=200, required=False)
    contact_name = forms.CharField(label="Contact", max_length=200, required=False)
    contact_title = forms.CharField(label="Title of the contact", max_length=200, required=False)
    contact_email = forms.EmailField(label="E-mail address of the contact")
    phone = forms.CharField(label="Telephone", max_length=60, required=False)
    address = forms.CharField(label="Address", max_length=200, required=False)
    website = forms.CharField(label="Website", max_length=200, required=False)
    own_number = forms.CharField(label="Number at the platform", max_length=80, required=False)
    level = forms.ChoiceField(
        label="Merchant level", choices=[(str(each), str(each)) for each in parties.LEVELS],
        initial="4",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["application"].queryset = Application.objects.order_by("name")  # type: ignore[attr-defined]

    def applicant(self) -> Applicant:
        """Return the merchant that was typed."""
        said = self.cleaned_data
        names = Identity.__dataclass_fields__
        return Applicant(
            identity=Identity(**{name: said[name] for name in names}),
            form_type=said["form_type"] or self.outcome.form_type,
            level=int(said["level"]),
            own_number=said["own_number"],
            interview=self.interview,
        )


def _asked() -> list[questions.Question]:
    """Return the questions of the interview, with how beside whether."""
    found = [questions.PROVIDER, questions.STORES]
    for channel in questions.CHANNELS:
        found += [questions.TAKES[channel], questions.HOW[channel]]
    return found
