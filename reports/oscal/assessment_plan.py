"""assessment-plan.json: what is examined of each control, how often, and which samples are drawn.

It is the plan that the assessment results refer to. There is no system security plan in a SOC 2
engagement; the component definition is named in its place.
"""

from collections.abc import Iterator

from reports.oscal import component_definition, pieces
from reports.oscal.facts import Draw, Facts, Population, Procedure
from reports.oscal.pieces import Document

NAME = pieces.PLAN
_INSTEAD = (
    "No system security plan is made for this kind of report; the controls stand in the component "
    "definition."
)


def document(facts: Facts) -> Document:
    """Return the plan."""
    instead = pieces.uid(facts, "instead-of-ssp", facts.engagement)
    activities = [*_procedures(facts), *_samples(facts)]
    return {
        "assessment-plan": pieces.given(
            uuid=pieces.document_uid(facts, NAME),
            metadata=pieces.metadata(facts, "Assessment plan"),
            import_ssp={"href": f"#{instead}", "remarks": _INSTEAD},
            local_definitions={"activities": activities} if activities else None,
            reviewed_controls=pieces.reviewed([one.ref for one in facts.criteria]),
            assessment_subjects=[
                {
                    "type": "component",
                    "include-subjects": [_system(facts)],
                }
            ],
            tasks=[_task(facts, one) for one in facts.draws],
            back_matter={
                "resources": [
                    {
                        "uuid": instead,
                        "title": "Component definition",
                        "rlinks": [
                            {"href": pieces.COMPONENTS, "media-type": "application/oscal+json"}
                        ],
                    }
                ]
            },
        )
    }


def _system(facts: Facts) -> Document:
    return {"subject-uuid": component_definition.system_uid(facts), "type": "component"}


def _procedures(facts: Facts) -> Iterator[Document]:
    criteria = pieces.criteria_of(facts)
    for one in facts.procedures:
        yield _activity(facts, one, criteria.get(one.control, ()))


def _activity(facts: Facts, one: Procedure, criteria: tuple[str, ...]) -> Document:
    return pieces.given(
        uuid=pieces.uid(facts, "procedure", one.slug),
        title=pieces.line(one.title),
        description=pieces.words(
            f"Obtain what shows {one.control} ({one.cadence.replace('_', ' ')}), see that it "
            "covers its period and came in time, and examine it."
        ),
        props=[
            *pieces.label(one.slug),
            *pieces.props(
                control=one.control, cadence=one.cadence, evidence_kind=one.kind, method="EXAMINE"
            ),
        ],
        related_controls=pieces.reviewed(criteria) if criteria else None,
    )


def _samples(facts: Facts) -> Iterator[Document]:
    criteria = pieces.criteria_of(facts)
    for one in facts.populations:
        drawn = [draw for draw in facts.draws if draw.population == one.ref]
        chosen = criteria.get(one.control, ())
        yield pieces.given(
            uuid=_population_uid(facts, one),
            title=pieces.line(f"Sample of {one.control} from the population {one.ref}"),
            description=pieces.words(one.definition) or pieces.line(one.ref),
            props=[
                *pieces.label(one.ref),
                *pieces.props(control=one.control, population=one.count, method="TEST"),
            ],
            steps=[step for draw in drawn for step in _steps(facts, draw)],
            related_controls=pieces.reviewed(chosen) if chosen else None,
        )


def _steps(facts: Facts, draw: Draw) -> Iterator[Document]:
    for letter, title in sorted(draw.attributes.items()):
        yield {
            "uuid": pieces.uid(facts, "attribute", draw.ref, letter),
            "title": pieces.line(f"{draw.ref}, {letter}"),
            "description": pieces.words(title) or letter,
        }


def _task(facts: Facts, draw: Draw) -> Document:
    population = next(one for one in facts.populations if one.ref == draw.population)
    return {
        "uuid": pieces.uid(facts, "task", draw.ref),
        "type": "action",
        "title": pieces.line(f"Draw {draw.ref}: {draw.size} of {draw.of}, {draw.method}"),
        "props": [
            *pieces.label(draw.ref),
            *pieces.props(sample_size=draw.size, population=draw.of, method=draw.method),
        ],
        "timing": {"on-date": {"date": draw.at}},
        "associated-activities": [
            {
                "activity-uuid": _population_uid(facts, population),
                "subjects": [{"type": "component", "include-subjects": [_system(facts)]}],
            }
        ],
    }


def _population_uid(facts: Facts, one: Population) -> str:
    return pieces.uid(facts, "population", one.ref)
