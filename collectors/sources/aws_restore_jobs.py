"""Restore jobs of AWS Backup, those of a period, with what testing them said."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import AwsSettings
from collectors.wire.aws import Place
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Restore jobs of AWS",
    asks="Which backups were restored in the period, did it work, how long did it take, and was "
    "what came back validated?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.LOG_EXTRACT,
    area=Area.AVAILABILITY,
    columns={
        "job_id": "text",
        "data_store": "text",
        "system_name": "text",
        "backup": "text",
        "started_at": "timestamp",
        "finished_at": "timestamp",
        "succeeded": "boolean",
        "validated": "boolean",
        "hours_taken": "decimal",
        "state": "text",
        "collected_at": "timestamp",
    },
    completeness="Every restore job begun in the period, of every state, until there is no next "
    "page, in every region.",
    permission=aws.allow("backup:ListRestoreJobs"),
    schedule="45 4 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = AwsSettings
_HOUR = timedelta(hours=1)


def collect(ask: Ask[AwsSettings]) -> Answer:
    since, before = ask.bounds
    return aws.answer(
        ask,
        _rows,
        service="backup",
        query="ListRestoreJobs created in the period; validated: as restore testing says, empty "
        "where nothing was tested",
        more={"since": since.isoformat(), "before": before.isoformat()},
    )


def _rows(ask: Ask[AwsSettings], place: Place) -> Iterator[Row]:
    since, before = ask.bounds
    jobs = place.items(
        "list_restore_jobs", "RestoreJobs", ByCreatedAfter=since, ByCreatedBefore=before
    )
    for job in jobs:
        if not since <= job.moment("CreationDate") < before:
            continue
        if job.text("Status") in {"PENDING", "RUNNING"}:
            ask.trail.lacks(f"A job of {place} still runs.")
        tested = job.maybe_text("ValidationStatus")
        yield (
            job.text("RestoreJobId"),
            job.maybe_text("SourceResourceArn") or job.maybe_text("ResourceType"),
            f"AWS {place.account}",
            job.text("RecoveryPointArn"),
            job.moment("CreationDate"),
            job.maybe_moment("CompletionDate"),
            job.text("Status") == "COMPLETED",
            None if tested is None else tested == "SUCCESSFUL",
            _hours(job),
            job.text("Status"),
            ask.now,
        )


def _hours(job: Item) -> Decimal | None:
    ended = job.maybe_moment("CompletionDate")
    if ended is None:
        return None
    taken = (ended - job.moment("CreationDate")) / _HOUR
    return Decimal(taken).quantize(Decimal("0.01"))
