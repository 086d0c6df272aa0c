"""Opens a merchant's pages to whoever holds a link: to its own form, and to nothing beside it.

Nobody signs in here. The link is the right to one form: a secret of 256 bits in the address, which
no page hands to another host, and no browser keeps.
"""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from merchants import links
from merchants.errors import LinkEndedError, LinkUnknownError
from merchants.models import SigningLink

View = Callable[..., HttpResponseBase]


def for_merchant(*methods: str) -> Callable[[View], View]:
    """Open a page to whoever holds a link that lasts; it gets the link, not the secret's form."""

    def opened(view: View) -> View:
        @wraps(view)
        def guarded(
            request: HttpRequest, secret: str, *args: object, **kwargs: object
        ) -> HttpResponseBase:
            try:
                link: SigningLink = links.find(secret)
            except LinkUnknownError as error:
                return _private(_refused(request, error, 404))
            except LinkEndedError as error:
                return _private(_refused(request, error, 410))
            return _private(view(request, secret, link, *args, **kwargs))

        return require_http_methods(list(methods))(never_cache(csrf_protect(guarded)))

    return opened


def actor(link: SigningLink) -> str:
    """Name a merchant in the ledger: who holds the link speaks for it."""
    return f"merchant:{link.form.merchant.ref}"


def address_of(request: HttpRequest) -> str:
    """Return the address that the request came from, as far as we can see it ourselves."""
    return str(request.META.get("REMOTE_ADDR", ""))


def _refused(request: HttpRequest, error: Exception, status: int) -> HttpResponseBase:
    return render(request, "signing/refused.html", {"reason": error}, status=status)


def _private(response: HttpResponseBase) -> HttpResponseBase:
    # Never "no-referrer": browsers then send no origin with a form, and it is refused as foreign.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
