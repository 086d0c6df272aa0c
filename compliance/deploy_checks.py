"""System checks that refuse an unsafe deployment; each has a stable id and says what to set."""

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

_ONE_PROCESS = ("locmem.LocMemCache", "dummy.DummyCache")
"""Caches that no second process sees: limits counted there are no limits."""


@register()
def check_transport(**_: Any) -> Sequence[CheckMessage]:
    """Refuse plain HTTP beyond this machine: passwords and sessions would be read on the way."""
    site = urlsplit(settings.SITE_URL)
    if settings.DEBUG:
        return []
    if site.scheme != "https" and not is_loopback(site.hostname):
        return [
            Error(
                f"SITE_URL is {settings.SITE_URL}: people would sign in over plain HTTP.",
                hint="Put a proxy with TLS in front and set SITE_URL=https://your.name, or use"
                " SITE_URL=http://localhost:8000 to try it on this machine only.",
                id="compliance.E001",
            )
        ]
    if site.scheme != "https" and not is_loopback(_listens_at()):
        return [
            checks.Warning(
                f"LISTEN is {settings.LISTEN}: other machines may reach it over plain HTTP.",
                hint="Set LISTEN=127.0.0.1:8000, or SITE_URL=https://your.name behind a proxy"
                " with TLS.",
                id="compliance.W001",
            )
        ]
    return []


@register()
def check_cookies(**_: Any) -> Sequence[CheckMessage]:
    """Refuse settings of a plugin or a fork that undo what TLS is for."""
    if urlsplit(settings.SITE_URL).scheme != "https":
        return []
    wanted = {
        "SESSION_COOKIE_SECURE": settings.SESSION_COOKIE_SECURE,
        "CSRF_COOKIE_SECURE": settings.CSRF_COOKIE_SECURE,
        "SESSION_COOKIE_HTTPONLY": settings.SESSION_COOKIE_HTTPONLY,
        "SECURE_SSL_REDIRECT": settings.SECURE_SSL_REDIRECT,
        "SECURE_HSTS_SECONDS": settings.SECURE_HSTS_SECONDS,
    }
    return [
        Error(
            f"{name} is off, though SITE_URL is {settings.SITE_URL}.",
            hint=f"Leave {name} as compliance/settings.py has it.",
            id="compliance.E002",
        )
        for name, value in wanted.items()
        if not value
    ]


@register()
def check_shared_cache(**_: Any) -> Sequence[CheckMessage]:
    """Refuse a cache of one process: attempts to sign in are counted in it."""
    backend = str(settings.CACHES["default"]["BACKEND"])
    if settings.DEBUG or not backend.endswith(_ONE_PROCESS):
        return []
    return [
        Error(
            f"The cache {backend} is seen by one process only, so nobody is locked out.",
            hint="Leave CACHES as compliance/settings.py has it (the database), or name one that"
            " all processes share.",
            id="compliance.E003",
        )
    ]


@register()
def check_debug(**_: Any) -> Sequence[CheckMessage]:
    """Refuse pages of errors with our insides for anybody beyond this machine."""
    site = urlsplit(settings.SITE_URL)
    if not settings.DEBUG or (is_loopback(site.hostname) and is_loopback(_listens_at())):
        return []
    return [
        Error(
            "DEBUG is on where others can see it: pages of errors show settings and data.",
            hint="Set DEBUG=no.",
            id="compliance.E004",
        )
    ]


@register()
def check_hosts(**_: Any) -> Sequence[CheckMessage]:
    """Refuse to answer to every name: links in mails follow the name that was asked for."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Error(
            "ALLOWED_HOSTS holds *, so a forged Host header is taken for ours.",
            hint="Name the hosts, or leave ALLOWED_HOSTS out to answer to SITE_URL only.",
            id="compliance.E005",
        )
    ]


def is_loopback(host: str | None) -> bool:
    """Say whether a name or an address leads to this machine and to no other."""
    if host == "localhost" or (host or "").endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _listens_at() -> str | None:
    try:
        return urlsplit(f"//{settings.LISTEN}").hostname
    except ValueError:
        # `manage.py up` says what is wrong with it.
        return "localhost"
