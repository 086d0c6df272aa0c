"""Short words for tests of requests: an auditor in an audit, and requests in every state."""

from datetime import timedelta

from accounts.models import User
from audits import engagements, requests
from audits.days import today
from audits.models import Engagement, EngagementMember, EvidenceRequest, RequestEntry
from audits.request_terms import Wording
from evidence.models import Evidence


def admit(
    engagement: Engagement, user: User, *, by: User, role: str = "auditor"
) -> EngagementMember:
    until = today() + timedelta(days=30)
    return engagements.add_member(engagement, user=user, access_until=until, by=by, role=role)


def asked(
    engagement: Engagement, by: User, title: str = "User lists", **more: object
) -> EvidenceRequest:
    wording = Wording(title, **more)  # type: ignore[arg-type]
    return requests.ask(engagement, wording, by=by)


def answered(
    request: EvidenceRequest, item: Evidence, by: User, note: str = "", *, widen: bool = False
) -> RequestEntry:
    return requests.answer(request, evidence=[item], note=note, by=by, widen=widen)


def state(request: EvidenceRequest) -> str:
    return str(requests.state_of(request))
