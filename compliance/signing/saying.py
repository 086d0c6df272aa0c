"""One page of a form: it shows what was said, keeps what fits, and says what does not.

What fits is kept even where something else on the page does not: on a phone nothing that was typed
may be lost. Each save is a deed of its own.
"""

from collections.abc import Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from compliance.signing import access, questions
from compliance.signing.steps import SIGN, Step, Way
from merchants import answering
from merchants.answering import Said
from merchants.errors import MerchantsError
from merchants.models import SigningLink


@access.for_merchant("GET", "HEAD", "POST")
def section(request: HttpRequest, secret: str, link: SigningLink, section: str) -> HttpResponseBase:
    """Show one page of a form, or keep what was said on it and go on."""
    if link.form.state not in answering.OPEN or link.used_at:
        return redirect("signing:overview", secret)
    way = Way(link.form)
    step = way.find(section)
    if step is None:
        raise Http404
    if request.method != "POST":
        return _page(request, secret, way, step)
    typed = questions.typed(request.POST)
    said = questions.read(way, step, typed)
    problems = _keep(link, way, said)
    if "autosave" in typed:
        # The page stays as it is; what is not whole yet is said once the page itself is sent.
        return HttpResponse(status=202 if problems else 204)
    if problems:
        return _page(request, secret, Way(link.form), step, typed=typed, problems=problems)
    if "close" in typed:
        return redirect("signing:overview", secret)
    following = way.after(step.slug)
    if following == SIGN:
        return redirect("signing:sign", secret)
    return redirect("signing:section", secret, following)


def _keep(link: SigningLink, way: Way, said: Said) -> dict[str, str]:
    """Keep what fits, and return a sentence for each thing that does not."""
    neat = questions.neat(said)
    problems = answering.problems(way.known, neat, today=timezone.now().date())
    fit = Said(
        {name: one for name, one in neat.lines.items() if name not in problems},
        neat.statements,
        {name: text for name, text in neat.parts.items() if name not in problems},
    )
    try:
        answering.keep(link.form, fit, actor=access.actor(link))
    except MerchantsError as error:
        return {**problems, "": str(error)}
    return problems


def _page(
    request: HttpRequest,
    secret: str,
    way: Way,
    step: Step,
    *,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> HttpResponseBase:
    shown = questions.shown(way, step, typed or {}, problems or {})
    context = {
        "secret": secret,
        "form": way.form,
        "way": way,
        "step": step,
        "number": way.number(step.slug),
        "before": way.before(step.slug),
        "is_last": way.after(step.slug) == SIGN,
        "shown": shown,
        "faults": [(name, text) for name, text in (problems or {}).items()],
        "title": _("Page %(number)s: %(title)s")
        % {"number": way.number(step.slug), "title": step.title},
    }
    status = 422 if problems else 200
    return render(request, "signing/section.html", context, status=status)
