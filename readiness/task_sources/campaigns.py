"""Review campaigns: lines that wait for a decision, one task for each campaign and reviewer."""

from collections.abc import Iterator

from readiness.task import Asked, Task
from registers.campaigns import outstanding

WORDS = "Access and token reviews"
IS_KEPT = True
_WHO_ELSE = "compliance-lead"


def tasks(_asked: Asked) -> Iterator[Task]:
    for waiting in outstanding.open_lines():
        campaign, person = waiting.campaign, waiting.person
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
            note=f"{lines} for a decision." if person else f"{lines} for a reviewer.",
            person=person.pk if person else None,
            role="" if person else _WHO_ELSE,
            owner=str(person) if person else "Compliance lead",
        )
