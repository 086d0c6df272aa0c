"""assessment-results.json: what was seen, bound to the files that show it, and how each control of
a criterion stands.

Items pass by one at a time and wait as text in scratch files. Rules:

1. A version of an item is an observation: examined, and tested too where a check ran over it.
2. So are the results of a draw (tested), what an auditor asked and was told (interview), and a
   deviation that was found.
3. A control and a criterion that it serves are a finding where there is a result; a control that
   was not tested, or had no occurrence, is named in a property of the result, never as satisfied.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from reports.oscal import component_definition, pieces
from reports.oscal.encoding import Elements
from reports.oscal.facts import Deviation, Draw, Facts, Item, Request
from reports.oscal.judged import Judgement, judged
from reports.oscal.pieces import Document

NAME = pieces.RESULTS
EXAMINE, INTERVIEW, TEST = "EXAMINE", "INTERVIEW", "TEST"
_RESULTS = ("pass", "deviation", "not applicable", "not tested")


class Draft:
    """The document in the making: first every item, then `document`, once."""

    def __init__(self, facts: Facts, resources: BinaryIO, observations: BinaryIO) -> None:
        self._facts = facts
        self._resources, self._observations = Elements(resources), Elements(observations)

    def add(self, item: Item) -> None:
        """Take in one item."""
        facts = self._facts
        uuid = item_uid(facts, item.ref)
        self._resources.add(
            pieces.resource(uuid, f"{item.ref} {item.title}", [item.file], pieces.label(item.ref))
        )
        self._observations.add(_seen(facts, item, uuid))

    def document(self) -> dict[str, Any]:
        """Return the document, its long lists still to be read."""
        facts = self._facts
        for observation in self._others():
            self._observations.add(observation)
        return {
            "assessment-results": {
                "uuid": pieces.document_uid(facts, NAME),
                "metadata": pieces.metadata(facts, "Assessment results", remarks=pieces.NO_OPINION),
                "import-ap": {"href": pieces.PLAN},
                "results": iter([self._result()]),
                "back-matter": {"resources": self._resources},
            }
        }

    def _others(self) -> Iterator[Document]:
        facts = self._facts
        known = facts.items
        for population in facts.populations:
            uuid = _record_uid(facts, population.ref)
            title = f"Population {population.ref}"
            self._resources.add(pieces.resource(uuid, title, [population.record]))
        for draw in facts.draws:
            uuid = _record_uid(facts, draw.ref)
            self._resources.add(pieces.resource(uuid, f"Sample {draw.ref}", draw.records))
            yield _sampled(facts, draw, uuid)
        for request in facts.requests:
            if request.answered_at:
                yield _asked(facts, request, [ref for ref in request.items if ref in known])
        for one in facts.deviations:
            yield from deviation_observations(facts, one, known)

    def _result(self) -> dict[str, Any]:
        facts = self._facts
        judgements = [
            judged(control, deviations=facts.deviations, draws=facts.draws)
            for control in facts.controls
        ]
        begins, ends = _span(facts)
        untold = [one for one in judgements if not one.outcome.is_result]
        result = pieces.given(
            uuid=pieces.uid(facts, "result", facts.version, facts.issued_at),
            title=pieces.line(facts.title) or pieces.line(facts.engagement),
            description=pieces.NO_OPINION,
            start=begins,
            end=ends,
            props=[
                pieces.prop(one.outcome.value, one.control.ref, remarks=one.words) for one in untold
            ],
            reviewed_controls=pieces.reviewed([one.ref for one in facts.criteria]),
        )
        result["observations"] = self._observations
        result["findings"] = _findings(facts, judgements)
        return result


def item_uid(facts: Facts, ref: str) -> str:
    """Return the UUID of an item, the same in every document of this installation."""
    return pieces.uid(facts, "evidence", ref)


def finding_uid(facts: Facts, control: str, criterion: str) -> str:
    """Return the UUID of the result of a control under a criterion."""
    return pieces.uid(facts, "finding", facts.engagement, control, criterion)


def deviation_observations(
    facts: Facts, one: Deviation, known: frozenset[str]
) -> Iterator[Document]:
    """Yield an observation for each time that a deviation was seen."""
    for seen in one.sightings:
        counted = (
            f" {seen.exceptions} of {seen.population} were exceptions."
            if seen.exceptions is not None and seen.population is not None
            else ""
        )
        # What is no deviation is a check that could not run, and proves nothing either way.
        kind = "finding" if one.kind == "deviation" else "historic"
        yield pieces.given(
            uuid=sighting_uid(facts, one, seen.step),
            title=pieces.line(f"{one.ref}: {one.title}"),
            description=pieces.words(one.parts.get("condition") or one.title) + counted,
            props=[
                *pieces.label(one.ref),
                *pieces.props(
                    control=one.control,
                    procedure=one.procedure,
                    state=one.state.replace("_", "-"),
                    kind=one.kind.replace("_", "-"),
                    covers_from=one.start,
                    covers_to=one.end,
                    exceptions=seen.exceptions,
                    population=seen.population,
                ),
            ],
            methods=[TEST if seen.is_by_check else EXAMINE],
            types=[kind],
            relevant_evidence=_evidence(facts, [seen.item] if seen.item in known else []),
            collected=seen.at,
        )


def sighting_uid(facts: Facts, one: Deviation, step: int) -> str:
    """Return the UUID of one time that a deviation was seen."""
    return pieces.uid(facts, "sighting", one.ref, step)


def _seen(facts: Facts, item: Item, resource: str) -> Document:
    ran = [f"{one.check}: {one.state}{_exceptions(one.exceptions)}" for one in item.checks]
    return pieces.given(
        uuid=_observed_uid(facts, item.ref),
        title=pieces.line(f"{item.ref} {item.title}"),
        description=pieces.words(
            f"{item.title}, from {item.source_system or 'a person'}, covers {item.covers_from} to "
            f"{item.covers_to}."
        ),
        props=[
            *pieces.label(item.ref),
            *pieces.props(status=item.status.replace(" ", "-"), log_entry=item.leaf),
            *pieces.several("control", item.controls),
            *pieces.several("procedure", item.procedures),
            *pieces.several("check", ran),
        ],
        methods=[EXAMINE, TEST] if item.checks else [EXAMINE],
        types=["control-objective"],
        relevant_evidence=[
            {"href": f"#{resource}", "description": pieces.line(item.title) or item.ref}
        ],
        collected=item.collected_at,
    )


def _exceptions(count: int | None) -> str:
    return "" if count is None else f", exceptions: {count}"


def _sampled(facts: Facts, draw: Draw, resource: str) -> Document:
    told = [
        f"{letter} {draw.attributes[letter]}: "
        + ", ".join(f"{counts[one]} {one}" for one in _RESULTS if counts.get(one))
        for letter, counts in sorted(draw.results.items())
    ]
    return pieces.given(
        uuid=_observed_uid(facts, draw.ref),
        title=pieces.line(f"Sample {draw.ref} of {draw.control}"),
        description=pieces.words(
            f"{draw.size} of {draw.of} drawn, {draw.method}."
            + ("" if told else " No result was recorded yet.")
        ),
        props=[
            *pieces.label(draw.ref),
            *pieces.props(control=draw.control, sample_size=draw.size, population=draw.of),
            *pieces.several("attribute", told),
        ],
        methods=[TEST],
        types=["control-objective"],
        relevant_evidence=[
            {"href": f"#{resource}", "description": "The draw, and its work sheet entry by entry."}
        ],
        collected=draw.latest_at,
    )


def _asked(facts: Facts, request: Request, items: Sequence[str]) -> Document:
    methods = [INTERVIEW] * request.is_in_words + [EXAMINE] * bool(request.items)
    return pieces.given(
        uuid=_observed_uid(facts, request.ref),
        title=pieces.line(f"{request.ref} {request.title}"),
        description=pieces.words(request.text) or pieces.line(request.title),
        props=[
            *pieces.label(request.ref),
            *pieces.props(state=request.state),
            *pieces.several("about", request.refs),
        ],
        methods=methods or [INTERVIEW],
        types=["control-objective"],
        relevant_evidence=_evidence(facts, items),
        collected=request.answered_at,
    )


def _evidence(facts: Facts, items: Sequence[str]) -> list[Document]:
    return [{"href": f"#{item_uid(facts, ref)}", "description": ref} for ref in items]


def _findings(facts: Facts, judgements: Sequence[Judgement]) -> Iterator[dict[str, Any]]:
    criteria = pieces.criteria_of(facts)
    for one in judgements:
        if not one.outcome.is_result:
            continue
        for criterion in criteria.get(one.control.ref, ()):
            yield _finding(facts, one, criterion)


def _finding(facts: Facts, one: Judgement, criterion: str) -> dict[str, Any]:
    control = one.control
    state = one.outcome.value
    return {
        "uuid": finding_uid(facts, control.ref, criterion),
        "title": pieces.line(f"{control.ref} {control.title} under {criterion}"),
        "description": pieces.words(one.words),
        "props": [*pieces.label(control.ref), *pieces.props(criterion=criterion)],
        "target": {
            "type": "statement-id",
            "target-id": f"{pieces.token(criterion)}{pieces.STATEMENT}",
            "status": {"state": state},
        },
        "implementation-statement-uuid": component_definition.requirement_uid(
            facts, control.ref, criterion
        ),
        "related-observations": pieces.links(_observations(facts, control.ref), "observation-uuid"),
    }


def _observations(facts: Facts, control: str) -> Iterator[str]:
    """Yield the observations that are about a control."""
    for ref in facts.items_by_control.get(control, ()):
        yield _observed_uid(facts, ref)
    for draw in facts.draws:
        if draw.control == control:
            yield _observed_uid(facts, draw.ref)
    for one in facts.deviations:
        if one.control == control:
            for seen in one.sightings:
                yield sighting_uid(facts, one, seen.step)


def _observed_uid(facts: Facts, ref: str) -> str:
    return pieces.uid(facts, "observation", ref)


def _record_uid(facts: Facts, ref: str) -> str:
    return pieces.uid(facts, "record", ref)


def _span(facts: Facts) -> tuple[str, str]:
    """Return from when to when was looked: to the end of the window, or to what is known."""
    begins, ends = pieces.midnight(facts.window_from), pieces.last_moment(facts.window_to)
    known = datetime.fromisoformat(facts.as_of)
    if datetime.fromisoformat(begins) < known < datetime.fromisoformat(ends):
        ends = facts.as_of
    return begins, ends
