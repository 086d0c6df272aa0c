"""Backup jobs of AWS Backup, those of a period, the failed ones with what made them good."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import AwsSettings
from collectors.wire.aws import Place
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Backup jobs of AWS",
    asks="Which backups were begun in the period, which of them failed, and did one succeed after?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.LOG_EXTRACT,
    area=Area.AVAILABILITY,
    columns={
        "job_id": "text",
        "data_store": "text",
        "system_name": "text",
        "started_at": "timestamp",
        "finished_at": "timestamp",
        "succeeded": "boolean",
        "made_good_by": "text",
        "state": "text",
        "bytes": "integer",
        "encrypted": "boolean",
        "vault": "text",
        "collected_at": "timestamp",
    },
    completeness="Every job begun in the period, of every state, until there is no next page, in "
    "every region. AWS Backup keeps 30 days; a longer period is partial.",
    permission=aws.allow("backup:ListBackupJobs"),
    schedule="40 4 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = AwsSettings
_KEPT = timedelta(days=30)
_RUNNING = {"CREATED", "PENDING", "RUNNING", "ABORTING"}


def collect(ask: Ask[AwsSettings]) -> Answer:
    since, before = ask.bounds
    if ask.now - since > _KEPT:
        ask.trail.lacks("AWS Backup keeps its jobs for 30 days, and the period began earlier.")
    return aws.answer(
        ask,
        _rows,
        service="backup",
        query="ListBackupJobs created in the period; made_good_by: the first job of the same store "
        "that was begun later and is completed",
        more={"since": since.isoformat(), "before": before.isoformat()},
    )


def _rows(ask: Ask[AwsSettings], place: Place) -> Iterator[Row]:
    since, before = ask.bounds
    jobs = place.items(
        "list_backup_jobs", "BackupJobs", ByCreatedAfter=since, ByCreatedBefore=before
    )
    for job in jobs:
        state = job.text("State")
        # Both ends of what AWS answers are vague; ours are not.
        if not since <= job.moment("CreationDate") < before:
            continue
        if state in _RUNNING:
            ask.trail.lacks(f"A job of {place} still runs.")
        done = state == "COMPLETED"
        yield (
            job.text("BackupJobId"),
            job.text("ResourceArn"),
            f"AWS {place.account}",
            job.moment("CreationDate"),
            job.maybe_moment("CompletionDate"),
            done,
            None if done else _later(place, job),
            state,
            job.maybe_integer("BackupSizeInBytes"),
            job.maybe_boolean("IsEncrypted"),
            job.maybe_text("BackupVaultName"),
            ask.now,
        )


def _later(place: Place, failed: Item) -> str | None:
    begun = failed.moment("CreationDate")
    found = place.items(
        "list_backup_jobs",
        "BackupJobs",
        ByResourceArn=failed.text("ResourceArn"),
        ByState="COMPLETED",
        ByCreatedAfter=begun,
    )
    later = [(job.moment("CreationDate"), job.text("BackupJobId")) for job in found]
    return min((job for job in later if job[0] > begun), default=(None, None))[1]
