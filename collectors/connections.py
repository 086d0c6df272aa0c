"""Deeds around sources: connect, change, enable, disable, ask now.

Each deed is one transaction with a ledger leaf. Secrets go in and are never given out again; the
leaf holds digests, since settings may name people and hosts.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from collectors import configuration, due, registry, schedule
from collectors.base import AsksFor
from collectors.errors import AskError, SettingsError
from collectors.files import inbox
from collectors.models import Source
from collectors.period import Period
from collectors.registry import Collector
from controls.models import Expectation
from evidence import ledger
from evidence.models import Evidence
from jobs.models import Job

_LONGEST_TITLE, _LONGEST_SLUG = 120, 60


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a person fills in; `values` are all settings of the collector, secrets among them."""

    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    schedule: str | None = None
    """A cron expression; None: as the collector suggests."""
    time_zone: str = "UTC"
    environment: str = Evidence.Environment.PRODUCTION
    expectations: Iterable[Expectation] = ()


@transaction.atomic
def connect(collector: str, *, slug: str, wishes: Wishes, by: str) -> Source:
    """Connect a new source; a CollectorError says which wish does not fit."""
    _refuse_slug(slug)
    source = Source(slug=slug, collector=registry.get(collector).slug)
    _fulfil(source, wishes)
    if registry.get(collector).declared.asks_for is AsksFor.FILE:
        inbox.folder_of(source)
    _tell("connected", source, by)
    return source


@transaction.atomic
def change(source: Source, *, wishes: Wishes, by: str) -> Source:
    """Change everything but slug and collector; a secret that is not given again stays."""
    locked = Source.objects.select_for_update().get(pk=source.pk)
    secret = registry.get(locked.collector).secret_fields
    given = {name: value for name, value in wishes.values.items() if name not in secret or value}
    values = {**configuration.secrets_of(locked), **given}
    _fulfil(locked, Wishes(**{**vars(wishes), "values": values}))
    _tell("changed", locked, by)
    return locked


@transaction.atomic
def enable(source: Source, *, by: str) -> Source:
    """Let a source be asked again; what it missed meanwhile is made up for once."""
    return _switch(source, by, enabled=True)


@transaction.atomic
def disable(source: Source, *, by: str) -> Source:
    """Stop asking a source; what it gave stays, and what it does not give will show as missed."""
    return _switch(source, by, enabled=False)


@transaction.atomic
def serve(source: Source, *, expectations: Iterable[Expectation], by: str) -> Source:
    """Let a source's evidence count for more expectations from its next run on."""
    added = list(expectations)
    _refuse_unserved(registry.get(source.collector), added)
    source.expectations.add(*added)
    _tell("serves more", source, by)
    return source


@transaction.atomic
def ask_now(source: Source, *, by: str, period: Period | None = None) -> Job:
    """Have a source asked at once; without a period the collector's own rule holds."""
    if registry.get(source.collector).declared.asks_for is AsksFor.FILE:
        message = f"Put a file into {inbox.folder_of(source)}; it is taken in within a minute."
        raise AskError(message)
    key = f"run:{source.pk}:by-hand:{uuid.uuid4().hex}"
    return due.enqueue_run(source, key=key, period=period, requested_by=by)


def _fulfil(source: Source, wishes: Wishes) -> None:
    collector = registry.get(source.collector)
    title = wishes.title.strip()
    if not title or len(title) > _LONGEST_TITLE:
        message = f"The title must have 1 to {_LONGEST_TITLE} letters."
        raise SettingsError(message)
    if wishes.environment not in Evidence.Environment.values:
        message = f"{wishes.environment!r} is none of {', '.join(Evidence.Environment.values)}."
        raise SettingsError(message)
    cron = collector.declared.schedule if wishes.schedule is None else wishes.schedule.strip()
    schedule.check(cron, wishes.time_zone)
    wanted = list(wishes.expectations)
    _refuse_unserved(collector, wanted)
    plain, secrets = configuration.split(collector, wishes.values)
    source.title = title
    source.config = plain
    source.secrets = configuration.seal_secrets(source.slug, secrets)
    source.schedule = cron
    source.time_zone = wishes.time_zone
    source.environment = wishes.environment
    source.save()
    source.expectations.set(wanted)


def _refuse_slug(slug: str) -> None:
    try:
        validate_slug(slug)
    except ValidationError as error:
        message = f"{slug!r} is no short name: letters, digits, - and _ only."
        raise SettingsError(message) from error
    if len(slug) > _LONGEST_SLUG:
        message = f"The short name must not be longer than {_LONGEST_SLUG} letters."
        raise SettingsError(message)
    if Source.objects.filter(slug=slug).exists():
        message = f"There is a source {slug!r} already. Choose another short name."
        raise SettingsError(message)


def _refuse_unserved(collector: Collector, expectations: Iterable[Expectation]) -> None:
    """Refuse expectations that this collector's evidence can never meet."""
    there = {column.name for column in collector.columns}
    for expectation in expectations:
        if expectation.collector not in {"", collector.slug}:
            message = f"{expectation.title!r} is met by the collector {expectation.collector!r}."
            raise SettingsError(message)
        missing = [name for name in expectation.required_columns if name not in there]
        if there and missing:
            message = f"{expectation.title!r} needs the column {missing[0]!r}, which never comes."
            raise SettingsError(message)


def _switch(source: Source, by: str, *, enabled: bool) -> Source:
    locked = Source.objects.select_for_update().get(pk=source.pk)
    if locked.enabled != enabled:
        locked.enabled = enabled
        locked.save(update_fields=["enabled"])
        _tell("enabled" if enabled else "disabled", locked, by)
    return locked


def _tell(deed: str, source: Source, by: str) -> None:
    settings = json.dumps(source.config, sort_keys=True, default=str)
    ledger.append(
        "source",
        subject=f"source:{source.slug}",
        body={
            "deed": deed,
            "collector": source.collector,
            "settings_sha256": sha256(settings.encode()).hexdigest(),
            "sealed_sha256": sha256(source.secrets.encode()).hexdigest(),
            "schedule": source.schedule,
            "time_zone": source.time_zone,
            "environment": str(source.environment),
            "enabled": source.enabled,
            "expectations": sorted(source.expectations.values_list("slug", flat=True)),
        },
        actor=by,
    )
