"""What can go wrong with audits; each docstring is the message for the person who must act."""


class AuditsError(Exception):
    """This could not be done with the engagement."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).__doc__ or "")


class NotAllowedError(AuditsError):
    """Your roles do not include this. Ask an administrator."""


class WindowError(AuditsError):
    """The days of the engagement are not in order. Correct its dates."""


class CategoryError(AuditsError):
    """These categories cannot be chosen. Name known ones, with a reason each."""


class MemberError(AuditsError):
    """This person cannot be a member of the engagement."""


class ClosedError(AuditsError):
    """The engagement is closed. Open a new one, or ask who closed it."""


class ChangeError(AuditsError):
    """This occurrence cannot be changed so."""


class FreezeError(AuditsError):
    """The pack cannot be frozen."""


class PackDamagedError(AuditsError):
    """What was frozen for this pack is no longer what its leaf says. Compare with a backup."""
