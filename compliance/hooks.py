"""Door for senders of webhooks: one address for each source that takes them, open by signature."""

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from collectors import receiving
from collectors.errors import CollectorError
from collectors.models import Delivery
from evidence.errors import SealError

log = logging.getLogger(__name__)

STATUS = {
    Delivery.Verdict.ACCEPTED: 200,
    # Whoever tries again what had arrived is told so, and ends its tries.
    Delivery.Verdict.REPEATED: 200,
    Delivery.Verdict.FORGED: 401,
    Delivery.Verdict.STALE: 401,
    Delivery.Verdict.UNREADABLE: 400,
}


@never_cache
@csrf_exempt
@require_POST
def receive(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer in status alone; 503 where the settings of the source cannot be read."""
    source = receiving.source_of(slug)
    if source is None:
        return HttpResponse(status=404)
    body = request.read(receiving.MOST_BYTES + 1)
    if not body:
        # Some senders ask so whether anybody is there before they send anything.
        return HttpResponse(status=200)
    if len(body) > receiving.MOST_BYTES:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        verdict = receiving.receive(source, headers=headers, body=body, now=timezone.now())
    except (CollectorError, SealError) as error:
        log.error("Webhooks of %s cannot be checked: %s", slug, error)  # noqa: TRY400
        return HttpResponse(status=503)
    return HttpResponse(status=STATUS[verdict])
