"""What can go wrong with readiness; each docstring is the sentence for the person who must act."""


class ReadinessError(Exception):
    """This could not be done with the readiness of the programme."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class UnknownEntryError(ReadinessError):
    """The programme has no such entry. Its file was changed, or the address is mistyped."""


class DetectorError(ReadinessError):
    """A file of the programme names a detector that is not there. Correct the file."""


class NotAllowedError(ReadinessError):
    """You may look at the programme, not change it. Ask the compliance lead."""


class AnswerError(ReadinessError):
    """This answer does not stand as it is. Correct it and send it again."""


class StepError(ReadinessError):
    """This cannot be done with the step. Look at it as it is now."""


class ChangedMeanwhileError(ReadinessError):
    """Somebody else has changed this in the meantime. Look at it as it is now, then try again."""


class TaskSourceError(ReadinessError):
    """A file in readiness/task_sources/ does not say what a source of tasks must."""


class LibraryError(ReadinessError):
    """This cannot be done with the library of answers. Look at it as it is now."""


class QuestionnaireError(ReadinessError):
    """This cannot be done with the questionnaire. Look at it as it is now."""
