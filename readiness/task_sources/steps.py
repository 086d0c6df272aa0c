"""Steps of the plan that have an owner or a due day and are done neither by proof nor by a tick."""

from collections.abc import Iterator

from readiness.survey import Survey
from readiness.task import Asked, Task

WORDS = "Plan"
IS_KEPT = True
_WHO_ELSE = "compliance-lead"


def tasks(_asked: Asked) -> Iterator[Task]:
    for phase in Survey().phases:
        for step in phase.steps:
            version = step.version
            if version is None or step.is_done or not (version.owner or version.due_on):
                continue
            yield Task(
                source="steps",
                key=step.entry.id,
                name=step.entry.id,
                title=step.entry.text,
                due=version.due_on,
                weight=step.entry.weight,
                page="plan_step",
                args=(step.entry.id,),
                note=step.fact,
                person=version.owner_id,
                role="" if version.owner_id else _WHO_ELSE,
                owner=str(version.owner) if version.owner else "Compliance lead",
                is_of_catalogue=True,
            )
