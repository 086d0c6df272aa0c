"""The tour of a demo on its overview: the way to each thing that went wrong in its year."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability


@dataclass(frozen=True)
class Stop:
    """One place to look at, and what is to be seen there."""

    title: str
    text: str
    url: str
    label: str


_STOPS: tuple[tuple[str, str, str, dict[str, str], str, Capability], ...] = (
    (
        "Six red cells, and no other",
        (
            "A review that nobody did, a failed restore, a token without owner, a leaver removed "
            "late, a vendor's report that ran out, a change merged by its author. Open one, then "
            "its item, then the row."
        ),
        *("coverage", {}, "Coverage", Capability.VIEW),
    ),
    (
        "What became of each",
        "Cause, response, action and retest; a closed finding stays a deviation.",
        *("audits_finding_changelist", {}, "Findings", Capability.VIEW),
    ),
    (
        "A break that stood nine days",
        (
            "The processor left a settlement out; the break has an owner, a cause, and a day on "
            "which it cleared."
        ),
        *("breaks", {"state": "cleared"}, "Breaks", Capability.VIEW),
    ),
    (
        "A card number that never came in",
        "It was caught in an upload before it was stored, and destroyed the next day.",
        *("evidence_quarantined_changelist", {}, "Quarantine", Capability.VIEW),
    ),
    (
        "An audit under way",
        "Its requests, a sample that the auditor drew, and the pack that was handed over.",
        *("audits_engagement_changelist", {}, "Engagements", Capability.VIEW),
    ),
    (
        "A buyer's questions",
        "An Excel file that is answered from the library; some lines have no answer.",
        *("questionnaires", {}, "Buyers", Capability.VIEW),
    ),
    (
        "Documents for buyers",
        "What the trust page offers, a request that was granted and one that waits.",
        *("trust", {}, "Sharing", Capability.SHARE_DOCUMENTS),
    ),
)


def of(request: HttpRequest) -> Iterator[Stop]:
    """Yield the places that this person may look at."""
    for title, text, name, asked, label, needs in _STOPS:
        if can(request.user, needs):
            url = reverse(f"admin:{name}")
            yield Stop(title, text, f"{url}?{urlencode(asked)}" if asked else url, label)
