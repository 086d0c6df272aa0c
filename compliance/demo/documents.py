"""The papers that the company writes once a year and hands in: plans, drawings, standards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from compliance.demo import clock
from compliance.demo.calendar import DAY, Span
from compliance.demo.world import World
from controls.models import Expectation
from evidence import intake
from evidence.models import Evidence

_WORDS = {
    "incident-plan": "Who notices tells the person on call. Who is on call leads until somebody"
    " takes over, and tells customers within the hour.",
    "duty-matrix": "Who enters payouts neither keeps bank details nor signs the day. Who writes a"
    " change does not approve it. Who prepares evidence does not review it.",
    "recovery-plan": "Payments first, then payouts, then the portal. Payments are back within four"
    " hours and lose five minutes at most.",
    "organisation-chart": "Max Levee leads. Lena Dike answers for compliance, Finn Teal for"
    " finance, Edda Sluice for engineering, Otto Reed for support and vendors.",
    "role-descriptions": "Each control has an owner in the role that it names, and a second person"
    " who stands in.",
    "policy-set": "Information security, access, change, incidents, vendors, data and cards: six"
    " policies, each with an owner, approved by the executive.",
    "system-description": "Saltmarsh Pay takes payments of shops and pays them out. The gateway"
    " takes calls, the ledger books them, the payout console sends files to banks.",
    "data-flow-diagram": "Shop -> gateway -> processor; gateway -> ledger -> payouts -> bank. Card"
    " numbers end at the processor and never reach the ledger.",
    "dependency-map": "Hosting: Tidewater. Settlement: Dunlin Bank. Cards: Curlew Cards. Mail:"
    " Plover Mail. Payments stop with the first three, and not with the last.",
    "api-authentication-standard": "Programs prove who they are by a token of their own over an"
    " encrypted connection; a token is shown once and kept as a digest.",
    "api-scope-matrix": "payments:read, payments:write, payouts:write, merchants:admin: each with"
    " who may have it, and the last for two named services only.",
    "token-lifecycle-procedure": "A token is asked for by its owner, approved, lives ninety days,"
    " is reviewed each quarter, and can be stopped within the hour.",
    "technology-standards": "Data is encrypted at rest and on its way, every login has a second"
    " factor, every change a second pair of eyes, every store a backup in another place.",
    "processing-definitions": "A payment is complete once booked and sent; whole when its amount"
    " equals the order; in time when sent the same business day.",
    "validation-standard": "What has no amount, currency, account or key against repetition is"
    " refused with a code, and nothing moves.",
    "reconciliation-procedure": "Each business day ledger and processor are matched; a second"
    " person signs; a break has an owner by the evening and a cause within three days.",
    "retry-rules": "Five attempts over a day, with the same key against repetition; then a person"
    " takes over.",
}
"""By the expectation that a paper is for: what it says."""


@dataclass(frozen=True)
class Paper:
    """A text that somebody hands in for an expectation."""

    slug: str
    filename: str
    words: str
    span: Span


def plan(world: World) -> None:
    """Hand each paper in soon after each year of its expectation begins."""
    for span in _years(world):
        for place, slug in enumerate(sorted(_WORDS)):
            at = clock.on(span.day(14 + place % 5), 11, place)
            world.diary.put(at, partial(_hand_in, world.company.edda, slug, span))


def upload(paper: Paper, *, by: User) -> Evidence:
    """Hand a text in, as the page for uploads does."""
    expectation = Expectation.objects.select_related("control").get(slug=paper.slug)
    return intake.receive(
        intake.Submission(
            content=paper.words.encode(),
            filename=paper.filename,
            title=expectation.title,
            evidence_type=expectation.evidence_type,
            kind=expectation.kind,
            area=expectation.control.area,
            owner=by.email,
            source_system="Wiki of the company",
            environment=Evidence.Environment.CORPORATE,
            covers_from=paper.span.first,
            covers_to=paper.span.last,
            collected_at=timezone.now(),
            prepared_by=by,
            claims=(expectation,),
        ),
        actor=actor(by),
    )


def _hand_in(by: User, slug: str, span: Span) -> None:
    title = slug.replace("-", " ").capitalize()
    words = (
        f"{title} of Saltmarsh Pay (fictional).\n\n{_WORDS[slug]}\nIn force from {span.first}.\n"
    )
    upload(Paper(slug, f"{slug}-{span.first}.txt", words, span), by=by)


def _years(world: World) -> Iterator[Span]:
    """Yield the parts of calendar years for which a yearly paper is expected."""
    window, today = world.calendar.window, world.calendar.today
    first = window.first
    for last in sorted({date(window.first.year, 12, 31), window.last, date(today.year, 12, 31)}):
        if first <= min(last, today):
            yield Span(first, last)
            first = last + DAY
