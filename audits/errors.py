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


class FrozenError(AuditsError):
    """The engagement is frozen. Open a new one for what changed."""


class ChangeError(AuditsError):
    """This occurrence cannot be changed so."""


class FreezeError(AuditsError):
    """The pack cannot be frozen."""


class PackDamagedError(AuditsError):
    """What was frozen for this pack is no longer what its leaf says. Compare with a backup."""


class FindingError(AuditsError):
    """This cannot be done with the finding as it stands."""


class RequestError(AuditsError):
    """This cannot be done with the request."""


class OutOfScopeError(RequestError):
    """This evidence is outside the scope of the engagement. Claim it for something in scope."""


class RequestListError(AuditsError):
    """The list of requests cannot be taken in; nothing was changed."""


class AdmissionError(AuditsError):
    """The invitation leads to no engagement any more. Ask the person who sent it."""


class OrganisationError(AuditsError):
    """The subservice organisation cannot be kept like that."""


class DescriptionError(AuditsError):
    """This text cannot become part of the description or of the assertion."""


class PopulationRefusedError(AuditsError):
    """This item cannot be sealed as a population."""


class DrawError(AuditsError):
    """This sample cannot be drawn."""


class WorkSheetError(AuditsError):
    """This cannot be recorded on the work sheet. Nothing was changed."""


class ReverseTestError(AuditsError):
    """This reverse test cannot be recorded. Nothing was changed."""


class WalkthroughError(AuditsError):
    """This walkthrough cannot be recorded. Nothing was changed."""


class TrustPageError(AuditsError):
    """The trust page cannot be kept like that."""


class BuyerDocumentError(AuditsError):
    """This document cannot be offered to buyers."""


class BuyerRequestError(AuditsError):
    """This cannot be asked for. Correct what you typed."""


class BuyerDecisionError(AuditsError):
    """This cannot be decided about the request."""


class BuyerLinkUnknownError(AuditsError):
    """This link is not known here. Check that it was copied whole."""


class BuyerLinkEndedError(AuditsError):
    """This link has ended. Ask whoever sent it for a new one."""


class RoomError(AuditsError):
    """The end of the room cannot be set like that."""
