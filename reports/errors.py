"""What can go wrong with papers; each docstring is the message for the person who must act."""


class ReportsError(Exception):
    """The paper could not be written."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).__doc__ or "")


class UnknownReportError(ReportsError):
    """There is no such report."""


class ContradictionError(ReportsError):
    """A record is no longer what its log entry says. Nothing was written; compare with a backup."""


class PdfError(ReportsError):
    """The PDF engine could not render the paper; nothing was written. Try again."""


class CoverSealError(ReportsError):
    """The cover could not be signed; nothing was written. See PDF_SIGNING_KEY in the settings."""


class SheetRefusedError(ReportsError):
    """This file is not the work sheet of the draw. Take a new copy. Nothing was changed."""


class WorkspaceError(ReportsError):
    """The workspace cannot be brought up to date. Nothing was changed."""


class KindError(ReportsError):
    """A kind of report is not declared as it should be."""


class AskedError(ReportsError):
    """The report cannot be written for what was asked. Correct it and ask again."""


class ReportsNotAllowedError(ReportsError):
    """You may not have reports written. Ask an administrator for a role that may."""


class FillingError(ReportsError):
    """The buyer's workbook cannot be filled as it is. Open and save it as .xlsx, then try again."""
