"""The rows that must come of what stands in AWS, for each of its collectors.

Moto has no backup jobs, no restore jobs, no findings of GuardDuty, and none of Security Hub with
all their parts: these are answered as the public documentation of their API writes them; botocore's
Stubber holds them to its models.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collectors.period import Period
from tests.collectors import cloud_making as making
from tests.collectors.asking import OCTOBER
from tests.collectors.clouds import ACCOUNT, HOME, OTHER, Answer, Maker, in_json
from tests.collectors.loopback import Asked, Reply

VAULT = f"arn:aws:rds:{HOME}:{ACCOUNT}:db:payments"


@dataclass(frozen=True)
class Case:
    """One collector: what is made, what it is asked, and what it must say."""

    build: Callable[[Maker], None]
    rows: list[dict[str, Any]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    period: Period | None = None
    own: Answer | None = None
    own_empty: Answer | None = None
    beside: int = 0
    """Rows that stand in every account from the start."""
    never_empty: bool = False
    """Where there is nothing, the rows say so."""


def _backup_job(number: int, day: int, state: str, **more: Any) -> dict[str, Any]:
    begun = datetime(2026, 10, day, 3, tzinfo=UTC).timestamp()
    return {
        "BackupJobId": f"job-{number}",
        "ResourceArn": VAULT,
        "State": state,
        "CreationDate": begun,
        "CompletionDate": begun + 1800,
        "BackupSizeInBytes": 4096,
        "IsEncrypted": True,
        "BackupVaultName": "house",
        **more,
    }


BACKUP_JOBS = [
    [_backup_job(1, 24, "COMPLETED"), _backup_job(2, 25, "FAILED")],
    [_backup_job(3, 26, "COMPLETED"), _backup_job(4, 27, "ABORTED")],
]
RESTORE_JOBS = [
    [
        {
            "RestoreJobId": "restore-1",
            "SourceResourceArn": VAULT,
            "RecoveryPointArn": f"{VAULT}-point",
            "CreationDate": datetime(2026, 10, 5, 3, tzinfo=UTC).timestamp(),
            "CompletionDate": datetime(2026, 10, 5, 4, 30, tzinfo=UTC).timestamp(),
            "Status": "COMPLETED",
            "ValidationStatus": "SUCCESSFUL",
        }
    ],
    [
        {
            "RestoreJobId": "restore-2",
            "ResourceType": "S3",
            "RecoveryPointArn": f"{VAULT}-point",
            "CreationDate": datetime(2026, 10, 6, 3, tzinfo=UTC).timestamp(),
            "Status": "FAILED",
        }
    ],
]


def _paged(path: str, where: str, pages: list[list[dict[str, Any]]]) -> Answer:
    """Answer lists of AWS Backup, a page for each token, and those of one state by it."""

    def answer(asked: Asked) -> Reply | None:
        parts = urlsplit(asked.path)
        if parts.path.rstrip("/") != path:
            return None
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if "/eu-west-1/" in asked.headers["Authorization"]:
            return in_json({where: []})
        if "state" in query:
            wanted = [job for page in pages for job in page if job["State"] == query["state"]]
            return in_json({where: wanted})
        place = int(query.get("nextToken", "0"))
        more = {"NextToken": str(place + 1)} if place + 1 < len(pages) else {}
        return in_json({where: pages[place], **more})

    return answer


def finding(number: int, severity: float, day: int, **more: Any) -> dict[str, Any]:
    raised = f"2026-10-{day:02}T08:00:00.000Z"
    return {
        "accountId": ACCOUNT,
        "arn": f"arn:aws:guardduty:{HOME}:{ACCOUNT}:detector/d/finding/{number}",
        "createdAt": raised,
        "id": f"finding-{number}",
        "region": HOME,
        "resource": {"resourceType": "AccessKey"},
        "schemaVersion": "2.0",
        "severity": severity,
        "type": "UnauthorizedAccess:IAMUser/TorIPCaller",
        "updatedAt": raised,
        "service": {"archived": False, "count": 3, "eventLastSeen": raised, **more},
    }


FINDINGS = [finding(1, 8, 4), finding(2, 2, 9, archived=True), finding(3, 9.5, 30)]


def _guard(findings: list[dict[str, Any]]) -> Answer:
    def answer(asked: Asked) -> Reply | None:
        if not asked.path.startswith("/detector/") or asked.method != "POST":
            return None
        if f"/{OTHER}/" in asked.headers["Authorization"]:
            return in_json({"findingIds": [], "nextToken": ""})
        told = json.loads(asked.body)
        if asked.path.endswith("/findings/get"):
            wanted = set(told["findingIds"])
            return in_json({"findings": [one for one in findings if one["id"] in wanted]})
        names = [one["id"] for one in findings]
        if told.get("nextToken") == "2":
            return in_json({"findingIds": names[2:], "nextToken": ""})
        return in_json({"findingIds": names[:2], "nextToken": "2" if names[2:] else ""})

    return answer


def hub_finding(number: int, day: int, severity: str, **more: Any) -> dict[str, Any]:
    """One finding in the AWS Security Finding Format, 2018-10-08."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:securityhub:{HOME}:{ACCOUNT}:security-control/S3.8/finding/{number}",
        "ProductArn": f"arn:aws:securityhub:{HOME}::product/aws/securityhub",
        "ProductName": "Security Hub",
        "GeneratorId": "security-control/S3.8",
        "AwsAccountId": ACCOUNT,
        "CreatedAt": f"2026-10-{day:02}T08:00:00.000Z",
        "UpdatedAt": f"2026-11-{day % 20 + 1:02}T08:00:00.000Z",
        "Severity": {"Label": severity},
        "Title": "Buckets are closed to the public",
        "Description": "Says whether the bucket blocks public access.",
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::statements"}],
        "RecordState": "ACTIVE",
        **more,
    }


