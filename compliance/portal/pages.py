"""What every page of the portal needs to be shown."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audits.models import Engagement


def show(
    request: HttpRequest,
    name: str,
    engagement: Engagement | None = None,
    *,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    """Render `templates/portal/<name>.html`, inside an engagement where one is given."""
    known = {"engagement": engagement, "page": name, "zone": settings.ORGANISATION_TIME_ZONE}
    return render(request, f"portal/{name}.html", {**known, **context}, status=status)
