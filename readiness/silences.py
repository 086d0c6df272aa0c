"""Opens findings for sources that have stopped reporting, in every open engagement they concern.

What a source would have brought was neither shown nor disproved, so the finding is of the kind
"could not run"; its subject is the expected time that the missing answer belongs to. Saying the
same again adds nothing, so the look may be repeated at any time. A later answer closes nothing.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from audits import days, findings, scope
from audits.errors import ClosedError, WindowError
from audits.finding_record import Kind, Source
from audits.finding_subjects import occurrence_on
from audits.findings import Observation
from audits.models import Engagement, Finding
from collectors import silence
from collectors.silence import Silence

KIND = "readiness.silences"
"""The kind of job that looks for sources that have stopped reporting."""


def raise_findings(now: datetime) -> int:
    """Keep each silence in a finding of every open engagement; return how many there are."""
    silences = silence.silent(now)
    if not silences:
        return 0
    engagements = list(Engagement.objects.filter(closed_at__isnull=True).order_by("pk"))
    return sum(1 for each in silences for one in engagements for _ in _kept(one, each))


def condition(silent: Silence) -> str:
    """Say what was expected of a source and what happened, in words that stay the same."""
    last = f"Its last answer is of {_moment(silent.last)}." if silent.last else "It never answered."
    about = f" about {silent.period}" if silent.period else ""
    return (
        f"Expected: the source {silent.source.title} ({silent.source.slug}) answers{about} when it "
        f"is due. It was due on {_moment(silent.due)}, and for a day after that no answer came. "
        f"{last}"
    )


def _kept(engagement: Engagement, silent: Silence) -> Iterator[Finding]:
    day: date = silent.period.end if silent.period else days.day_of(silent.due)
    fed = scope.expectations_of(engagement).filter(sources=silent.source)
    for expectation in fed.select_related("control"):
        try:
            subject = occurrence_on(engagement, expectation, day)
            yield findings.observe(
                engagement,
                subject=subject,
                title=f"{silent.source.title}: stopped reporting",
                observation=Observation(condition(silent), Kind.COULD_NOT_RUN),
                source=Source.CHECK,
                by=None,
            )
        except (WindowError, ClosedError):
            # Nothing is expected in the engagement then, or it was closed a moment ago.
            continue


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
