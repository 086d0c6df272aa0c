"""Takes the forms of another account into this portfolio, from a table that was collected of it.

The forms stay the other account's: they are listed, counted and told of as any other, but are
reminded of, answered, signed and renewed over there. A newer table moves them on; the same again
changes nothing.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.journal import digest
from accounts.models import User
from evidence import ledger, store
from evidence.errors import SealError, StoreError
from evidence.models import Evidence, LedgerEntry, Population
from jobs.models import Job
from jobs.queue import enqueue
from merchants import foreign_rows, identity, ids, issuing, parties, revisions
from merchants.errors import MerchantError
from merchants.foreign_rows import Foreign, Refused
from merchants.identity import Identity
from merchants.models import Application, ComplianceForm, Environment, Merchant, TakenForm
from merchants.webhooks import telling

KIND = "merchants.take_forms"
BATCH = 500
_LIVES = {
    Environment.LIVE: Evidence.Environment.PRODUCTION,
    Environment.SANDBOX: Evidence.Environment.TEST,
}
_LOOKED_THROUGH = 200

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Plan:
    """What taking a table in would do."""

    new: int
    moved: int
    """Forms of which the table tells something else than before."""
    same: int
    merchants: int
    """Merchants that are not in the portfolio yet."""
    states: Mapping[str, int]
    refused: Sequence[Refused]


def tables() -> list[Evidence]:
    """Return the newest tables of forms that were collected, the newest first."""
    newest = Population.objects.select_related("evidence").order_by("-evidence")[:_LOOKED_THROUGH]
    return [one.evidence for one in newest if not foreign_rows.lacking(_columns(one))]


def preview(evidence: Evidence, application: Application) -> Plan:
    """Return what taking a table into a platform would do; MerchantError where it cannot be."""
    forms, refused = _read(evidence, application)
    told = _told(application, forms)
    states = Counter(one.state for one in forms)
    known = [one for one in forms if one.ref in told]
    same = sum(_is_same(told[one.ref], one) for one in known)
    wanted = {one.merchant for one in forms if one.ref not in told}
    return Plan(
        new=len(forms) - len(known),
        moved=len(known) - same,
        same=same,
        merchants=len(wanted - _merchants(application, wanted).keys()),
        states=dict(states),
        refused=refused,
    )


def ask(evidence: Evidence, application: Application, *, by: User) -> Job:
    """Have a table taken into a platform by a job; NotAllowedError, MerchantError."""
    parties.refuse_stranger(by)
    _refuse_unfit(evidence, application)
    return enqueue(
        KIND,
        key=f"{KIND}:{application.ref}:{evidence.ref}",
        payload={"evidence": evidence.pk, "application": application.pk, "by": by.pk},
        requested_by=actor(by),
    )


def run(payload: Mapping[str, Any], *, progress: Progress) -> dict[str, object]:
    """Take a table in, batch by batch; again goes on with what is not taken yet."""
    evidence = Evidence.objects.get(pk=payload["evidence"])
    application = Application.objects.get(pk=payload["application"])
    by = User.objects.get(pk=payload["by"])
    parties.refuse_stranger(by)
    forms, refused = _read(evidence, application)
    done = Counter[str]()
    for start in range(0, len(forms), BATCH):
        batch = forms[start : start + BATCH]
        done.update(_take(batch, evidence, application, by=actor(by)))
        progress(start + len(batch), len(forms), "forms")
    return {"new": done["new"], "moved": done["moved"], "refused": len(refused)}


def rows_digest(rows: Sequence[TakenForm]) -> str:
    """Return the SHA-256 (hex) of what a leaf tells of forms, in the order of its rows."""
    found = sha256()
    for row in rows:
        said = [row.form.ref, row.foreign_ref, row.foreign_merchant, row.state, row.content]
        found.update(ledger.canonical(said) + b"\n")
    return found.hexdigest()


def facts(rows: Sequence[TakenForm]) -> dict[str, object]:
    """Return what the leaf of a batch says."""
    return {
        "forms": len(rows),
        "forms_sha256": rows_digest(rows),
        "evidence": rows[0].evidence.ref,
    }


def last_of(form: ComplianceForm) -> TakenForm | None:
    """Return what was told last of a form that another account keeps."""
    told = TakenForm.objects.filter(form=form).select_related("evidence")
    return told.order_by("-pk").first() if form.source else None


def _take(
    forms: Sequence[Foreign], evidence: Evidence, application: Application, *, by: str
) -> Mapping[str, int]:
    """Take a batch in, inside one transaction; return how many forms are new and moved."""
    now = timezone.now()
    with transaction.atomic():
        ledger.lock()
        told = _told(application, forms)
        fresh = [one for one in forms if one.ref not in told]
        other = [one for one in forms if one.ref in told and not _is_same(told[one.ref], one)]
        made = _issue(fresh, evidence, application, by, now)
        kept = {told[one.ref].form.pk: one for one in other}
        moved = list(ComplianceForm.objects.filter(pk__in=kept).order_by("pk"))
        for form in moved:
            _move(form, kept[form.pk], now)
        pairs = [*zip(made, fresh, strict=True), *((form, kept[form.pk]) for form in moved)]
        _note(pairs, evidence, by, now)
        telling.forms("created", made)
        telling.forms("updated", moved)
    return {"new": len(made), "moved": len(moved)}


def _issue(
    forms: Sequence[Foreign],
    evidence: Evidence,
    application: Application,
    by: str,
    now: datetime,
) -> list[ComplianceForm]:
    if not forms:
        return []
    merchants = _merchants_of(forms, application, by, now)
    kinds = sorted({(one.form_type, one.version) for one in forms})
    templates = {kind: revisions.foreign(*kind, actor=by) for kind in kinds}
    made = [
        ComplianceForm(
            ref=ids.new(ids.FORM),
            environment=application.environment,
            application=application,
            merchant=merchants[one.merchant],
            template=templates[one.form_type, one.version],
            form_type=one.form_type,
            level=merchants[one.merchant].level,
            state=one.state,
            due_at=one.due_at,
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            source=evidence.source_system[:120],
            created_at=now,
            updated_at=now,
        )
        for one in forms
    ]
    leaf = _issued(made, {one.pk: one.sha256 for one in templates.values()}, by)
    for form in made:
        form.ledger_entry = leaf
    return ComplianceForm.objects.bulk_create(made, BATCH)


def _issued(made: Sequence[ComplianceForm], templates: Mapping[int, str], by: str) -> LedgerEntry:
    return ledger.append(
        "compliance_form.issued",
        subject=made[0].ref if len(made) == 1 else f"{len(made)} forms",
        body={"forms": len(made), "forms_sha256": issuing.digest(made, templates)},
        actor=by,
    )


def _move(form: ComplianceForm, one: Foreign, now: datetime) -> None:
    form.state, form.updated_at = one.state, now
    form.valid_from, form.valid_until = one.valid_from, one.valid_until
    form.save(update_fields=["state", "valid_from", "valid_until", "updated_at"])


def _note(
    pairs: Sequence[tuple[ComplianceForm, Foreign]], evidence: Evidence, by: str, now: datetime
) -> None:
    """Keep what was told of forms, with one leaf that commits to all of it."""
    rows = [
        TakenForm(
            form=form,
            foreign_ref=one.ref,
            foreign_merchant=one.merchant,
            state=one.state,
            content=one.to_json(),
            evidence=evidence,
            at=now,
        )
        for form, one in pairs
    ]
    if not rows:
        return
    leaf = ledger.append(
        "compliance_form.taken_in",
        subject=rows[0].form.ref if len(rows) == 1 else f"{len(rows)} forms",
        body=facts(rows),
        actor=by,
    )
    for row in rows:
        row.ledger_entry = leaf
    TakenForm.objects.bulk_create(rows, BATCH)


def _merchants_of(
    forms: Sequence[Foreign], application: Application, by: str, now: datetime
) -> dict[str, Merchant]:
    """Return the merchants of forms by their number over there; add those that are not here."""
    kinds = {one.merchant: one for one in forms}
    known = _merchants(application, kinds)
    new = [number for number in kinds if number not in known]
    made = [_merchant(application, kinds[number], now) for number in new]
    if made:
        Merchant.objects.bulk_create(made, BATCH)
        refs = digest("\n".join(one.ref for one in made))
        body = {"merchants": len(made), "merchants_sha256": refs}
        ledger.append("merchant.added", subject=application.ref, body=body, actor=by)
        telling.merchants("created", made)
    return known | {one.own_number: one for one in made}


def _merchant(application: Application, one: Foreign, now: datetime) -> Merchant:
    """Return a merchant of which its number alone is known; it was approved over there."""
    number, ref = one.merchant, ids.new(ids.MERCHANT)
    return Merchant(
        ref=ref,
        identity_ref=ids.new(ids.IDENTITY),
        application=application,
        environment=application.environment,
        own_number=number,
        state=Merchant.State.APPROVED,
        may_take_cards=one.takes_cards,
        form_type=one.form_type,
        identity=identity.sealed(Identity(business_name=number, contact_email=""), ref=ref),
        created_at=now,
        updated_at=now,
        approved_at=now,
    )


def _merchants(application: Application, numbers: Any) -> dict[str, Merchant]:
    """Return the merchants of a platform by the number that the other account has for them."""
    found: dict[str, Merchant] = {}
    wanted = sorted(numbers)
    for start in range(0, len(wanted), BATCH):
        rows = Merchant.objects.filter(
            application=application, own_number__in=wanted[start : start + BATCH]
        )
        found |= {one.own_number: one for one in rows.order_by("-pk")}
    return found


def _told(application: Application, forms: Sequence[Foreign]) -> dict[str, TakenForm]:
    """Return what was told last of forms that were taken in before, by their id over there."""
    found: dict[str, TakenForm] = {}
    for start in range(0, len(forms), BATCH):
        refs = [one.ref for one in forms[start : start + BATCH]]
        rows = TakenForm.objects.filter(foreign_ref__in=refs, form__application=application)
        found |= {one.foreign_ref: one for one in rows.select_related("form").order_by("pk")}
    return found


def _is_same(told: TakenForm, one: Foreign) -> bool:
    # What was made invalid here stays so, whatever is told of it.
    if told.form.state == ComplianceForm.State.INVALID:
        return True
    return told.content == one.to_json() and one.state in {told.state, told.form.state}


def _read(evidence: Evidence, application: Application) -> tuple[list[Foreign], list[Refused]]:
    _refuse_unfit(evidence, application)
    population = evidence.population
    try:
        return foreign_rows.read(_columns(population), _rows(population), timezone.now())
    except (StoreError, SealError, csv.Error, UnicodeDecodeError) as error:
        raise MerchantError(f"The table cannot be read: {error}") from error


def _refuse_unfit(evidence: Evidence, application: Application) -> None:
    population = Population.objects.filter(evidence=evidence).first()
    lacks = foreign_rows.lacking(_columns(population)) if population else ["the table itself"]
    if lacks:
        raise MerchantError(f"{evidence.ref} is no table of forms: it lacks {', '.join(lacks)}.")
    if evidence.environment != _LIVES[Environment(application.environment)]:
        raise MerchantError("The table and the platform are not of the same environment.")
    newest = TakenForm.objects.filter(form__application=application).order_by("-pk").first()
    if newest and newest.evidence.collected_at > evidence.collected_at:
        raise MerchantError(f"A newer table was taken in already: {newest.evidence.ref}.")


def _columns(population: Population) -> list[str]:
    return [str(column["name"]) for column in population.columns]


def _rows(population: Population) -> Iterator[list[str]]:
    with store.open_blob(population.table_id) as source:
        reader = csv.reader(line.decode() for line in source)
        next(reader, None)
        yield from reader
