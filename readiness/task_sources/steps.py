"""Steps of the plan that have an owner or a due day and are done neither by proof nor by a tick."""

from collections.abc import Iterator

from readiness.owners import noted, owner_of
from readiness.survey import Survey
from readiness.task import Asked, Task

WORDS = "Plan"
IS_KEPT = True


def tasks(_asked: Asked) -> Iterator[Task]:
    for phase in Survey().phases:
        for step in phase.steps:
            version = step.version
            if version is None or step.is_done or not (version.owner or version.due_on):
                continue
            owner = owner_of(version.owner)
            yield Task(
                source="steps",
                key=step.entry.id,
                name=step.entry.id,
                title=step.entry.text,
                due=version.due_on,
                weight=step.entry.weight,
                page="plan_step",
                args=(step.entry.id,),
                note=noted(step.fact, owner.note),
                person=owner.person,
                role=owner.role,
                owner=owner.words,
                is_of_catalogue=True,
            )
