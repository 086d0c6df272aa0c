"""Deeds around drafts: begin one, keep what was typed, attach files, throw it away.

A draft is work in progress and no fact, so it leaves no leaf. Everything that was typed is kept,
right or wrong, but for what looks like a card number or a secret: that is never kept.
"""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from controls.cadence import latest_window
from controls.models import Expectation
from evidence.models import Evidence
from registers import entries
from registers.errors import FormError, FormsNotAllowedError
from registers.form_models import FormDraft, HandedForm
from registers.forms import attachments, reading
from registers.forms.base import COVERS_FROM, COVERS_TO, Asks
from registers.forms.reading import MOST_LINES, ZONE, Clock, Read
from registers.forms.registry import Kind, get

FIRST_LINES = 3
MORE_LINES = 5
LONGEST = 20_000
"""Letters of one answer; no form takes more."""


def open_drafts(by: User) -> QuerySet[FormDraft]:
    """Return the drafts of a person that were not handed in yet."""
    return FormDraft.objects.filter(by=by, handed__isnull=True)


def expectations_of(kind: Kind) -> list[Expectation]:
    """Return what a form is evidence for, in the order in which it names them; those in force."""
    found = Expectation.objects.select_related("control").in_bulk(
        list(kind.declared.serves), field_name="slug"
    )
    return [found[slug] for slug in kind.declared.serves if slug in found]


def begin(kind: Kind, *, by: User) -> FormDraft:
    """Begin a draft, with the days that are due to be told of; FormsNotAllowedError."""
    refuse_stranger(by)
    given = {ZONE: settings.ORGANISATION_TIME_ZONE}
    if COVERS_FROM.name in kind.questions:
        start, end = _due_days(kind)
        given |= {COVERS_FROM.name: start.isoformat(), COVERS_TO.name: end.isoformat()}
    return _new(kind, by, given, lines=FIRST_LINES if kind.line_questions else 0)


def begin_correction(handed: HandedForm, *, by: User) -> FormDraft:
    """Begin a draft with all that an earlier form said; what comes of it supersedes that one.

    Raises FormsNotAllowedError, FormError where a newer version is there already, EvidenceError
    where the attached files cannot be read any more. Its times would change their meaning if the
    organisation has moved to another zone, so then FormError too.
    """
    refuse_stranger(by)
    newer = Evidence.objects.filter(supersedes=handed.evidence_id).first()
    if newer:
        raise FormError(f"{newer.ref} corrects this one already. Correct that one instead.")
    kind = get(handed.kind)
    _refuse_other_zone(kind, handed)
    with transaction.atomic():
        lines = reading.line_count(handed.given) + 1 if kind.line_questions else 0
        given = {**handed.given, ZONE: handed.zone}
        draft = _new(kind, by, given, lines=min(lines, MOST_LINES))
        draft.supersedes = handed.evidence
        draft.save(update_fields=["supersedes"])
        attachments.take_over(draft, handed)
    return draft


def stamp_of(draft: FormDraft) -> str:
    """Return what tells whether a draft was changed since somebody looked at it."""
    return draft.changed_at.isoformat()


def keep(
    draft: FormDraft, *, given: Mapping[str, str], by: User, more_lines: int = 0, seen: str = ""
) -> set[str]:
    """Keep what was typed as it was typed; return the places that were not kept.

    Those hold what looks like a card number or a secret. `seen` is the stamp (see `stamp_of`) of
    the draft that was typed into; without one, nothing is asked. Raises FormsNotAllowedError, and
    FormError for a draft that was handed in already or holds other answers by now, and for an
    answer longer than any form takes.
    """
    kind = get(draft.kind)
    _refuse_endless(kind, given)
    fit, secrets = _fit_to_keep(kind, given)
    with transaction.atomic():
        current = mine(draft, by=by)
        # A request that comes twice overwrites nothing, so it is no conflict.
        if seen and seen != stamp_of(current) and fit != current.given:
            raise FormError(
                "This draft was changed in another window. Open it anew; nothing was overwritten."
            )
        current.given = fit
        current.lines = _room(kind, current, more_lines)
        current.changed_at = timezone.now()
        current.save(update_fields=["given", "lines", "changed_at"])
    draft.given, draft.lines, draft.changed_at = current.given, current.lines, current.changed_at
    return secrets


def show_again(draft: FormDraft, *, given: Mapping[str, str]) -> set[str]:
    """Put what could not be kept into a draft for showing only; nothing is saved.

    Returns the places that are not shown again, which hold what looks like a secret.
    """
    kind = get(draft.kind)
    draft.given, secrets = _fit_to_keep(kind, given)
    draft.lines = _room(kind, draft)
    return secrets


