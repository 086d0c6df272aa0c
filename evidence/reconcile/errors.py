"""What can go wrong with a reconciliation; a docstring is the default message for who must act."""


class ReconcileError(Exception):
    """The reconciliation could not run."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class RowError(ReconcileError):
    """A row cannot be read."""


class FileRefusedError(ReconcileError):
    """The whole file is refused. Ask its source for a correct one; no row of it was counted."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line
        self.reason = reason


class InputError(ReconcileError):
    """The files and the rules do not fit together."""


class OpeningError(ReconcileError):
    """The list of open breaks cannot be read. Hand in the report of the run before."""
