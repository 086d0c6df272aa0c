"""A first list of requests from the house's own catalogue: one for each expectation in scope."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from accounts.models import User
from audits import requests, scope
from audits.models import Engagement, EvidenceRequest
from audits.request_terms import Owner, Wording
from controls.cadence import Cadence
from controls.models import ControlMapping, Expectation
from evidence import ledger


@dataclass(frozen=True)
class Proposal:
    """A request that could be asked, and the expectation that it comes from."""

    expectation: Expectation
    wording: Wording
    owner: Owner


def propose(engagement: Engagement, *, due: date | None) -> list[Proposal]:
    """Return a request for each expectation in scope that has none yet; nothing is changed."""
    asked = EvidenceRequest.objects.filter(engagement=engagement, expectation__isnull=False)
    known = set(asked.values_list("expectation", flat=True))
    expectations = scope.expectations_of(engagement).select_related("control")
    wanted = [one for one in expectations if one.pk not in known]
    return list(_proposals(engagement, wanted, due))


@transaction.atomic
def ask_all(engagement: Engagement, *, due: date | None, by: User) -> list[EvidenceRequest]:
    """Ask for everything that `propose` names; what was asked before is not asked twice."""
    ledger.lock()
    return [
        requests.ask(
            engagement,
            proposal.wording,
            by=by,
            owner=proposal.owner,
            expectation=proposal.expectation,
        )
        for proposal in propose(engagement, due=due)
    ]


def _proposals(
    engagement: Engagement, expectations: Sequence[Expectation], due: date | None
) -> Iterator[Proposal]:
    criteria: dict[int, list[str]] = {}
    served = ControlMapping.objects.filter(
        criterion__in=scope.criteria_of(engagement).order_by().values("pk")
    )
    pairs = served.order_by("criterion__position").values_list("control", "criterion__ref")
    for key, ref in pairs:
        criteria.setdefault(key, []).append(ref)
    for expectation in expectations:
        control = expectation.control
        refs = (control.ref, *criteria.get(control.pk, ()))
        yield Proposal(
            expectation,
            Wording(expectation.title[:200], _text(engagement, expectation), _fitting(refs), due),
            Owner(role=expectation.owner_role),
        )


def _text(engagement: Engagement, expectation: Expectation) -> str:
    control, how_often = expectation.control, Cadence(expectation.cadence).words
    window = f"{engagement.window_from} to {engagement.window_to}"
    about = f"Evidence of {control.ref} ({control.title}), for {window}. Expected: {how_often}."
    lines = [about, expectation.guidance]
    return "\n".join(line for line in lines if line)


def _fitting(refs: Sequence[str]) -> tuple[str, ...]:
    """Return as many references as a request may name."""
    kept: list[str] = []
    for ref in refs:
        if len(", ".join([*kept, ref])) > 300:
            break
        kept.append(ref)
    return tuple(kept)
