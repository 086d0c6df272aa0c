"""Where a deviation goes that an auditor recorded on a work sheet."""

from audits.worksheets import SampledDeviation


def report(_deviation: SampledDeviation) -> None:
    """Leave a deviation where it was recorded: the work sheet and the log keep it."""
