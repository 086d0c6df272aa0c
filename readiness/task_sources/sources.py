"""Sources that have stopped reporting: an answer was due a day ago or longer, and none came."""

from collections.abc import Iterator

from django.utils import timezone

from audits import days
from collectors import silence
from readiness.task import Asked, Task

WORDS = "Sources"
IS_KEPT = True
"""What it reads leaves leaves, and that a day has passed is seen with the next one."""


def tasks(_asked: Asked) -> Iterator[Task]:
    for silent in silence.silent(timezone.now()):
        last = (
            f"Its last answer is of {days.day_of(silent.last)}." if silent.last else "It has none."
        )
        yield Task(
            source="sources",
            key=f"{silent.source.pk:012d}",
            name=silent.source.slug,
            title=silent.source.title,
            due=days.day_of(silent.due),
            weight=4,
            page="collectors_source_change",
            args=(silent.source.pk,),
            note=f"It has stopped reporting. {last}",
            role="engineer",
            owner="Engineer",
        )
