"""The page on which a visitor asks for documents and accepts the agreement."""

from collections.abc import Sequence
from typing import Any

from allauth.core import ratelimit
from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import journal
from audits.buyers import asking, documents, page
from audits.buyers.asking import Visitor
from audits.errors import AuditsError
from audits.models import BuyerAgreement, BuyerDocument
from compliance.trust import access


class RequestForm(forms.Form):
    """Who asks for which documents, what for, and that the agreement is accepted."""

    documents = forms.MultipleChoiceField(
        label=gettext_lazy("Documents"), widget=forms.CheckboxSelectMultiple
    )
    name = forms.CharField(label=gettext_lazy("Your name"), max_length=asking.LONGEST_NAME)
    company = forms.CharField(label=gettext_lazy("Your company"), max_length=asking.LONGEST_NAME)
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address at the company"),
        help_text=gettext_lazy("The link to the documents is sent there, and nowhere else."),
    )
    purpose = forms.CharField(
        label=gettext_lazy("What you need them for"),
        max_length=asking.LONGEST_PURPOSE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Such as the review of a vendor before a contract."),
    )
    accepted = forms.BooleanField(
        label=gettext_lazy("I accept the agreement above, for myself and for my company")
    )
    agreement = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, offered: Sequence[BuyerDocument], **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["documents"]
        choices.choices = [(str(one.pk), one.title) for one in offered]
        for name, word in (("name", "name"), ("company", "organization"), ("email", "email")):
            self.fields[name].widget.attrs["autocomplete"] = word

    @property
    def about_visitor(self) -> list[Any]:
        """The fields that stand below the list of documents and above the agreement."""
        return [self[name] for name in ("name", "company", "email", "purpose")]

    @property
    def visitor(self) -> Visitor:
        said = self.cleaned_data
        return Visitor(said["name"], said["company"], said["email"], said["purpose"])


@access.for_visitors("GET", "HEAD", "POST")
def ask(request: HttpRequest) -> HttpResponseBase:
    """Show the agreement and the form; or record what was asked for and accepted."""
    offered, agreement = list(documents.offered()), page.agreement()
    if not offered or agreement is None:
        return render(
            request, "trust/nothing.html", {"contact": access.contact(), "at": "ask"}, status=200
        )
    digest = journal.digest(agreement.text)
    form = RequestForm(request.POST or None, offered=offered, initial={"agreement": digest})
    status = 200
    if request.method == "POST":
        status = 422
        if not ratelimit.consume(request, action="trust_request"):
            form.add_error(None, _("Too many requests from your network. Wait an hour."))
            status = 429
        elif form.is_valid() and _asked(request, form):
            return redirect("trust:asked")
    return _shown(request, form, agreement, digest, status)


@access.for_visitors("GET", "HEAD")
def asked(request: HttpRequest) -> HttpResponseBase:
    """Say what happens next."""
    return render(request, "trust/asked.html", {"contact": access.contact(), "at": "ask"})


def _asked(request: HttpRequest, form: RequestForm) -> bool:
    """Record the request, or put what was refused at the top of the form."""
    said = form.cleaned_data
    try:
        asking.ask(
            form.visitor,
            wanted=[int(key) for key in said["documents"]],
            agreement_sha256=said["agreement"],
            seen=access.seen(request),
        )
    except AuditsError as error:
        form.add_error(None, str(error))
        return False
    return True


def _shown(
    request: HttpRequest, form: RequestForm, agreement: BuyerAgreement, digest: str, status: int
) -> HttpResponseBase:
    context = {
        "form": form,
        "agreement": agreement,
        # The digest of what stands on this very page, whatever was sent before.
        "digest": digest,
        "contact": access.contact(),
        "at": "ask",
    }
    return render(request, "trust/ask.html", context, status=status)
