"""The forms of the sign-in: our own, and django-allauth's in our words."""

import struct
from typing import Any

from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth import password_validation

from accounts.models import Invitation


class WelcomeForm(forms.Form):
    full_name = forms.CharField(
        label="Your name",
        max_length=120,
        help_text="It stands beside everything you review or sign.",
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label="Password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(
            password_validation.password_validators_help_texts()
        )
        if invitation.email:
            # Shown so that password managers file it; the deed takes the invited address anyway.
            self.fields["email"].initial = invitation.email
            self.fields["email"].disabled = True
            self.fields["email"].help_text = "The address you were invited with."

    def clean_password_again(self) -> str:
        again: str = self.cleaned_data["password_again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError("The two passwords differ.")
        return again


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail address"


class ForgottenPasswordForm(ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"


class _MadeUpAnswers:
    """Refuses what no passkey answers, where the library beneath would break instead."""

    def full_clean(self) -> None:
        try:
            super().full_clean()  # type: ignore[misc]
        except (LookupError, TypeError, ValueError, AttributeError, struct.error):
            self.add_error("credential", "This is no answer of a passkey. Try again.")  # type: ignore[attr-defined]


class AddPasskeyForm(_MadeUpAnswers, AddWebAuthnForm):
    """A passkey signs in alone unless the person prefers it as a second factor only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        alone = self.fields["passwordless"]
        alone.label = "Sign in with it alone, without a password"
        alone.help_text = "The device then asks for a fingerprint, a face or a PIN each time."
        alone.initial = True


class PasskeySignInForm(_MadeUpAnswers, LoginWebAuthnForm):
    """Instead of the password."""


class PasskeySecondForm(_MadeUpAnswers, AuthenticateWebAuthnForm):
    """After the password."""


class PasskeyConfirmForm(_MadeUpAnswers, ReauthenticateWebAuthnForm):
    """Before a change of the account."""
