"""Asking for a pack: a request like any other, with the nonce for which it shall be sealed."""

import unicodedata

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from audits import requests, sampling
from audits.errors import RequestError
from audits.models import Engagement, EvidenceRequest, PackAsk
from audits.request_terms import Wording

_TITLE = "Evidence pack"
_TEXT = "Please build a pack of the evidence as it stands."
_BOUND = "Seal it for this nonce of mine:"


def tidy(nonce: str) -> str:
    """Return a nonce in the one form in which it is kept and compared."""
    return unicodedata.normalize("NFC", nonce.strip())


def ask_for_pack(engagement: Engagement, *, by: User, nonce: str = "") -> PackAsk:
    """Ask for a pack, sealed for a nonce if one is given; the request carries its words.

    Raises NotAllowedError, ClosedError, RequestError.
    """
    nonce = tidy(nonce)
    fault = sampling.fault_of(nonce) if nonce else ""
    if fault:
        raise RequestError(f"{fault} Make one up, such as four words, or leave it empty.")
    text = f"{_TEXT}\n\n{_BOUND}\n{nonce}" if nonce else _TEXT
    with transaction.atomic():
        asked = requests.ask(engagement, Wording(title=_TITLE, text=text), by=by)
        return PackAsk.objects.create(request=asked, nonce=nonce)


def waiting(engagement: Engagement) -> list[EvidenceRequest]:
    """Return the requests for a pack that are open, the oldest first, each with its `pack_ask`."""
    rows = requests.with_state(engagement.requests.filter(pack_ask__isnull=False))
    rows = rows.filter(Q(state__in=requests.WAITING)).select_related("engagement", "pack_ask")
    return list(rows.order_by("number"))
