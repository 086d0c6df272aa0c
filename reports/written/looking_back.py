"""What reports say that are made later than the moment as of which they judge."""

from collections.abc import Sequence

from reports.written.registry import Asked

_NOTE = (
    "This report was made later than the moment as of which it judges. Evidence, results of "
    "checks, decisions of reviewers, findings, moves and exemptions are those recorded by then; "
    "controls, what they must leave, and the criteria they serve are those in force when it was "
    "made."
)


def noted(asked: Asked, notes: Sequence[str]) -> list[str]:
    """Return the notes of a report, with one more where it looks back."""
    return [*notes, *([_NOTE] if asked.made_at else [])]
