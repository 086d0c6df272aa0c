"""What intake does with an item that screening refuses: it goes to quarantine, or nowhere."""

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from evidence import quarantine, screening
from evidence.errors import QuarantinedError, ScreeningError, about_item
from evidence.models import Evidence
from evidence.submission import Submission, safe_filename


def refuse(source: BinaryIO, filename: str) -> None:
    """Screen a file from where it stands; ScreeningError with all that was found."""
    start = source.tell()
    findings = screening.scan(source)
    source.seek(start)
    if findings:
        raise _refused(filename, findings)


def refuse_words(submission: Submission, filename: str) -> None:
    """Refuse a description with a card number in it: it would stand in lists and leaves."""
    words = [submission.title, filename, submission.source_system, submission.owner]
    words += [f"{key} {value}" for key, value in submission.tags.items()]
    if submission.population:
        words.append(f"{submission.population.ipe.query}\n{submission.population.ipe.parameters}")
    if screening.speaks("\n".join(words)):
        raise ScreeningError(
            "The description of this item (title, file, source, owner or tags) seems to hold a "
            "card number or a secret. Nothing was stored. Describe it without."
        )


def _refused(filename: str, findings: Sequence[screening.Finding]) -> ScreeningError:
    listed = "; ".join(str(finding) for finding in findings)
    error = ScreeningError(
        f"{filename} was refused, nothing was stored: {listed}. "
        "Remove or mask these values at their source and send the file again."
    )
    error.findings = findings
    return error


def keep(submission: Submission, error: ScreeningError, *, actor: str) -> Evidence:
    """Put what screening refused into quarantine and raise QuarantinedError with its reference.

    Returns the evidence instead, where the same was sent before and has been released since. Raises
    the error itself where the description was refused: a row with that in clear cannot be kept.
    """
    if not error.findings:
        raise error
    before = quarantine.answered(submission, actor=actor)
    if before:
        return before
    filename = safe_filename(submission.filename)
    row = quarantine.keep(submission, error.findings, filename=filename, actor=actor)
    found = "; ".join(f"{one['where']}: {one['what']}".lstrip(": ") for one in row.findings)
    message = (
        f"{row.filename} lies in quarantine as {row.ref}: {found}. It is no evidence until a "
        "reviewer releases it as a false alarm; or remove these values at their source and send "
        "it again as a new item."
    )
    raise QuarantinedError(message, refs={None: row.ref}) from error


def keep_many(
    submissions: Sequence[Submission], held: Mapping[int, ScreeningError], *, actor: str
) -> dict[int, Evidence]:
    """Put each refused item of a batch into quarantine; return those that were released before."""
    released: dict[int, Evidence] = {}
    refused: dict[int, ScreeningError] = {}
    for position, error in held.items():
        try:
            with about_item(position):
                released[position] = keep(submissions[position], error, actor=actor)
        except ScreeningError as refusal:
            refused[position] = refusal
    if not refused:
        return released
    first = next(iter(refused.values()))
    plain = [one for one in refused.values() if not isinstance(one, QuarantinedError)]
    if plain:
        raise plain[0]
    refs: dict[int | None, str] = {
        place: one.refs[None] for place, one in refused.items() if isinstance(one, QuarantinedError)
    }
    whole = QuarantinedError(" ".join(map(str, refused.values())), refs=refs)
    whole.position = first.position if len(refused) == 1 else None
    raise whole
