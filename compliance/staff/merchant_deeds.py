"""Deeds about merchants in the staff door: add, approve, mail or show a link, exchange."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import REFUSALS, attempt, person, typed
from compliance.staff.forms import StaffForm
from compliance.staff.merchants import one
from compliance.staff.site import DO, READ_AND_DO, site
from merchants import changing, issuing_many, links, parties, questions, reminding
from merchants.identity import Identity
from merchants.models import Application, ComplianceForm, Environment, Merchant
from merchants.parties import Applicant
from merchants.questionnaire import TYPES


class PlatformForm(StaffForm):
    name = forms.CharField(label="Name", max_length=120)
    environment = forms.ChoiceField(
        label="Environment", choices=Environment.choices, initial=Environment.LIVE
    )
    overdue_note = forms.CharField(
        label="What merchants are told about an overdue form",
        max_length=300,
        required=False,
        help_text="For example a fee that the platform takes then.",
    )


class MerchantForm(StaffForm):
    """A merchant with the interview that chooses its form; a type that was chosen beats it."""

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
    form_type = forms.ChoiceField(
        label="Form",
        required=False,
        choices=[("", "The one that the interview says"), *((each, each) for each in TYPES)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["application"].queryset = Application.objects.order_by("name")  # type: ignore[attr-defined]
        for asked in (questions.PROVIDER, questions.STORES, *_pairs()):
            self.fields[asked.id] = forms.ChoiceField(
                label=asked.asks,
                required=False,
                choices=[("", "Not answered"), *((each.word, each.says) for each in asked.choices)],
            )
            self.fields[asked.id].widget.attrs["class"] = "cs-input"
            self.fields[asked.id].cs_width = ""  # type: ignore[attr-defined]
            self.fields[asked.id].cs_bare = False  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Choose the form by the interview, and say what is still to be answered."""
        said = super().clean() or {}
        names = [one.id for one in (questions.PROVIDER, questions.STORES, *_pairs())]
        self.interview = {name: said[name] for name in names if said.get(name)}
        self.outcome = questions.choose(self.interview)
        if said.get("form_type"):
            return said
        if self.outcome.open_questions:
            for asked in self.outcome.open_questions:
                self.add_error(asked.id, "Answer this, or choose the form yourself.")
        elif not self.outcome.form_type:
            self.add_error("form_type", self.outcome.reasons[0])
        return said

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


