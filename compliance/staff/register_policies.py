"""Policies in the staff door: asking everybody to read a version, and saying that one has."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from accounts.capabilities import Capability
from compliance.staff import words
from compliance.staff.base import attempt, person
from compliance.staff.forms import DayField, StaffForm
from compliance.staff.registers import DETAILS, one
from compliance.staff.site import DO, site
from registers import acknowledging
from registers.models import Entry


class AskForm(StaffForm):
    until = DayField(label="To be read until")


@site.page(
    "registers/policies/<int:number>/acknowledge/",
    name="policy_acknowledge",
    needs=Capability.VIEW,
    methods=DO,
)
def acknowledge(request: HttpRequest, number: int) -> HttpResponseBase:
    """Note that the signed-in person has read a version."""
    _, policy = one(acknowledging.POLICIES, number)
    by = person(request)
    attempt(
        request,
        lambda: acknowledging.acknowledge(policy, today=words.today(), by=by),
        done="Noted that you have read it.",
    )
    return redirect("admin:entry", acknowledging.POLICIES, number)


@site.page(
    "registers/policies/<int:number>/ask/",
    name="policy_ask",
    needs=Capability.MANAGE_REGISTERS,
    methods=DO,
)
def ask(request: HttpRequest, number: int) -> HttpResponseBase:
    """Ask all staff to read a version."""
    _, policy = one(acknowledging.POLICIES, number)
    form, by = AskForm(request.POST), person(request)
    if form.is_valid():
        until = form.cleaned_data["until"]
        attempt(
            request,
            lambda: acknowledging.ask(policy, until=until, today=words.today(), by=by),
            done="All active staff is asked to read it.",
        )
    else:
        messages.error(request, "Say until which day, such as 2026-01-31.")
    return redirect("admin:entry", acknowledging.POLICIES, number)


def detail(request: HttpRequest, policy: Entry) -> dict[str, Any]:
    """What the page of a policy says beside what every entry says."""
    have_read, asked = acknowledging.reading_of(policy)
    return {
        "have_read": have_read,
        "asked": asked,
        "is_read": acknowledging.has_read(policy, person(request)),
    }


DETAILS[acknowledging.POLICIES] = detail
