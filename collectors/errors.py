"""What can go wrong with collecting; each docstring is the default message for who must act.

SourceError and its kin end as the reason of a failed run. Those that are also TransientError may
pass by themselves, so the run is tried again; all others wait for a person.
"""

from datetime import timedelta

from jobs.errors import JobsError, TransientError


class CollectorError(Exception):
    """The collector could not do its work."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class DeclarationError(CollectorError):
    """A collector's file does not declare what it must. Correct the file."""


class UnknownCollectorError(CollectorError):
    """There is no collector of this name. Its file was removed, or its package is not installed."""


class ScheduleError(CollectorError):
    """The schedule is no cron expression, or the time zone is unknown."""


class SettingsError(CollectorError):
    """The settings of this source do not fit its collector. Correct them and try again."""


class AskError(CollectorError):
    """This source cannot be asked for this period."""


class RunFailedError(CollectorError, JobsError):
    """The run failed; its row says why."""


class SourceError(CollectorError):
    """The source did not give an answer that could be used."""


class SourceDeniedError(SourceError):
    """The source refused our credentials, or they lack a right. Renew or widen them."""


class SourceRefusedError(SourceError):
    """The source refused the question itself. Check address and settings."""


class SourceNonsenseError(SourceError):
    """The source answered with something that is not what was asked for. Check the address."""


class ProgramMissingError(SourceError):
    """A program that this collector needs is not installed."""


class FileRefusedError(SourceError):
    """The file cannot be taken as it is. Correct it and put it into the folder again."""


class PassingError(SourceError, TransientError):
    """The source could not answer now; it will be asked again."""

    def __init__(self, message: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceUnreachableError(PassingError):
    """The source could not be reached, or did not answer in time. It will be asked again."""


class SourceBusyError(PassingError):
    """The source asks us to slow down (429). It will be asked again after a pause."""


class SourceBrokenError(PassingError):
    """The source has a fault of its own (5xx). It will be asked again."""