@site.page(
    "merchants/platforms/add/",
    name="platform_add",
    needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO,
)
def add_platform(request: HttpRequest) -> HttpResponseBase:
    form = PlatformForm(request.POST or None)
    if form.is_valid():
        try:
            parties.add_application(
                form.cleaned_data["name"],
                environment=form.cleaned_data["environment"],
                overdue_note=form.cleaned_data["overdue_note"],
                by=person(request),
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:merchants")
    return _form(request, form, "Add a platform", "Add it")


@site.page(
    "merchants/add/", name="merchant_add", needs=Capability.MANAGE_MERCHANTS, methods=READ_AND_DO
)
def add_merchant(request: HttpRequest) -> HttpResponseBase:
    """Add a merchant and approve it at once: its form is issued."""
    form = MerchantForm(request.POST or None)
    if form.is_valid():
        by = person(request)
        try:
            made = parties.add_merchants(
                form.cleaned_data["application"], [form.applicant()], by=by
            )
            (issued,) = parties.approve(made, by=by)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            return redirect("admin:merchant_form", issued.ref)
    return _form(request, form, "Add a merchant", "Add it, and issue its form")


@site.page(
    "merchants/platforms/<int:pk>/approve/",
    name="platform_approve",
    needs=Capability.MANAGE_MERCHANTS,
    methods=DO,
)
def approve_all(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Approve every merchant of a platform that waits; the job shows how far it is."""
    application, by = get_object_or_404(Application, pk=pk), person(request)
    job = attempt(
        request, lambda: issuing_many.ask(application, by=by), done="The forms are being issued."
    )
    return redirect("admin:job", job.pk) if job else redirect("admin:merchants")


@site.page(
    "merchants/remind/", name="merchants_remind", needs=Capability.MANAGE_MERCHANTS,
    methods=READ_AND_DO, fresh=True,
)  # fmt: skip
def remind_many(request: HttpRequest) -> HttpResponseBase:
    """Mail a link to every merchant of a platform whose form is in a state."""
    form = RemindForm(request.POST or None)
    if form.is_valid():
        by = person(request)
        job = attempt(
            request,
            lambda: reminding.ask_many(
                form.cleaned_data["application"],
                state=form.cleaned_data["state"],
                by=by,
                today=words.today(),
            ),
            done="The mails are being sent.",
        )
        return redirect("admin:job", job.pk) if job else redirect("admin:merchants")
    return _form(request, form, "Remind merchants", "Mail each a link")


class RemindForm(StaffForm):
    application = forms.ModelChoiceField(label="Platform", queryset=Application.objects.none())
    state = forms.ChoiceField(
        label="Forms that are",
        choices=[
            (each.value, each.label)
            for each in (ComplianceForm.State.OVERDUE, ComplianceForm.State.INCOMPLETE)
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["application"].queryset = Application.objects.order_by("name")  # type: ignore[attr-defined]


@site.page(
    "merchants/forms/<str:ref>/link/", name="merchant_link", needs=Capability.MANAGE_MERCHANTS,
    methods=DO, fresh=True,
)  # fmt: skip
@never_cache
def make_link(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Show a new link to the form once; who mails it is the person who asked."""
    form, by = one(ref), person(request)
    made = attempt(
        request,
        lambda: links.make(form, actor=f"user:{by.pk}"),
        done="The link is made. It is shown this once.",
    )
    if made is None:
        return redirect("admin:merchant_form", ref)
    link, secret = made
    path = reverse("signing:overview", args=[secret])
    context = {
        "title": "The merchant's link",
        "intro": f"To the form {form.ref}.",
        "secret": request.build_absolute_uri(path),
        "secret_label": "Link",
        "explanation": (
            "Whoever has it can answer and sign for this merchant. It signs once, and is over on "
            f"{words.clock(link.expires_at)}."
        ),
        "onward": reverse("admin:merchant_form", args=[ref]),
    }
    return site.render(request, "staff/secret.html", context)


@site.page(
    "merchants/forms/<str:ref>/do/<slug:deed>/",
    name="merchant_do",
    needs=Capability.MANAGE_MERCHANTS,
    methods=DO,
)
def do(request: HttpRequest, ref: str, deed: str) -> HttpResponseBase:
    """Do one of the deeds that stand on the page of a form."""
    form, by, reason = one(ref), person(request), typed(request, "reason")
    merchant: Merchant = form.merchant
    deeds = {
        "remind": (
            lambda: reminding.ask(form, by=by, today=words.today()),
            "The merchant is mailed a link.",
        ),
        "end-links": (
            lambda: links.withdraw(form, actor=f"user:{by.pk}"),
            "Every open link of the form is over.",
        ),
        "invalidate": (
            lambda: changing.invalidate(form, by=by, reason=reason),
            "The form is invalid.",
        ),
        "exchange": (
            lambda: changing.exchange(
                merchant, form_type=typed(request, "type"), by=by, reason=reason
            ),
            "The merchant has another form.",
        ),
        "stop": (
            lambda: parties.switch(merchant, may_take_cards=False, by=by, reason=reason),
            "The merchant takes no more cards.",
        ),
        "go-on": (
            lambda: parties.switch(merchant, may_take_cards=True, by=by, reason=reason),
            "The merchant may take cards again.",
        ),
    }
    if deed in deeds:
        act, done = deeds[deed]
        result = attempt(request, act, done=done)
        if isinstance(result, ComplianceForm):
            return redirect("admin:merchant_form", result.ref)
    return redirect("admin:merchant_form", ref)


def _pairs() -> list[questions.Question]:
    """Return the questions about each way of payment, with how beside whether."""
    return [
        asked
        for channel in questions.CHANNELS
        for asked in (questions.TAKES[channel], questions.HOW[channel])
    ]


def _form(request: HttpRequest, form: StaffForm, title: str, button: str) -> HttpResponseBase:
    context = {
        "title": title,
        "form": form,
        "button": button,
        "cancel": reverse("admin:merchants"),
    }
    return site.render(request, "staff/form.html", context)
