"""What can go wrong with evidence; a docstring is the default message for the person who acts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from evidence.screening.finding import Finding


class EvidenceError(Exception):
    """The evidence could not be taken in."""

    position: int | None = None
    """Which of several items it is about, counted from 0."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


@contextmanager
def about_item(position: int) -> Iterator[None]:
    """Say of what is raised inside which of several items it is about."""
    try:
        yield
    except EvidenceError as error:
        error.position = position
        raise


class EmptyContentError(EvidenceError):
    """The file is empty (0 bytes). Send the file again; nothing was stored."""


class TooLargeError(EvidenceError):
    """The file is larger than this installation accepts. Split it, or raise MAX_EVIDENCE_BYTES."""


class DigestMismatchError(EvidenceError):
    """The content contradicts its declared SHA-256. Send it again; nothing was stored."""


class PeriodError(EvidenceError):
    """The period ends before it starts. Swap or correct the two dates."""


class TimeError(EvidenceError):
    """The time of collection lies in the future, or has no zone. Correct the clock or the field."""


class FilenameError(EvidenceError):
    """The file name is empty, too long, or has control characters. Rename the file."""


class TagError(EvidenceError):
    """A tag cannot be kept. Correct its key or its value and send the item again."""


class HandlingError(EvidenceError):
    """What is said of the steps after the export does not fit together."""


class ScreeningError(EvidenceError):
    """The content seems to hold card numbers or secrets. Remove them and send it again."""

    findings: Sequence[Finding] = ()
    """What was found; empty where the description of an item was refused, which nothing keeps."""


class QuarantinedError(ScreeningError):
    """The content was put into quarantine. A reviewer decides about it."""

    def __init__(self, message: str = "", *, refs: Mapping[int | None, str] | None = None) -> None:
        super().__init__(message)
        self.refs = dict(refs or {})
        """Which reference each of several items got, by its place; None for a single one."""


class QuarantineError(EvidenceError):
    """This decision about a quarantined file is not possible."""


class MaskingError(EvidenceError):
    """This file cannot be masked here. Mask it yourself and hand the cleaned file in."""


class IdempotencyConflictError(EvidenceError):
    """An idempotency key was used before with other content."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The idempotency key {key!r} was used before with other content. "
            "Use a new key for new content."
        )


class SupersededError(EvidenceError):
    """A newer version of this item exists already. Supersede that one instead."""


class PopulationError(EvidenceError):
    """The table does not fit its declared columns."""


class StoreError(EvidenceError):
    """The store did not give back what was written. Check the disk before anything else."""


class BlobMissingError(StoreError):
    """The stored file is gone. Restore it from the backup; its digest tells if it is the same."""


class BlobDamagedError(StoreError):
    """The stored file was changed or damaged. Restore it from the backup."""


class BlobDisposedError(StoreError):
    """The content was disposed of. Its digest and its leaf in the log stay."""


class RetentionError(EvidenceError):
    """This is not possible as long as the content must be kept."""


class SealError(EvidenceError):
    """A sealed value could not be opened: the key is another one, or the value was changed."""


class LedgerError(EvidenceError):
    """The ledger refuses this entry."""


class SigningRefusedError(EvidenceError):
    """The log is not signed, because it is not what was signed before."""


class SignerBusyError(SigningRefusedError):
    """Another installation signs this log. Let all of them share one folder of keys."""


class KeyRevokedError(SigningRefusedError):
    """The key of the log is revoked. Put a new one in place first: page Log and anchors."""


class KeyDeedError(EvidenceError):
    """This cannot be done with the key of the log."""


class CosignatureError(EvidenceError):
    """This is no cosignature of a witness that you trust."""


class AddressError(EvidenceError):
    """Nothing may be asked at this network address."""


class AnchorError(EvidenceError):
    """The checkpoint could not be left outside. It is tried again by itself."""


class RestartError(EvidenceError):
    """The log cannot be taken up again like this."""


class CheckError(EvidenceError):
    """The check could not run, so it proves nothing."""


class ReviewError(EvidenceError):
    """This review is not possible."""


class DownloadError(EvidenceError):
    """Your roles do not include looking at evidence. Ask an administrator."""


class SpreadsheetError(EvidenceError):
    """This spreadsheet cannot be read. Save the table as .xlsx with one plain sheet."""
