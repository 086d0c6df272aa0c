"""What every page of ours says about the house it belongs to."""

from django.conf import settings
from django.http import HttpRequest


def house(_request: HttpRequest) -> dict[str, str]:
    return {
        "organisation": settings.ORGANISATION,
        "site_url": settings.SITE_URL,
        "version": settings.VERSION,
    }
