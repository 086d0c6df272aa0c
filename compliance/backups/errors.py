"""What can go wrong with a backup; a docstring is the default message for the person who acts."""


class BackupError(Exception):
    """The backup could not be made or restored."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class BackupDamagedError(BackupError):
    """The backup is not what its manifest says. Take another one."""


class NotEmptyError(BackupError):
    """A backup is restored into an empty installation only."""


class KeysMissingError(BackupError):
    """The keys that open this backup are not here."""
