"""Where the rows of a mistake and the gaps of the queue lead, as far as the person may go."""

from typing import NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability
from collectors import registry as collectors
from readiness.detection import Row, RowKind
from readiness.gaps import Deed, Gap
from readiness.survey import Survey
from registers.forms import registry as forms
from registers.forms.registry import Kind

_REGISTER = "register_"


class Way(NamedTuple):
    """An address and what its link says; both empty where the person may not go there."""

    url: str = ""
    label: str = ""
    forms: tuple[Kind, ...] = ()
    """The typed forms that are another way to the same."""


def of_row(request: HttpRequest, row: Row) -> str:
    """Return the page of a row of data, empty where the person may not open it."""
    match row.kind:
        case RowKind.ENTRY:
            register, _, number = row.key.partition("/")
            return reverse("admin:entry", args=[register, int(number)])
        case RowKind.EVIDENCE:
            return _evidence(row.key)
        case RowKind.EXPECTATION:
            return hand_in(request, row.key).url
        case RowKind.QUESTION:
            return reverse("admin:readiness_question", args=[row.key])
        case RowKind.SOURCE:
            return reverse("admin:collectors_source_change", args=[int(row.key)])
    return _if(request, Capability.MANAGE_PEOPLE, reverse("admin:accounts_user_changelist"))


def of_gap(request: HttpRequest, gap: Gap, survey: Survey) -> Way:
    """Return the page of the next deed that closes a gap."""
    match gap.deed:
        case Deed.LOOK:
            return Way(reverse("admin:readiness_mistake", args=[gap.key]), "See the rows")
        case Deed.ANSWER if can(request.user, Capability.MANAGE_READINESS):
            return Way(reverse("admin:readiness_answer", args=[gap.key]), "Answer")
        case Deed.ANSWER:
            return Way(reverse("admin:readiness_question", args=[gap.key]), "See the question")
        case Deed.REVIEW if can(request.user, Capability.REVIEW_EVIDENCE):
            return Way(_evidence(gap.key), "Review")
        case Deed.REVIEW | Deed.READ:
            return Way(_evidence(gap.key), "See the item")
        case Deed.CONNECT:
            return _collecting(request, gap.key, survey)
    way, asked = hand_in(request, gap.key), survey.facts.by_key.get(gap.key)
    return way._replace(forms=tuple(forms.serving(asked.slug))) if way.url and asked else way


def hand_in(request: HttpRequest, expectation: str) -> Way:
    """Return the form by which evidence for an expectation is handed in."""
    if not can(request.user, Capability.SUBMIT_EVIDENCE):
        return Way()
    return Way(f"{reverse('admin:hand_in')}?expectation={int(expectation)}", "Add evidence")


def _collecting(request: HttpRequest, collector: str, survey: Survey) -> Way:
    if collector.startswith(_REGISTER):
        register = collector.removeprefix(_REGISTER)
        return Way(reverse("admin:register", args=[register]), "Open the register")
    is_connected = any(source.collector == collector for source in survey.facts.sources)
    may_connect = can(request.user, Capability.MANAGE_SOURCES)
    if is_connected or not may_connect or collector not in collectors.collectors():
        return Way(reverse("admin:collectors_source_changelist"), "See sources")
    return Way(reverse("admin:source_connect", args=[collector]), "Connect a source")


def _evidence(key: str) -> str:
    return reverse("admin:evidence_evidence_change", args=[int(key)])


def _if(request: HttpRequest, needs: Capability, url: str) -> str:
    return url if can(request.user, needs) else ""
