"""The page on which anybody may hand in a token that was found where it must not be."""

from allauth.core import ratelimit
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.access import actor
from accounts.errors import TokenError
from accounts.models import User
from compliance import leaks


class LeakedForm(forms.Form):
    secret = forms.CharField(
        label="The token, as you found it",
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="It begins with cs_. It is revoked at once, and its owner is told by mail.",
    )


@never_cache
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def leaked(request: HttpRequest) -> HttpResponse:
    """Revoke a token for whoever holds its secret; nothing about it is shown to them."""
    form = LeakedForm(request.POST or None)
    known = {"form": form, "is_done": False}
    if request.method == "POST" and not _may_try(request):
        form.add_error(None, "Too many tries. Wait a minute.")
        return render(request, "signin/leaked.html", known, status=429)
    if form.is_valid():
        by = actor(request.user) if isinstance(request.user, User) else "anybody"
        try:
            leaks.report(form.cleaned_data["secret"], by=by)
        except TokenError as error:
            form.add_error("secret", str(error))
        else:
            known["is_done"] = True
    return render(request, "signin/leaked.html", known)


def _may_try(request: HttpRequest) -> bool:
    """Count the try in the shared cache; guessing 256 bits is hopeless, flooding is not."""
    return bool(ratelimit.consume(request, action="leaked_token"))