HUB_FINDINGS = [
    hub_finding(
        1,
        3,
        "HIGH",
        Compliance={"Status": "FAILED", "SecurityControlId": "S3.8"},
        Workflow={"Status": "NEW"},
    ),
    hub_finding(2, 9, "LOW", Workflow={"Status": "RESOLVED"}),
    hub_finding(3, 30, "INFORMATIONAL", RecordState="ARCHIVED"),
]


def _hub(findings: list[dict[str, Any]]) -> Answer:
    def answer(asked: Asked) -> Reply | None:
        if not asked.path.startswith("/findings") or asked.method != "POST":
            return None
        if f"/{OTHER}/" in asked.headers["Authorization"]:
            return in_json({"Findings": []})
        if json.loads(asked.body).get("NextToken") == "2":
            return in_json({"Findings": findings[2:]})
        return in_json({"Findings": findings[:2], **({"NextToken": "2"} if findings[2:] else {})})

    return answer


CASES = {
    "aws_users": Case(
        making.users,
        [
            {"account": "alice", "active": True, "second_factor": True, "active_keys": 0},
            {"account": "ci", "active": False, "second_factor": False, "active_keys": 1},
        ],
    ),
    "aws_access_keys": Case(
        making.keys,
        [
            {"account": "ci", "owner": "Alice", "active": True, "lifetime_days": 90},
            {"account": "ci", "owner": "Alice", "active": False},
        ],
    ),
    "aws_privileged": Case(
        making.privileged,
        [
            {
                "account": f"arn:aws:iam::{ACCOUNT}:user/alice",
                "account_type": "user",
                "owner": "Alice",
                "reason": "break glass",
                "shared": False,
                "granted_by": "all",
            },
            {"account": f"arn:aws:iam::{ACCOUNT}:user/bob", "granted_by": "group admins"},
            {
                "account": f"arn:aws:iam::{ACCOUNT}:role/deploy",
                "account_type": "role",
                "trusts": f"AWS arn:aws:iam::{ACCOUNT}:root; Service ec2.amazonaws.com",
                "shared": None,
            },
        ],
    ),
    "aws_trails": Case(
        making.trails,
        [
            {"place": HOME, "trail_name": "house", "logging": True, "management_events": True},
            {"place": OTHER, "trail_name": "house", "all_places": True, "validated": True},
            {"place": OTHER, "trail_name": "asleep", "logging": False, "validated": False},
        ],
        never_empty=True,
    ),
    "aws_key_rotation": Case(
        making.kms,
        [
            {"owner": "Alice", "rotates": True, "lifetime_days": 365},
            {"owner": None, "rotates": False, "key_spec": "SYMMETRIC_DEFAULT"},
        ],
    ),
    "aws_secret_rotation": Case(
        making.secrets,
        [
            {"owner": "Alice", "rotates": False, "lifetime_days": 90},
            {"owner": None, "rotates": False},
        ],
    ),
    "aws_backup_jobs": Case(
        making.nothing,
        [
            {"job_id": "job-1", "data_store": VAULT, "succeeded": True, "made_good_by": None},
            {"job_id": "job-2", "succeeded": False, "made_good_by": "job-3"},
            {"job_id": "job-3", "state": "COMPLETED", "bytes": 4096, "encrypted": True},
            {"job_id": "job-4", "state": "ABORTED", "made_good_by": None},
        ],
        period=Period(date(2026, 10, 23), date(2026, 10, 31)),
        own=_paged("/backup-jobs", "BackupJobs", BACKUP_JOBS),
        own_empty=_paged("/backup-jobs", "BackupJobs", [[]]),
    ),
    "aws_restore_jobs": Case(
        making.nothing,
        [
            {"job_id": "restore-1", "succeeded": True, "validated": True, "hours_taken": "1.50"},
            {"job_id": "restore-2", "data_store": "S3", "succeeded": False, "validated": None},
        ],
        period=OCTOBER,
        own=_paged("/restore-jobs", "RestoreJobs", RESTORE_JOBS),
        own_empty=_paged("/restore-jobs", "RestoreJobs", [[]]),
    ),
    "aws_databases": Case(
        making.databases,
        [
            {"engine": "aurora-postgresql", "encrypted": False, "holds_customer_data": False},
            {
                "engine": "postgres",
                "encrypted": True,
                "algorithm": "AES-256",
                "environment": "production",
                "every_hours": 24,
                "kept_days": 14,
                "other_place": False,
            },
        ],
    ),
    "aws_alarms": Case(
        making.alarms,
        [
            {
                "rule_name": "failed payments",
                "watches": "Payments Failures Stage=live",
                "owner": "Alice",
                "active": True,
            },
            {"rule_name": "nobody hears", "active": False, "tells": None},
        ],
    ),
    "aws_service_levels": Case(
        making.levels,
        [
            {
                "day": day,
                "samples": 1000,
                "error_percent": "0.5000",
                "availability_percent": "99.5000",
                "p95_objective_ms": 400,
            }
            for day in ("2026-10-01", "2026-10-02")
        ],
        settings={
            "regions": [HOME],
            "service": "API",
            "load_balancer": "app/api/0123456789abcdef",
            "latency_objective_ms": 400,
            "error_objective_percent": "1",
        },
        period=Period(OCTOBER.start, OCTOBER.start.replace(day=2)),
        never_empty=True,
    ),
    "aws_firewall_rules": Case(
        making.firewalls,
        [
            {"limit_name": "per-address", "per_minute": "500.00", "refuses": True},
            {"limit_name": None, "refuses": False, "action": None},
            {"limit_name": "per-address", "refuses": False, "action": "Count"},
        ],
    ),
    "aws_usage_plans": Case(
        making.plans,
        [
            {"limit_name": "merchants", "per_minute": "3000.0", "quota_period": "DAY"},
            {"limit_name": None, "refuses": False, "per_minute": None},
        ],
    ),
    "aws_buckets": Case(
        making.buckets,
        [
            {
                "store_name": "s3://evidence",
                "encrypted": True,
                "algorithm": "aws:kms",
                "key_name": "alias/evidence",
                "public": False,
                "blocks_public": True,
            },
            {
                "store_name": "s3://website",
                "public": True,
                "public_by": "grant",
                "holds_customer_data": False,
            },
        ],
    ),
    "aws_network_rules": Case(
        making.rules,
        [
            {"first_port": 443, "open_to_world": True, "reason": "customers", "direction": "in"},
            {"first_port": 22, "open_to_world": True, "for_administration": True},
            {"first_port": 5432, "open_to_world": False, "source": "10.0.0.0/8"},
        ],
        beside=3,
        never_empty=True,
    ),
    "aws_certificates": Case(
        making.certificates,
        [{"names": "api.example.com", "owner": "Alice", "status": "ISSUED"}],
    ),
    "aws_security_findings": Case(
        making.nothing,
        [
            {"rule_name": "S3.8", "severity": "high", "passed": False, "settled": False},
            {"rule_name": "security-control/S3.8", "severity": "low", "state": "resolved"},
            {"severity": "informational", "settled": True, "passed": None, "state": None},
        ],
        period=OCTOBER,
        own=_hub(HUB_FINDINGS),
        own_empty=_hub([]),
    ),
    "aws_threat_findings": Case(
        making.detectors,
        [
            {"alert_id": "finding-1", "severity": "high", "settled": False, "times": 3},
            {"alert_id": "finding-2", "severity": "low", "settled": True},
            {"alert_id": "finding-3", "severity": "critical", "asset": "AccessKey"},
        ],
        period=OCTOBER,
        own=_guard(FINDINGS),
        own_empty=_guard([]),
    ),
}
