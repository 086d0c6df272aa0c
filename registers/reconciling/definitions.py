"""What is reconciled: defines a reconciliation and its rules, and says which days it is due.

Rules:
- A version of the rules is used once a person other than the one who handed it in approved it.
- A business day is Monday to Friday without the closed days of the calendar that the rules name.
- A day is reconciled after it is over by the clocks of the organisation.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from controls.errors import CatalogueError
from evidence import ledger, screening
from evidence.models import Evidence
from evidence.reconcile import rules as rule_files
from evidence.reconcile.calendars import is_business_day
from evidence.reconcile.rules import RuleSet
from registers.campaigns.lists import local_day
from registers.errors import (
    ReconcilingError,
    ReconcilingNotAllowedError,
    RulesUnfitError,
    SamePersonError,
)
from registers.models import MatchingRules, Reconciliation, ReconciliationChange, RulesApproval

MOST_RULES = 256 * 1024
LONGEST_WINDOW = 400
LONGEST_DUE = 31
LONGEST_TEXT = 1000
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """What a reconciliation is to be; `rules` is the text of the YAML file."""

    title: str
    account: str
    owner: User
    starts_on: date
    rules: str
    environment: str = Evidence.Environment.PRODUCTION
    calendar: str = ""
    daily_legs: tuple[str, ...] | None = None
    feeds: Mapping[str, str] = field(default_factory=dict)
    window_days: int = 45
    due_days: int = 3
    large: Mapping[str, int] = field(default_factory=dict)
    huge: Mapping[str, int] = field(default_factory=dict)


def read_rules(text: str, *, name: str = "rules.yaml") -> RuleSet:
    """Return the rules of a text; RulesUnfitError with the line of each fault."""
    if len(text) > MOST_RULES:
        raise RulesUnfitError(f"The rules are longer than {MOST_RULES // 1024} KB.")
    if screening.speaks(text):
        raise RulesUnfitError("The rules seem to hold a card number or a secret. Take it out.")
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        try:
            return rule_files.read(path)
        except CatalogueError as error:
            raise RulesUnfitError(f"{error}") from error


@lru_cache(maxsize=64)
def parsed(text: str) -> RuleSet:
    """Return rules that were taken in before; they are asked for with every day of a list."""
    return read_rules(text)


def define(terms: Terms, *, by: User) -> Reconciliation:
    """Define a reconciliation; its rules wait for the approval of another person.

    Raises ReconcilingNotAllowedError, RulesUnfitError, ReconcilingError.
    """
    refuse_stranger(by, Capability.MANAGE_RECONCILIATIONS)
    read = read_rules(terms.rules)
    legs = _fitting(terms, read)
    with transaction.atomic():
        ledger.lock()
        number = (Reconciliation.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        made = Reconciliation(
            number=number,
            ref=f"REC-{number}",
            title=terms.title.strip(),
            account=terms.account.strip(),
            currencies=list(read.currencies),
            environment=terms.environment,
            calendar=terms.calendar,
            daily_legs=legs,
            feeds={leg: name.strip() for leg, name in terms.feeds.items() if name.strip()},
            window_days=terms.window_days,
            due_days=terms.due_days,
            large=dict(terms.large),
            huge=dict(terms.huge),
            owner=terms.owner,
            starts_on=terms.starts_on,
            defined_by=by,
            defined_at=timezone.now(),
        )
        made.ledger_entry = ledger.append(
            "reconciliation.defined", subject=made.ref, body=defined_body(made), actor=actor(by)
        )
        made.save(force_insert=True)
        _add_rules(made, read, terms.rules, "The first version.", by)
    return made


def defined_body(made: Reconciliation) -> dict[str, object]:
    """Return what the leaf says of a definition: only what never changes afterwards."""
    return {
        "title_sha256": journal.digest(made.title),
        "account_sha256": journal.digest(made.account),
        "currencies": list(made.currencies),
        "environment": made.environment,
        "calendar": made.calendar,
        "daily_legs": list(made.daily_legs),
        "window_days": made.window_days,
        "starts_on": made.starts_on.isoformat(),
    }


def propose_rules(
    reconciliation: Reconciliation, *, text: str, reason: str, by: User
) -> MatchingRules:
    """Hand in the next version of the rules; raises as `define`."""
    refuse_stranger(by, Capability.MANAGE_RECONCILIATIONS)
    said = read_text(reason, what="Why the rules change")
    read = read_rules(text)
    if missing := sorted({*reconciliation.daily_legs} - {*read.legs}):
        raise RulesUnfitError(f"The rules have no leg {missing[0]} any more, which comes daily.")
    if reconciliation.calendar and reconciliation.calendar not in read.calendars:
        raise RulesUnfitError(f"The rules have no calendar {reconciliation.calendar} any more.")
    with transaction.atomic():
        ledger.lock()
        last = reconciliation.rules.first()
        if reconciliation.rules.filter(digest=read.digest).exists():
            raise RulesUnfitError("These very rules were handed in before.")
        if last and read.version <= last.stated_version:
            raise RulesUnfitError(
                f"Raise the version: it says {read.version}, and {last.stated_version} was there."
            )
        return _add_rules(reconciliation, read, text, said, by)


def approve_rules(rules: MatchingRules, *, note: str, by: User) -> RulesApproval:
    """Let a version of the rules be used from now on; by another person than handed it in."""
    refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
    said = read_text(note, what="What you looked at")
    if rules.by_id == by.pk:
        raise SamePersonError("You handed these rules in. Another person must approve them.")
    with transaction.atomic():
        ledger.lock()
        if RulesApproval.objects.filter(rules=rules).exists():
            raise ReconcilingError("These rules are approved already.")
        made = RulesApproval(rules=rules, note=said, by=by, at=timezone.now())
        made.ledger_entry = ledger.append(
            "reconciliation.rules_approved",
            subject=rules.reconciliation.ref,
            body={"rules_sha256": rules.digest, "note_sha256": journal.digest(said)},
            actor=actor(by),
        )
        made.save(force_insert=True)
    return made


def change(
    reconciliation: Reconciliation,
    *,
    owner: User,
    due_days: int,
    ends_on: date | None,
    reason: str,
    by: User,
) -> ReconciliationChange:
    """Give it another owner or deadline, or let it end; raises ReconcilingError for no change."""
    refuse_stranger(by, Capability.MANAGE_RECONCILIATIONS)
    said = read_text(reason, what="Why it changes")
    _refuse_deadline(due_days)
    with transaction.atomic():
        ledger.lock()
        fresh = Reconciliation.objects.select_for_update().get(pk=reconciliation.pk)
        before = _changing(fresh)
        fresh.owner, fresh.due_days, fresh.ends_on = owner, due_days, ends_on
        after = _changing(fresh)
        if before == after:
            raise ReconcilingError("Nothing would change.")
        made = ReconciliationChange(
            reconciliation=fresh, before=before, after=after, reason=said, by=by, at=timezone.now()
        )
        made.ledger_entry = ledger.append(
            "reconciliation.changed", subject=fresh.ref, body=change_body(made), actor=actor(by)
        )
        made.save(force_insert=True)
        fresh.save(update_fields=["owner", "due_days", "ends_on"])
    reconciliation.refresh_from_db()
    return made


def change_body(made: ReconciliationChange) -> dict[str, object]:
    """Return what the leaf says of a change."""
    return {
        "before": made.before,
        "after": made.after,
        "reason_sha256": journal.digest(made.reason),
    }


def rules_body(made: MatchingRules) -> dict[str, object]:
    """Return what the leaf says of a version of rules."""
    return {
        "number": made.number,
        "version": made.stated_version,
        "rules_sha256": made.digest,
        "text_sha256": journal.digest(made.text),
        "reason_sha256": journal.digest(made.reason),
    }


def rules_in_force(reconciliation: Reconciliation) -> MatchingRules | None:
    """Return the last version that was approved."""
    approved = reconciliation.rules.filter(approval__isnull=False)
    return approved.order_by("-number").first()


def lead_days(reconciliation: Reconciliation, rules: RuleSet) -> int:
    """Return of how many days before the window files are read.

    As many as the two items of a pair may lie apart, and none that the legs refuse as too old.
    """
    passes = [entry for comparison in rules.comparisons for entry in comparison.passes]
    widest = max((entry.within_days for entry in passes), default=0)
    oldest = min(leg.oldest_days for leg in rules.legs.values())
    return max(min(widest, oldest - reconciliation.window_days), 0)


def business_days(
    reconciliation: Reconciliation,
    first: date,
    last: date,
    *,
    rules: MatchingRules | None = None,
) -> Iterator[date]:
    """Yield the days of a span that this reconciliation is expected for, both ends included.

    `rules` are those in force, where whoever asks has them already.
    """
    closed = closed_days(reconciliation, rules)
    first = max(first, reconciliation.starts_on)
    last = min(last, reconciliation.ends_on) if reconciliation.ends_on else last
    while first <= last:
        if is_business_day(first, closed):
            yield first
        first += _DAY


def closed_days(
    reconciliation: Reconciliation, rules: MatchingRules | None = None
) -> frozenset[date]:
    """Return the closed days of its calendar, as the rules in force say them."""
    if not reconciliation.calendar:
        return frozenset()
    known = rules or rules_in_force(reconciliation)
    calendars = parsed(known.text).calendars if known else {}
    return frozenset(calendars.get(reconciliation.calendar, ()))


def is_due_on(reconciliation: Reconciliation, day: date) -> bool:
    """Say whether a day is one that must be reconciled."""
    return next(business_days(reconciliation, day, day), None) is not None


def due_day(reconciliation: Reconciliation, day: date) -> date:
    """Return the last day on which the signature of a business day is in time."""
    return day + reconciliation.due_days * _DAY


def today() -> date:
    """Return today by the clocks of the organisation."""
    return local_day(timezone.now())


def refuse_stranger(by: User, needed: Capability) -> None:
    """Refuse whoever may not do this part of reconciling."""
    if not can(by, needed):
        raise ReconcilingNotAllowedError


def read_text(text: str, *, what: str) -> str:
    """Return a reason as it is kept; ReconcilingError for none, a long one, or a secret."""
    said = " ".join(text.split())
    if not said:
        raise ReconcilingError(f"{what} is missing. Write a sentence.")
    if len(said) > LONGEST_TEXT:
        raise ReconcilingError(f"{what} is longer than {LONGEST_TEXT} letters. Shorten it.")
    if "\0" in said or screening.speaks(said):
        raise ReconcilingError(
            f"{what} seems to hold a card number or a secret, which must not stand here."
        )
    return said


def _add_rules(
    reconciliation: Reconciliation, read: RuleSet, text: str, reason: str, by: User
) -> MatchingRules:
    last = reconciliation.rules.first()
    made = MatchingRules(
        reconciliation=reconciliation,
        number=last.number + 1 if last else 1,
        name=read.name,
        stated_version=read.version,
        digest=read.digest,
        text=text,
        reason=reason,
        by=by,
        at=timezone.now(),
    )
    made.ledger_entry = ledger.append(
        "reconciliation.rules", subject=reconciliation.ref, body=rules_body(made), actor=actor(by)
    )
    made.save(force_insert=True)
    return made


def _fitting(terms: Terms, read: RuleSet) -> list[str]:
    """Return the legs that come daily; ReconcilingError for what does not fit."""
    for name, text, most in (("title", terms.title, 200), ("account", terms.account, 120)):
        if not text.strip() or len(text.strip()) > most or screening.speaks(text):
            raise ReconcilingError(f"Give the {name} in at most {most} letters.")
    if not 1 <= terms.window_days <= LONGEST_WINDOW:
        raise ReconcilingError(f"A run reads the files of 1 to {LONGEST_WINDOW} days.")
    _refuse_deadline(terms.due_days)
    if terms.calendar and terms.calendar not in read.calendars:
        raise ReconcilingError(f"The rules have no calendar {terms.calendar}.")
    legs = list(read.legs) if terms.daily_legs is None else list(terms.daily_legs)
    if unknown := sorted({*legs, *terms.feeds} - {*read.legs}):
        raise ReconcilingError(f"The rules have no leg {unknown[0]}.")
    amounts = [*terms.large.values(), *terms.huge.values()]
    if any(not 0 < amount < 2**53 for amount in amounts):
        raise ReconcilingError("An amount from which on others look must be above zero.")
    return legs


def _refuse_deadline(days: int) -> None:
    if not 0 <= days <= LONGEST_DUE:
        raise ReconcilingError(f"It is signed within 0 to {LONGEST_DUE} days of its day.")


def _changing(reconciliation: Reconciliation) -> dict[str, str]:
    ends_on = reconciliation.ends_on
    return {
        "owner": actor(reconciliation.owner),
        "due_days": str(reconciliation.due_days),
        "ends_on": ends_on.isoformat() if ends_on else "",
    }