def attach(draft: FormDraft, *, question: str, path: Path, filename: str, by: User) -> None:
    """Keep a file with a draft, sealed, in the place of the one that was there.

    Raises FormError for an unknown place or a file that is empty or too large, and EvidenceError
    for a name that cannot be kept and a content that looks like card numbers or secrets.
    """
    asked = get(draft.kind).questions.get(question)
    if asked is None or asked.asks is not Asks.FILE:
        raise FormError("This form takes no file there.")
    attachments.refuse_unfit(path, filename)
    with transaction.atomic():
        current = mine(draft, by=by)
        attachments.put(current, question=question, path=path, filename=filename)
        _touch(current)
    draft.changed_at = current.changed_at


def detach(draft: FormDraft, *, question: str, by: User) -> None:
    """Let a draft go without one of its files."""
    with transaction.atomic():
        current = mine(draft, by=by)
        current.files.filter(question=question).delete()
        _touch(current)
    draft.changed_at = current.changed_at


def discard(draft: FormDraft, *, by: User) -> None:
    """Throw a draft away with its files; what was handed in cannot be."""
    with transaction.atomic():
        mine(draft, by=by).delete()


def read(draft: FormDraft, *, now: datetime | None = None) -> Read:
    """Return the answers of a draft, or what does not fit."""
    kind = get(draft.kind)
    return reading.read(kind, draft.given, attachments.of(draft), clock=clock_of(draft.given, now))


def clock_of(given: Mapping[str, str], now: datetime | None = None) -> Clock:
    """Return the clock of a form: UTC where the form says so, else that of the organisation."""
    home = ZoneInfo(settings.ORGANISATION_TIME_ZONE)
    zone = ZoneInfo("UTC") if given.get(ZONE) == "UTC" else home
    return Clock(now or timezone.now(), zone, home)


def mine(draft: FormDraft, *, by: User) -> FormDraft:
    """Return a draft of one's own for changing, in the caller's transaction."""
    refuse_stranger(by)
    current = FormDraft.objects.select_for_update().filter(pk=draft.pk, by=by).first()
    if current is None:
        raise FormError("This draft is not there any more. Begin a new one.")
    if current.handed_id:
        raise FormError("This form was handed in already. Correct it by a new version.")
    return current


def refuse_stranger(by: User) -> None:
    if not can(by, Capability.SUBMIT_EVIDENCE):
        raise FormsNotAllowedError


def _touch(draft: FormDraft) -> None:
    draft.changed_at = timezone.now()
    draft.save(update_fields=["changed_at"])


def _new(kind: Kind, by: User, given: dict[str, str], *, lines: int) -> FormDraft:
    now = timezone.now()
    return FormDraft.objects.create(
        kind=kind.slug, by=by, given=given, lines=lines, started_at=now, changed_at=now
    )


def _due_days(kind: Kind) -> tuple[date, date]:
    """Return the latest expected time that is over, which is what people mostly tell of."""
    today = clock_of({}).today
    expectations = expectations_of(kind)
    if not expectations:
        return today, today
    window = latest_window(expectations[0].cadence, today, days_allowed=0)
    return window.start, window.end


def _refuse_other_zone(kind: Kind, handed: HandedForm) -> None:
    home = settings.ORGANISATION_TIME_ZONE
    if kind.has_times and handed.zone not in {"UTC", home}:
        raise FormError(
            f"The times of {handed.evidence.ref} are those of {handed.zone}, and a form takes "
            f"times of {home} or UTC now. Fill in a new form with the times in UTC, and name "
            f"{handed.evidence.ref} in it."
        )


def _refuse_endless(kind: Kind, given: Mapping[str, str]) -> None:
    for name, text in given.items():
        asked = reading.question(kind, name)
        # Browsers count a line break as one letter, and send it as two.
        count = len(text.replace("\r\n", "\n"))
        if _is_place(kind, name) and count > LONGEST:
            label = asked.label if asked else "An answer"
            raise FormError(
                f"{label} has {count:,} letters; {LONGEST:,} are the most. Nothing was kept yet: "
                "shorten it, or attach it as a file instead."
            )


def _fit_to_keep(kind: Kind, given: Mapping[str, str]) -> tuple[dict[str, str], set[str]]:
    """Return what was typed without what looks like a secret, and the places where that was."""
    # NUL ends strings in PostgreSQL, and no keyboard types it.
    typed = {name: text.replace("\0", "") for name, text in given.items() if _is_place(kind, name)}
    secrets = entries.secret_fields(typed)
    return {name: "" if name in secrets else text for name, text in typed.items()}, secrets


def _room(kind: Kind, draft: FormDraft, more: int = 0) -> int:
    wanted = max(draft.lines, reading.line_count(draft.given)) + more
    return min(wanted, MOST_LINES) if kind.line_questions else 0


def _is_place(kind: Kind, name: str) -> bool:
    asked = reading.question(kind, name)
    return name == ZONE or (asked is not None and asked.asks is not Asks.FILE)
