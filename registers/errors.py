"""What can go wrong with registers; each docstring is the sentence for the person who must act."""

from collections.abc import Iterable, Mapping


class RegistersError(Exception):
    """This could not be done with the register."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class UnknownRegisterError(RegistersError):
    """There is no register of this name. Its file was removed, or its package is not installed."""


class DeclarationError(RegistersError):
    """A register's file does not declare what it must. Correct the file."""


class NotAllowedError(RegistersError):
    """You may not change registers. Ask an administrator for the role of a control owner."""


class EntryError(RegistersError):
    """The entry does not fit its register. Correct the fields that are named."""

    def __init__(self, problems: Mapping[str, str], *, withheld: Iterable[str] = ()) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)
        """One sentence for each field (by name) that does not fit; '' for the entry as a whole."""
        self.withheld = frozenset(withheld)
        """Fields whose content must not be shown again: it looks like a secret."""


class DoubleEntryError(RegistersError):
    """There is such an entry already. Change that one instead."""


class ChangedMeanwhileError(RegistersError):
    """Somebody else has changed this in the meantime. Look at it as it is now, then try again."""


class SheetError(RegistersError):
    """The table does not fit the register. Correct it and hand it in again; nothing was changed."""


class UploadError(RegistersError):
    """The sheet cannot be taken. Hand it in again; nothing was changed."""


class UnknownFormError(RegistersError):
    """There is no form of this name. Its file was removed, or its package is not installed."""


class FormsNotAllowedError(RegistersError):
    """You may not hand in evidence, so no forms either. Ask an administrator for such a role."""


class FormError(RegistersError):
    """This could not be done with the form. Nothing that was typed is lost."""


class AnswersError(FormError):
    """The form is not ready to be handed in. Correct the answers that are named."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)
        """One sentence for each place that does not fit."""


class CampaignNotAllowedError(RegistersError):
    """You may not open or run review campaigns. Ask an administrator for the role of a reviewer."""


class CampaignError(RegistersError):
    """This is not possible with the campaign as it stands. Look at it again."""


class PopulationUnfitError(CampaignError):
    """This list cannot be reviewed. Choose another one, or other columns."""


class OwnAccessError(CampaignError):
    """This line is about your own access. Another person must review it."""


class NotYourLineError(CampaignError):
    """This line has another reviewer. Ask whoever runs the campaign to give it to you."""


class UndecidedError(CampaignError):
    """Some lines have no decision yet. A campaign is closed once each line has its own."""


class ProofError(CampaignError):
    """This list proves nothing about what was decided. Choose a later one of the same source."""


class ReconcilingNotAllowedError(RegistersError):
    """Your roles do not include this part of reconciling. Ask an administrator."""


class ReconcilingError(RegistersError):
    """This is not possible with the reconciliation as it stands. Look at it again."""


class RulesUnfitError(ReconcilingError):
    """These rules cannot be used. Correct the file and hand it in again; nothing was changed."""


class InputUnfitError(ReconcilingError):
    """This file cannot be taken. Correct it at its source; nothing was kept."""


class SamePersonError(ReconcilingError):
    """Another person must do this: whoever prepared it does not approve it too."""


class LimitError(ReconcilingError):
    """This is more than you may let be written off. Ask somebody with a higher limit."""
