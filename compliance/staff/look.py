"""Where the skin finds our own files and words; named by path in compliance.staff.skin."""

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse


def organisation(_request: HttpRequest) -> str:
    return str(settings.ORGANISATION)


def icon(_request: HttpRequest) -> str:
    return static("staff/icon.svg")


def theme(_request: HttpRequest) -> str:
    return static("staff/theme.css")


def stylesheet(_request: HttpRequest) -> str:
    return static("staff/staff.css")


def heat(_request: HttpRequest) -> str:
    return static("staff/heat.css")


def pages(_request: HttpRequest) -> str:
    return static("staff/pages.css")


def script(_request: HttpRequest) -> str:
    return static("staff/staff.js")


def clocks(_request: HttpRequest) -> str:
    return static("js/clocks.js")


def palette(_request: HttpRequest) -> str:
    return static("staff/palette.js")


def account_links(_request: HttpRequest) -> list[dict[str, str]]:
    return [
        {"title": "Second factor", "link": reverse("mfa_index")},
        {"title": "Change password", "link": reverse("account_change_password")},
        {"title": "Where you are signed in", "link": reverse("sessions")},
        {"title": "Time zone", "link": reverse("time_zone")},
    ]
