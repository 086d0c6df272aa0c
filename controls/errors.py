"""What can go wrong with controls; each error tells who must act what to do."""

from dataclasses import dataclass


class ControlsError(Exception):
    """This could not be done with the controls."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).__doc__ or "")


class PeriodError(ControlsError, ValueError):
    """This period cannot be worked with: check its first and its last day."""


class CheckQueryError(ControlsError):
    """This check is no single SELECT over the table `population` that always answers the same."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend in a catalogue file; `line` counts from 1, 0 means the file as a whole."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.reason}"


class CatalogueError(ControlsError):
    """The catalogue cannot be loaded; mend the named lines, nothing was changed."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
        self.file = problems[0].file
        self.line = problems[0].line
        self.reason = problems[0].reason


class RewordingError(ControlsError):
    """The wording of a control that is in force would change; say that you want this."""


class StalePlanError(ControlsError):
    """The database changed since the plan was made; look at a new plan before you apply it."""
