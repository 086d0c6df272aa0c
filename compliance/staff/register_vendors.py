"""The page of a vendor in the staff door: its public status page, watched as evidence."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import slugify

from accounts.access import can
from accounts.capabilities import Capability
from collectors.models import Source
from compliance.staff.registers import DETAILS
from registers.models import Entry

PROBE = "uptime_probe"
"""The collector that looks at an address every minute."""


def detail(request: HttpRequest, vendor: Entry) -> dict[str, Any]:
    """Say which source watches the status page, or lead to the form that connects one."""
    page = str(vendor.values.get("status_page") or "")
    watching = _watching(page) if page else None
    asked = {
        "title": f"Status page of {vendor.values['name']}",
        "slug": f"status-{slugify(str(vendor.values['name']))[:40]}",
        "setting_url": page,
    }
    may_watch = can(request.user, Capability.MANAGE_SOURCES)
    connect = f"{reverse('admin:source_connect', args=[PROBE])}?{urlencode(asked)}"
    return {
        "status_page": page,
        "watching": watching,
        "watch": connect if page and may_watch and not watching else "",
    }


def _watching(page: str) -> Source | None:
    """Return the source that watches an address; there are a few dozen at most."""
    wanted = page.rstrip("/")
    for source in Source.objects.filter(collector=PROBE):
        if str(source.config.get("url", "")).rstrip("/") == wanted:
            return source
    return None


DETAILS["vendors"] = detail
