"""The files of a business day: looked at first, taken in as evidence, withdrawn with a reason.

Rules:
- A file that P0 of the engine would refuse is not taken: its line and reason are told at once.
- Bytes that came before for the same side are not taken again, whatever their name. Two sides may
  well have the same bytes; whoever looks at the second file is told so.
- What was taken stays evidence for ever; a withdrawn file is only read by no further run.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import file_digest
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import journal
from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from controls.models import Area, Expectation
from evidence import intake, ledger, store
from evidence.models import Evidence
from evidence.reconcile.acceptance import FileFacts, accept
from evidence.reconcile.errors import ReconcileError
from evidence.reconcile.progress import Tell, quiet
from evidence.reconcile.rules import RuleSet
from registers.campaigns.lists import local_day
from registers.errors import InputUnfitError, ReconcilingError
from registers.models import InputFile, InputWithdrawal, MatchingRules, Reconciliation
from registers.reconciling import definitions

FILES = "reconciliation-files"
"""The expectation that files and papers of a day are evidence for."""


@dataclass(frozen=True)
class Sighted:
    """A file as P0 sees it; nothing of it is kept."""

    leg: str
    day: date
    facts: FileFacts
    twin: InputFile | None = None
    """The same bytes on another side."""

    @property
    def rows(self) -> int:
        return sum(count for count, _, _ in self.facts.totals.values())


def sight(
    reconciliation: Reconciliation, *, leg: str, day: date, path: Path, tell: Tell = quiet
) -> Sighted:
    """Look at a file by its rules; `path` bears the name that it came by.

    `tell` hears how many rows are read. Raises InputUnfitError with line and reason,
    ReconcilingError.
    """
    rules = refuse_place(reconciliation, leg=leg, day=day)
    facts = _accepted(rules, leg, path, day, tell)
    if facts.refused:
        where = f"line {facts.line}: " if facts.line else ""
        raise InputUnfitError(
            f"{path.name} is refused whole, {where}{facts.refused}. Ask its source for a correct "
            "one; nothing was kept."
        )
    same = _same_bytes(reconciliation, facts.sha256)
    before = same.filter(leg=leg).first()
    if before:
        raise InputUnfitError(
            f"The bytes of {path.name} came before, as {before.filename} of {before.day}."
        )
    return Sighted(leg, day, facts, twin=same.first())


def refuse_place(reconciliation: Reconciliation, *, leg: str, day: date) -> RuleSet:
    """Return the rules in force; ReconcilingError for a day or a leg that takes no file."""
    rules = definitions.parsed(_rules(reconciliation).text)
    _refuse_day(reconciliation, day)
    if leg not in rules.legs:
        raise ReconcilingError(f"The rules have no leg {leg}; known: {', '.join(rules.legs)}.")
    return rules


def hand_in(
    reconciliation: Reconciliation,
    *,
    leg: str,
    day: date,
    path: Path,
    by: User,
    shown: str = "",
    tell: Tell = quiet,
) -> InputFile:
    """Take a file in as evidence; `shown` is the digest of the bytes that the person saw.

    Raises as `sight`, and a subclass of EvidenceError.
    """
    definitions.refuse_stranger(by, Capability.RUN_RECONCILIATIONS)
    seen = sight(reconciliation, leg=leg, day=day, path=path, tell=tell)
    if shown and shown != seen.facts.sha256:
        raise InputUnfitError("This is another file than the one that you looked at. Look again.")
    ready = intake.prepare(_submission(reconciliation, seen, path, by))
    try:
        return _record(reconciliation, seen, ready, by)
    except Exception:
        store.discard_unnamed(ready.files)
        raise


@transaction.atomic
def _record(
    reconciliation: Reconciliation, seen: Sighted, ready: intake.Prepared, by: User
) -> InputFile:
    ledger.lock()
    if before := _same_bytes(reconciliation, seen.facts.sha256).filter(leg=seen.leg).first():
        raise InputUnfitError(f"These bytes came before, as {before.filename}.")
    (evidence,) = intake.record([ready], actor=actor(by))
    return keep(reconciliation, leg=seen.leg, day=seen.day, evidence=evidence, by=by)


def keep(
    reconciliation: Reconciliation, *, leg: str, day: date, evidence: Evidence, by: User | None
) -> InputFile:
    """Name evidence as a file of a day; inside the transaction of a deed that holds the log."""
    made = InputFile(
        reconciliation=reconciliation,
        leg=leg,
        day=day,
        filename=evidence.filename,
        sha256=evidence.blob_id,
        evidence=evidence,
        by=by,
        at=timezone.now(),
    )
    made.ledger_entry = ledger.append(
        "reconciliation.file",
        subject=reconciliation.ref,
        body=file_body(made),
        actor=actor(by) if by else "system",
    )
    made.save(force_insert=True)
    return made


def file_body(made: InputFile) -> dict[str, object]:
    """Return what the leaf says of a file."""
    return {
        "leg": made.leg,
        "day": made.day.isoformat(),
        "evidence": made.evidence.ref,
        "sha256": made.sha256,
    }


def withdraw(file: InputFile, *, reason: str, by: User) -> InputWithdrawal:
    """Let no further run read a file, such as one of the wrong day; it stays evidence."""
    definitions.refuse_stranger(by, Capability.RUN_RECONCILIATIONS)
    said = definitions.read_text(reason, what="Why it is withdrawn")
    with transaction.atomic():
        ledger.lock()
        if InputWithdrawal.objects.filter(file=file).exists():
            raise ReconcilingError(f"{file.filename} is withdrawn already.")
        made = InputWithdrawal(file=file, reason=said, by=by, at=timezone.now())
        made.ledger_entry = ledger.append(
            "reconciliation.file_withdrawn",
            subject=file.reconciliation.ref,
            body={
                "evidence": file.evidence.ref,
                "sha256": file.sha256,
                "reason_sha256": journal.digest(said),
            },
            actor=actor(by),
        )
        made.save(force_insert=True)
    return made


def read_by(
    reconciliation: Reconciliation, day: date, *, rules: MatchingRules | None = None
) -> list[InputFile]:
    """Return the files that a run of a day reads: from its first day on, without the withdrawn.

    What a collector brought and replaced by a newer version is not read either. `rules` are those
    in force, where somebody knows them.
    """
    found = InputFile.objects.filter(
        reconciliation=reconciliation,
        day__gte=_read_start(reconciliation, day, rules),
        day__lte=day,
        withdrawal__isnull=True,
    )
    return list(
        found.select_related("evidence__blob", "evidence__population").order_by("day", "leg", "id")
    )


def window_start(reconciliation: Reconciliation, day: date) -> date:
    """Return the first day whose files may open a break in a run of a day."""
    return day - timedelta(days=reconciliation.window_days - 1)


def _read_start(reconciliation: Reconciliation, day: date, rules: MatchingRules | None) -> date:
    """Return the first day of the files that a run of a day reads.

    They begin as long before the window as the rules let two items lie apart: what stands first in
    the window finds the other half of its pair there.
    """
    known = rules or definitions.rules_in_force(reconciliation)
    lead = definitions.lead_days(reconciliation, definitions.parsed(known.text)) if known else 0
    return window_start(reconciliation, day) - timedelta(days=lead)


def leading_in(
    reconciliation: Reconciliation, day: date, read: Iterable[InputFile]
) -> frozenset[str]:
    """Return the names of the files that a run reads for the other halves of pairs alone."""
    start = window_start(reconciliation, day)
    told = {file.filename for file in read if file.day >= start}
    return frozenset(file.filename for file in read) - told


def missing_legs(
    reconciliation: Reconciliation, day: date, files: Iterable[InputFile]
) -> list[str]:
    """Return the legs that must bring a file of this very day and have not."""
    here = {file.leg for file in files if file.day == day}
    return [leg for leg in reconciliation.daily_legs if leg not in here]


def laid_out(
    files: Sequence[InputFile], folder: Path, *, tell: Callable[[int, int], None] | None = None
) -> dict[str, list[Path]]:
    """Write the original bytes of files under the names that they came by, by leg.

    `tell` hears how many bytes of how many lie there, file by file. Of several empty tables with
    the same bytes, such as those of days without payments, one is enough.
    """
    given: dict[str, list[Path]] = {}
    empty: set[tuple[str, str]] = set()
    done, total = 0, size_of(files)
    for place, file in enumerate(files):
        if tell:
            tell(done, total)
        done += file.evidence.blob.size
        if _has_no_rows(file):
            if (file.leg, file.sha256) in empty:
                continue
            empty.add((file.leg, file.sha256))
        path = folder / f"{place:06}" / file.filename
        path.parent.mkdir()
        with path.open("xb") as copy:
            for chunk in store.stream(file.sha256):
                copy.write(chunk)
        given.setdefault(file.leg, []).append(path)
    return given


def size_of(files: Iterable[InputFile]) -> int:
    """Return the bytes of files."""
    return sum(file.evidence.blob.size for file in files)


def _has_no_rows(file: InputFile) -> bool:
    population = getattr(file.evidence, "population", None)
    return population is not None and population.row_count == 0


def claims() -> tuple[Expectation, ...]:
    """Return what files and papers of a day are evidence for."""
    return tuple(Expectation.objects.filter(slug=FILES))


def is_over(day: date, now: datetime) -> bool:
    """Say whether a day is over by the clocks of the organisation."""
    return day < local_day(now)


def _rules(reconciliation: Reconciliation) -> MatchingRules:
    rules = definitions.rules_in_force(reconciliation)
    if rules is None:
        raise ReconcilingError("Its rules wait for the approval of another person.")
    return rules


def _refuse_day(reconciliation: Reconciliation, day: date) -> None:
    if day > definitions.today():
        raise ReconcilingError("The day of a file does not lie ahead.")
    if not definitions.is_due_on(reconciliation, day):
        raise ReconcilingError(
            f"{day} is no business day of {reconciliation.ref}. Choose the one that it is read on."
        )


def _accepted(rules: RuleSet, leg: str, path: Path, day: date, tell: Tell) -> FileFacts:
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        try:
            return accept(rules, {leg: [path]}, Path(folder), as_of=day, tell=tell).files[0]
        except ReconcileError as error:
            raise InputUnfitError(f"{path.name} cannot be read: {error}") from error


def _same_bytes(reconciliation: Reconciliation, sha256: str) -> "QuerySet[InputFile]":
    found = InputFile.objects.filter(reconciliation=reconciliation, sha256=sha256)
    return found.filter(withdrawal__isnull=True)


def _submission(
    reconciliation: Reconciliation, seen: Sighted, path: Path, by: User
) -> intake.Submission:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return intake.Submission(
        content=path,
        filename=path.name,
        title=f"{reconciliation.ref} {seen.leg}, {seen.day.isoformat()}",
        evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
        kind=Evidence.Kind.EVENT,
        area=Area.PROCESSING_INTEGRITY,
        source_system=reconciliation.feeds.get(seen.leg) or f"{seen.leg} of {reconciliation.ref}",
        environment=reconciliation.environment,
        covers_from=seen.day,
        covers_to=seen.day,
        collected_at=timezone.now(),
        owner=str(reconciliation.owner)[:120],
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        declared_sha256=digest,
        prepared_by=by,
        claims=claims(),
    )
