"""The page to sign on: what is signed, the consent, and who signs."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from compliance.signing import access
from compliance.signing.steps import Way
from merchants import answering, identity, signing
from merchants.errors import MerchantsError, SignatureError
from merchants.models import SigningLink
from merchants.signing import Seen, Signature


class SignatureForm(forms.Form):
    """Who signs; the rest is seen by the server."""

    name = forms.CharField(label=_("Your full name"), max_length=200)
    title = forms.CharField(label=_("Your title in the business"), max_length=200)
    signed_on = forms.DateField(
        label=_("Today's date, by your calendar"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )
    consent = forms.BooleanField(label=_("I agree to this, and sign"))
    # A script fills in the clock of the browser; without one the typed day stands for it.
    clock = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["title"].widget.attrs["autocomplete"] = "organization-title"
        self.fields["clock"].widget.attrs["data-clock"] = "time"
        self.fields["signed_on"].widget.attrs["data-clock"] = "day"

    def clean_signed_on(self) -> date:
        """Refuse a day that is today nowhere on earth: it is a mistake in typing."""
        day: date = self.cleaned_data["signed_on"]
        if abs(day - timezone.now().date()) > timedelta(days=1):
            raise forms.ValidationError(_("This is not today's date. Look at your calendar."))
        return day

    @property
    def signed_at(self) -> str:
        """The moment by the clock of who signs, as it was sent: our own is kept beside it."""
        clock = str(self.cleaned_data["clock"])
        day: date = self.cleaned_data["signed_on"]
        return clock if _is_moment(clock) else day.isoformat()


@access.for_merchant("GET", "HEAD", "POST")
def sign(request: HttpRequest, secret: str, link: SigningLink) -> HttpResponseBase:
    """Show what is signed, and take the signature."""
    if link.form.state not in answering.OPEN or link.used_at:
        return redirect("signing:overview", secret)
    way = Way(link.form)
    known = identity.opened(link.form.merchant)
    first = {"name": known.contact_name, "title": known.contact_title}
    form = SignatureForm(request.POST or None, initial=first)
    obstacle = signing.obstacle(way.known)
    status = 200
    if request.method == "POST":
        if not obstacle and form.is_valid() and _signed(request, link, form):
            return redirect("signing:overview", secret)
        status = 422
    context = {
        "secret": secret,
        "way": way,
        "form": link.form,
        "fields": form,
        "obstacle": obstacle,
        "open": [step for step in way.steps if not step.is_done],
        "merchant": known,
        "standing": way.known.standing,
        "consent": signing.CONSENT,
    }
    return render(request, "signing/sign.html", context, status=status)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _signed(request: HttpRequest, link: SigningLink, form: SignatureForm) -> bool:
    """Sign, or put what was refused beside its field."""
    agent = request.headers.get("User-Agent", "")[:500] or "unknown"
    address = access.address_of(request) or "unknown"
    signature = Signature(
        name=form.cleaned_data["name"],
        title=form.cleaned_data["title"],
        ip_address=address,
        user_agent=agent,
        signed_at=form.signed_at,
    )
    try:
        signing.sign(
            link.form,
            signature,
            actor=access.actor(link),
            seen=Seen(address, agent),
            link=link,
        )
    except SignatureError as error:
        for name, text in error.problems.items():
            form.add_error(name if name in form.fields else None, text)
    except MerchantsError as error:
        form.add_error(None, str(error))
    else:
        return True
    return False
