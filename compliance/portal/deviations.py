"""Where a deviation goes that an auditor recorded on a work sheet: it becomes a finding."""

from audits import findings
from audits.findings import Subject
from audits.models import Finding
from audits.worksheets import SampledDeviation


def report(deviation: SampledDeviation) -> Finding:
    """Open the finding of a sampled item; what is recorded again is one more observation."""
    subject = Subject(
        kind="sample_item",
        ref=deviation.ref,
        control_ref=deviation.control_ref,
        expectation_slug=deviation.expectation_slug,
        start=deviation.start,
        end=deviation.end,
    )
    return findings.open_finding(
        deviation.engagement,
        subject=subject,
        title=f"{deviation.attribute}: deviation in {deviation.ref}"[: findings.LONGEST_TITLE],
        condition=deviation.condition,
        source="auditor",
        by=deviation.by,
    )
