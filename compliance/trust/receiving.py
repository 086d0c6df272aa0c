"""Behind a link: the documents that were approved, each handed over with its receiver's mark.

A page that mail programs may open ahead of their reader hands nothing over: a copy is taken by the
press of a button, and counted then.
"""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header

from audits import days
from audits.buyers import handing
from audits.buyers.handing import Open
from audits.errors import BuyerLinkEndedError
from audits.models import BuyerLink
from compliance.trust import access
from evidence import store
from evidence.errors import EvidenceError
from reports import watermark
from reports.errors import PdfError
from reports.watermark import Receiver

log = logging.getLogger(__name__)


@access.for_receiver("GET", "HEAD")
def documents(request: HttpRequest, secret: str, link: BuyerLink) -> HttpResponseBase:
    """List what the link opens, until when, and how often it may still be taken."""
    return _page(request, secret, link)


@access.for_receiver("POST")
def take(request: HttpRequest, secret: str, link: BuyerLink, key: int) -> HttpResponseBase:
    """Hand a marked copy over as a file to save."""
    wanted = next((one for one in handing.opened(link) if one.grant.pk == key), None)
    if wanted is None:
        raise Http404
    if not wanted.left:
        return _page(request, secret, link, problem=_spent(wanted), status=410)
    try:
        content = _marked(wanted, link)
        handing.hand_out(wanted.grant, link, content=content, seen=access.seen(request))
    except BuyerLinkEndedError as error:
        return access.refused(request, error, 410)
    except (EvidenceError, PdfError):
        log.exception("A marked copy for a buyer could not be made.")
        said = "This document cannot be handed over at the moment. We have noted it."
        return _page(request, secret, link, problem=said, status=503)
    return _file(content, wanted)


def _marked(wanted: Open, link: BuyerLink) -> bytes:
    decision = link.decision
    asked = decision.request
    receiver = Receiver(asked.name, asked.company, days.day_of(decision.at), asked.ref)
    with store.open_blob(wanted.grant.digest) as original:
        return watermark.marked(original.read(), receiver)


def _file(content: bytes, wanted: Open) -> HttpResponse:
    name = f"{wanted.grant.document.title}.pdf"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def _spent(wanted: Open) -> str:
    return f"{wanted.grant.document} was taken as often as was agreed. Ask us for a new link."


def _page(
    request: HttpRequest, secret: str, link: BuyerLink, *, problem: str = "", status: int = 200
) -> HttpResponseBase:
    context = {
        "secret": secret,
        "link": link,
        "asked": link.decision.request,
        "rows": handing.opened(link),
        "contact": access.contact(),
        "problem": problem,
        "at": "documents",
    }
    return render(request, "trust/documents.html", context, status=status)
