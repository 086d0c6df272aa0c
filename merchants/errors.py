"""What can go wrong with merchants and forms; each docstring is for the person who must act."""

from collections.abc import Mapping, Sequence


class MerchantsError(Exception):
    """This could not be done with the merchant or its form."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class QuestionnaireError(MerchantsError):
    """A file of a questionnaire does not say what it must. Correct the file."""


class UnknownFormTypeError(MerchantsError):
    """There is no questionnaire of this type in force. Choose another type."""


class NotAllowedError(MerchantsError):
    """You may not change merchants and their forms. Ask an administrator for such a role."""


class MerchantError(MerchantsError):
    """This does not fit the merchant. Correct what is named; nothing was changed."""


class AnswersError(MerchantsError):
    """Some answers cannot be kept. Correct those that are named; nothing was changed."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)
        """One sentence for each line that does not fit."""


class FormClosedError(MerchantsError):
    """This form takes no more answers. Ask for the form that follows it."""


class IncompleteError(MerchantsError):
    """The form cannot be signed yet. Answer what is missing first."""


class SignatureError(MerchantsError):
    """The signature cannot be kept. Correct what is named; nothing was changed."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)
        """One sentence for each field that does not fit."""


class SignedAlreadyError(MerchantsError):
    """This form was signed already, and a signature is never replaced."""


class OfficialTextsError(MerchantsError):
    """The wording cannot be loaded. Correct what is named; nothing was changed."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
        """One sentence for each line that does not fit."""


class LinkUnknownError(MerchantsError):
    """This link is not known here. Check that it was copied whole."""


class LinkEndedError(MerchantsError):
    """This link no longer works. Ask whoever sent it for a new one."""


class FieldError(MerchantsError):
    """Some fields cannot be kept. Correct those that are named; nothing was changed."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)
        """One sentence for each field that does not fit."""


class OrderError(MerchantsError):
    """This step does not come now. Look at the state of what it is about first."""


class FileHereError(MerchantsError):
    """This file has its content already, and content is never replaced. Add another file."""


class LinkLapsedError(MerchantsError):
    """This link is not valid, or it has expired. Ask for another one."""


class KeyRefusedError(MerchantsError):
    """This key is not known here, or it was switched off."""
