"""How a person hears of their work: rhythm of mails, calendar address, and a test of the chat."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts import feeds, preferences
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import NoticePreference
from compliance import chat
from compliance.staff.base import REFUSALS, attempt, person
from compliance.staff.forms import StaffForm
from compliance.staff.site import DO, READ_AND_DO, site
from jobs import queue


class PreferenceForm(StaffForm):
    rhythm = forms.ChoiceField(
        label="Mails about my tasks", choices=NoticePreference.Rhythm.choices
    )


@site.page("work/reminders/", name="reminders", needs=Capability.VIEW, methods=READ_AND_DO)
def reminders(request: HttpRequest) -> HttpResponseBase:
    """Show and keep how the person wants to be told."""
    user = person(request)
    kept = preferences.of(user)
    given = request.POST if request.method == "POST" else None
    form = PreferenceForm(given, initial={"rhythm": kept.rhythm})
    if form.is_valid():
        try:
            preferences.choose(user, **form.cleaned_data)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, "Kept.")
            return redirect("admin:reminders")
    context = {
        "title": "Reminders and calendar",
        "form": form,
        "feed": feeds.live(user),
        "mail_is_on": settings.MAIL_IS_ON,
        "zone": preferences.zone_of(user),
        "hour": f"{settings.DIGEST_HOUR:02d}:00",
        "before": sorted(settings.REMIND_DAYS_BEFORE - {0}, reverse=True),
        "on_the_day": 0 in settings.REMIND_DAYS_BEFORE,
        "after": sorted(settings.REMIND_DAYS_AFTER),
        "escalate": settings.ESCALATE_DAYS,
        "escalate_further": settings.ESCALATE_FURTHER_DAYS,
        "may_test_chat": can(user, Capability.OVERSEE_TASKS),
        "chat_is_on": bool(settings.CHAT_WEBHOOK_URL),
    }
    return site.render(request, "staff/reminders.html", context)


@site.page("work/calendar/", name="calendar_make", needs=Capability.VIEW, methods=DO)
@never_cache
def make_calendar(request: HttpRequest) -> HttpResponseBase:
    """Make a calendar address, and show it on the very page that answers: it is kept nowhere."""
    user = person(request)
    made = attempt(request, lambda: feeds.make(user), done="The address is made.")
    if made is None:
        return redirect("admin:reminders")
    _, secret = made
    context = {
        "title": "The address of your calendar",
        "secret": f"{settings.SITE_URL}{reverse('calendar', args=[secret])}",
        "secret_label": "Calendar address",
        "explanation": (
            "Subscribe to it in your calendar program. Whoever has it can read what you have to do"
            " and until when, so do not hand it on. An address that you had before no longer works."
        ),
        "onward": reverse("admin:reminders"),
    }
    return site.render(request, "staff/secret.html", context)


@site.page("work/calendar/revoke/", name="calendar_revoke", needs=Capability.VIEW, methods=DO)
def revoke_calendar(request: HttpRequest) -> HttpResponseBase:
    user = person(request)
    attempt(
        request,
        lambda: feeds.revoke(user),
        done="The address is revoked; calendar programs can no longer read it.",
    )
    return redirect("admin:reminders")


@site.page("work/chat/test/", name="chat_test", needs=Capability.OVERSEE_TASKS, methods=DO)
def send_test(request: HttpRequest) -> HttpResponseBase:
    """Ask a worker for a test message, as all messages go: by a job that is tried again."""
    user = person(request)
    if not settings.CHAT_WEBHOOK_URL:
        messages.error(request, "No chat is connected. Set CHAT_WEBHOOK_URL first.")
        return redirect("admin:reminders")
    job = queue.enqueue(
        chat.KIND,
        key=f"{chat.KIND}:test:{user.pk}:{timezone.now():%Y-%m-%dT%H:%M}",
        payload={"text": chat.TEST_WORDS},
        requested_by=actor(user),
    )
    if can(user, Capability.VIEW_JOBS):
        messages.success(request, "The message is on its way; this page says how it went.")
        return redirect("admin:job", job.pk)
    messages.success(request, "The message is on its way. Look into the chat.")
    return redirect("admin:reminders")
