"""Opens the door for buyers where the setting and the administrator's switch both say so.

Nobody signs in here. A closed door does not exist: every address below it answers 404. What a
visitor may take away hangs on a link alone: a secret of 256 bits, which no page hands to another
host, and no browser keeps.
"""

from collections.abc import Callable
from functools import wraps

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from audits.buyers import handing, page
from audits.buyers.asking import Seen
from audits.errors import BuyerLinkEndedError, BuyerLinkUnknownError

View = Callable[..., HttpResponseBase]


def is_open() -> bool:
    """Say whether visitors find the door at all."""
    return bool(settings.TRUST_PAGE) and page.is_open()


def for_visitors(*methods: str) -> Callable[[View], View]:
    """Open a page to everybody while the door is open."""

    def opened(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not is_open():
                raise Http404
            return view(request, *args, **kwargs)

        return require_http_methods(list(methods))(never_cache(csrf_protect(guarded)))

    return opened


def for_receiver(*methods: str) -> Callable[[View], View]:
    """Open a page to whoever holds a link that lasts; it gets the link, and its secret."""

    def opened(view: View) -> View:
        @for_visitors(*methods)
        @wraps(view)
        def guarded(
            request: HttpRequest, secret: str, *args: object, **kwargs: object
        ) -> HttpResponseBase:
            try:
                link = handing.find(secret)
            except BuyerLinkUnknownError as error:
                return private(refused(request, error, 404))
            except BuyerLinkEndedError as error:
                return private(refused(request, error, 410))
            return private(view(request, secret, link, *args, **kwargs))

        return guarded

    return opened


def refused(request: HttpRequest, error: Exception, status: int) -> HttpResponseBase:
    """Say why a link opens nothing, and what to do."""
    context = {"reason": error, "contact": contact()}
    return render(request, "trust/refused.html", context, status=status)


def contact() -> str:
    """Return the address at which buyers reach the house."""
    found = page.current()
    return found.contact if found else ""


def seen(request: HttpRequest) -> Seen:
    """Return what the server sees of the browser that asks."""
    # Behind proxies it is the visitor's own address where TRUSTED_PROXIES says how many there are.
    address = get_adapter(request).get_client_ip(request)
    return Seen(address, request.headers.get("User-Agent", "").replace("\0", ""))


def private(response: HttpResponseBase) -> HttpResponseBase:
    """Keep an address with a secret to the browser that knows it."""
    # Never "no-referrer": browsers then send no origin with a form, and it is refused as foreign.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
