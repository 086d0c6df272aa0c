"""Hands a merchant the papers of its own form."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from compliance import delivery
from compliance.signing import access
from merchants import papers
from merchants.models import SigningLink


@access.for_merchant("GET", "HEAD")
def paper(request: HttpRequest, secret: str, link: SigningLink, which: str) -> HttpResponseBase:  # noqa: ARG001
    """Hand over the unsigned or the signed paper as a file to save."""
    file = papers.of(link.form).get(which)
    if file is None:
        raise Http404
    return delivery.attachment(request, file.evidence, media_type=papers.MEDIA_TYPE)
