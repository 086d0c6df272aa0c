"""What can go wrong with a job; each docstring is the sentence for the person who must act."""

from datetime import timedelta


class JobsError(Exception):
    """This job could not be done."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).__doc__ or "")


class UnknownKindError(JobsError):
    """No installed room or plug-in does this kind of job. Check PLUGINS, or the version you run."""


class DuplicateKindError(JobsError):
    """Two handlers claim the same kind of job or the same periodic name. Rename one of them."""


class JobNotFailedError(JobsError):
    """Only a failed job can be tried again; this one is waiting, running or done."""


class LeaseLostError(JobsError):
    """Another worker has taken this job over, so that the result of this run does not count."""


class ResultTooLargeError(JobsError):
    """The job returned more than a job row keeps. Store the result as evidence, return its id."""


class TransientError(JobsError):
    """Something outside did not answer. The job is tried again by itself."""


# The names read as the deeds that a handler asks for: `raise RetryLater(after=..., reason=...)`.
class RetryLater(JobsError):  # noqa: N818
    """The job asked to be tried again later."""

    def __init__(self, after: timedelta, reason: str = "") -> None:
        super().__init__(reason)
        self.after = after


class StepAside(RetryLater):
    """The job made way for others; this is no attempt that counts against it."""
