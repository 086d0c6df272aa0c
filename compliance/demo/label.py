"""Puts the label of a demo on every page, whatever template or view made it.

A file that is handed out keeps its bytes, because programs read it and digests name it: its name
bears the label.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.html import format_html

_HEAD = re.compile(rb"</head\s*>", re.IGNORECASE)
_NAME = re.compile(r"""(filename="|filename\*=utf-8'')(?!DEMO-)""", re.IGNORECASE)
# Values of attributes may hold a ">", as scripts in them do.
_BODY = re.compile(rb"""<body\b(?:"[^"]*"|'[^']*'|[^>"'])*>""", re.IGNORECASE)


class LabelMiddleware:
    """Surrounds all other middleware, so that refusals and error pages bear the label too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.DEMO:
            raise MiddlewareNotUsed
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._get_response(request)
        if isinstance(answer, HttpResponse) and _is_page(answer):
            answer.content = labelled(answer.content)
            if "Content-Length" in answer:
                answer["Content-Length"] = str(len(answer.content))
        if "Content-Disposition" in answer:
            answer["Content-Disposition"] = _NAME.sub(r"\1DEMO-", answer["Content-Disposition"])
        return answer


def labelled(page: bytes) -> bytes:
    """Return a page with the label at the top of its body; a page without one is led by it."""
    sheet = format_html('<link rel="stylesheet" href="{}">', static("css/demo.css"))
    label = format_html('<p class="demo-label" role="note">{}</p>', settings.DEMO).encode()
    page = _HEAD.sub(lambda found: sheet.encode() + found[0], page, count=1)
    marked, count = _BODY.subn(lambda found: found[0] + label, page, count=1)
    return marked if count else label + page


def _is_page(answer: HttpResponse) -> bool:
    """Say whether people see it in a browser; a file that is handed out keeps its bytes."""
    said = answer.get("Content-Type", "")
    handed_out = "attachment" in answer.get("Content-Disposition", "")
    return said.startswith("text/html") and bool(answer.content) and not handed_out
