"""Review campaigns: lines that wait for a decision, one task for each campaign and reviewer."""

from collections.abc import Iterator

from readiness.owners import noted, owner_of
from readiness.task import Asked, Task
from registers.campaigns import outstanding

WORDS = "Access and token reviews"
IS_KEPT = True


def tasks(_asked: Asked) -> Iterator[Task]:
    for waiting in outstanding.open_lines():
        campaign, person = waiting.campaign, waiting.person
        owner = owner_of(person)
        lines = "1 line waits" if waiting.count == 1 else f"{waiting.count:,} lines wait"
        yield Task(
            source="campaigns",
            key=f"{campaign.pk:012d}.{person.pk if person else 0}",
            name=campaign.ref,
            title=campaign.title,
            due=waiting.due_on,
            weight=4,
            page="campaign",
            args=(campaign.number,),
            note=noted(f"{lines} for a {'decision' if owner.person else 'reviewer'}.", owner.note),
            person=owner.person,
            role=owner.role,
            owner=owner.words,
        )
