"""plan-of-action-and-milestones.json: what is done about each deviation, by whom and until when.

There is no such document where there is no deviation: OSCAL asks for at least one entry.
"""

from collections.abc import Iterator

from reports.oscal import assessment_results, pieces
from reports.oscal.facts import Action, Deviation, Facts
from reports.oscal.pieces import Document

NAME = pieces.MILESTONES
_STATES = {
    "open": "open",
    "responded": "open",
    "reopened": "open",
    "remediation": "remediating",
    "retested": "remediating",
    "closed": "closed",
    "risk_accepted": "deviation-approved",
}
_LIFECYCLES = {"": "planned", "done": "completed", "withdrawn": "recommendation"}
_TOLD = (
    ("cause", "Cause"),
    ("extent", "Extent"),
    ("effect", "Effect"),
    ("nature", "Isolated or systematic"),
    ("response", "Response of management"),
)


def document(facts: Facts) -> Document | None:
    """Return the plan; None where nothing deviates."""
    found = [one for one in facts.deviations if one.kind == "deviation"]
    if not found:
        return None
    nothing: frozenset[str] = frozenset()
    return {
        "plan-of-action-and-milestones": {
            "uuid": pieces.document_uid(facts, NAME),
            "metadata": pieces.metadata(facts, "Plan of action and milestones"),
            "system-id": {
                "identifier-type": "http://ietf.org/rfc/rfc4122",
                "id": pieces.uid(facts, "system", facts.organisation),
            },
            "observations": [
                observation
                for one in found
                for observation in assessment_results.deviation_observations(facts, one, nothing)
            ],
            "risks": [_risk(facts, one) for one in found],
            "poam-items": [_item(facts, one) for one in found],
        }
    }


def _item(facts: Facts, one: Deviation) -> Document:
    criteria = pieces.criteria_of(facts).get(one.control, ())
    return pieces.given(
        uuid=pieces.uid(facts, "milestones", one.ref),
        title=pieces.line(f"{one.ref} {one.title}"),
        description=_condition(one),
        props=[
            *pieces.label(one.ref),
            *pieces.props(
                control=one.control, procedure=one.procedure, state=one.state.replace("_", "-")
            ),
        ],
        related_findings=[
            {"finding-uuid": assessment_results.finding_uid(facts, one.control, criterion)}
            for criterion in criteria
        ],
        related_observations=_observations(facts, one),
        related_risks=[{"risk-uuid": _risk_uid(facts, one)}],
    )


def _risk(facts: Facts, one: Deviation) -> Document:
    due = [action.due for action in one.actions if action.due and not action.outcome]
    compensating = one.parts.get("compensating", "")
    mitigation = {
        "uuid": pieces.uid(facts, "mitigation", one.ref),
        "description": pieces.words(compensating),
    }
    return pieces.given(
        uuid=_risk_uid(facts, one),
        title=pieces.line(f"{one.ref} {one.title}"),
        description=_condition(one),
        statement="\n\n".join(_told(one)) or "Nothing was written about its cause or effect yet.",
        props=pieces.props(finding_state=one.state.replace("_", "-")),
        status=_STATES[one.state],
        mitigating_factors=[mitigation] if compensating else None,
        deadline=pieces.last_moment(min(due)) if due else None,
        remediations=[_remediation(facts, one, action) for action in one.actions],
        related_observations=_observations(facts, one),
    )


def _remediation(facts: Facts, one: Deviation, action: Action) -> Document:
    uuid = pieces.uid(facts, "action", one.ref, action.number)
    said = pieces.words(action.text) or f"Action {action.number}"
    return {
        "uuid": uuid,
        "lifecycle": _LIFECYCLES[action.outcome],
        "title": pieces.line(f"{one.ref}, action {action.number}"),
        "description": said,
        "props": pieces.props(outcome=action.outcome or "open", owner=action.owner, due=action.due),
        "tasks": [
            pieces.given(
                uuid=pieces.uid(facts, "action-task", one.ref, action.number),
                type="milestone",
                title=pieces.line(action.text) or f"Action {action.number}",
                description=pieces.words(action.words) if action.words.strip() else "",
                props=pieces.props(owner=action.owner, due=action.due),
                timing=_timing(action),
            )
        ],
    }


def _timing(action: Action) -> Document:
    end = action.ended_at or (pieces.last_moment(action.due) if action.due else "")
    # An action may be written down after its day; and OSCAL has no range without an end.
    if end > action.planned_at:
        return {"within-date-range": {"start": action.planned_at, "end": end}}
    return {"on-date": {"date": end or action.planned_at}}


def _condition(one: Deviation) -> str:
    return pieces.words(one.parts.get("condition", "")) or pieces.line(one.title)


def _told(one: Deviation) -> Iterator[str]:
    for part, heading in _TOLD:
        if text := one.parts.get(part, "").strip():
            yield pieces.words(f"{heading}: {text}")


def _observations(facts: Facts, one: Deviation) -> list[Document]:
    return [
        {"observation-uuid": assessment_results.sighting_uid(facts, one, seen.step)}
        for seen in one.sightings
    ]


def _risk_uid(facts: Facts, one: Deviation) -> str:
    return pieces.uid(facts, "risk", one.ref)
