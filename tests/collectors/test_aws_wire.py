"""How AWS is spoken: pages, retries, bad answers, memory, and payloads that fit AWS's own model."""

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import boto3
import pytest
from botocore.stub import Stubber

from collectors import configuration, registry
from collectors.base import Ask
from collectors.deadline import Deadline
from collectors.errors import SourceBusyError, SourceDeniedError, SourceNonsenseError
from collectors.sources import aws_alarms
from collectors.vendors import aws_policies
from collectors.wire import aws
from collectors.wire.fields import Item
from tests.collectors import cloud_cases
from tests.collectors.asking import NOW, OCTOBER, Told, ask
from tests.collectors.clouds import HOME, KEYS, Road, in_json, operation_of
from tests.collectors.loopback import Asked, Reply

WHO = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class Vault(Road):
    """Lists secrets in so many pages; `said` comes before that, answer by answer."""

    def __init__(self, *said: Reply, pages: int = 2, each: int = 2) -> None:
        super().__init__(own=self._listed)
        self.said = list(said)
        self.pages, self.each = pages, each

    def _listed(self, asked: Asked) -> Reply:
        if operation_of(asked) != "ListSecrets":
            return Reply(WHO)
        if self.said:
            return self.said.pop(0)
        place = int(json.loads(asked.body).get("NextToken", "0"))
        more = {"NextToken": str(place + 1)} if place + 1 < self.pages else {}
        secrets = [
            {"ARN": f"arn:secret-{place}-{number}", "CreatedDate": 1.7e9 + number}
            for number in range(self.each)
        ]
        return in_json({"SecretList": secrets, **more})


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses


def listed(vault: Vault, scratch: Path, **more: Any) -> Told:
    values = {**KEYS, "regions": [HOME], "endpoint": vault.url, **more}
    return ask("aws_secret_rotation", scratch, **values)


def error(code: str, status: int) -> Reply:
    return in_json({"__type": f"com.amazonaws#{code}", "message": "of Alice"}, status=status)


def test_all_pages_are_read(scratch: Path) -> None:
    with Vault(pages=3) as vault:
        told = listed(vault, scratch)
    assert [row["key_name"] for row in told.rows][:3] == [
        "arn:secret-0-0",
        "arn:secret-0-1",
        "arn:secret-1-0",
    ]
    assert len(told.rows) == 6
    assert told.trail.pages == 4
    assert told.trail.shortfalls == []
    assert told.rows[1]["rotated_at"] == datetime.fromtimestamp(1.7e9 + 1, UTC)


def test_a_list_that_leads_back_to_itself_is_refused(scratch: Path) -> None:
    page = in_json({"SecretList": [{"ARN": "a"}], "NextToken": "same"})
    with (
        Vault(page, page, page, page) as vault,
        pytest.raises(SourceNonsenseError, match="read before"),
    ):
        listed(vault, scratch)


@pytest.mark.parametrize(
    "reply",
    [error("ThrottlingException", 400), error("TooManyRequestsException", 429), Reply(status=503)],
)
def test_what_may_pass_is_asked_again_at_once(
    scratch: Path, reply: Reply, slept: list[float]
) -> None:
    with Vault(reply, reply) as vault:
        told = listed(vault, scratch)
    assert len(told.rows) == 4
    assert len(slept) == 2
    # What was no answer is not noted as one.
    assert told.trail.pages == 3


def test_it_is_not_asked_for_ever(scratch: Path) -> None:
    reply = error("ThrottlingException", 400)
    with Vault(*[reply] * 3) as vault, pytest.raises(SourceBusyError) as caught:
        listed(vault, scratch)
    assert "secretsmanager:ListSecrets in us-east-1 of account 123456789012" in str(caught.value)
    assert "400 ThrottlingException" in str(caught.value)
    assert "Alice" not in str(caught.value)


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"]
)
def test_a_lack_of_rights_is_told_by_its_action(scratch: Path, code: str) -> None:
    with Vault(error(code, 400)) as vault, pytest.raises(SourceDeniedError) as caught:
        listed(vault, scratch)
    assert "secretsmanager:ListSecrets" in str(caught.value)
    assert len([each for each in vault.asked if operation_of(each)]) == 1


@pytest.mark.parametrize(
    "body", [b'{"SecretList": [{"ARN": "a"}, {"A', b"", b"{}", b"[]", b"<html></html>", b"7"]
)
def test_an_answer_that_is_cut_off_is_no_empty_list(scratch: Path, body: bytes) -> None:
    """Boto3 alone reads each of these as a list without secrets."""
    whole = {"Content-Type": "application/x-amz-json-1.1"}
    with Vault(Reply(body, headers=whole)) as vault, pytest.raises(SourceNonsenseError):
        listed(vault, scratch)


def test_rows_stream_a_page_at_a_time(scratch: Path) -> None:
    """No page is asked for before its turn, and none is held after it."""
    with Vault(pages=30, each=200) as vault:
        told = collected(vault, scratch)
        assert len(list(islice(told, 5))) == 5
        assert len(vault.asked) == 2
        tracemalloc.start()
        assert sum(1 for _ in told) == 30 * 200 - 5
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # Held together these rows take more than four million bytes.
    assert peak < 2_000_000


def collected(vault: Vault, scratch: Path) -> Iterator[Any]:
    """The rows as they come, not yet read."""
    collector = registry.get("aws_secret_rotation")
    values = {**KEYS, "regions": [HOME], "endpoint": vault.url}
    question: Ask[Any] = Ask(
        settings=configuration.validate(collector, values),
        source="source",
        period=OCTOBER,
        zone=ZoneInfo("UTC"),
        now=NOW,
        scratch=scratch,
        deadline=Deadline.after(timedelta(minutes=5)),
    )
    return iter(collector.collect(question).rows)


def test_the_plain_values_of_an_answer_are_exact() -> None:
    told = {
        "At": datetime(2026, 1, 1),  # noqa: DTZ001  # boto3 gives such, too
        "Rate": 0.1,
        "Content": b"a,b",
        "SecretString": "planted",
        "Deep": [{"SecretString": "planted", "Kept": True}],
    }
    assert aws._plain(told, {"SecretString"}) == {
        "At": "2026-01-01T00:00:00+00:00",
        "Rate": Decimal("0.1"),
        "Content": "a,b",
        "Deep": [{"Kept": True}],
    }


def test_keys_show_nothing_of_themselves() -> None:
    assert "planted" not in repr(aws.Keys("AKIA", "planted-secret", "planted-token"))


ASKED: dict[str, dict[str, Any]] = {
    "get_findings": {"DetectorId": "d", "FindingIds": ["finding-1"]},
    "list_findings": {"DetectorId": "d"},
}


def capital(value: Any) -> Any:
    """GuardDuty writes its names small on the wire, and its model writes them with a capital."""
    if isinstance(value, list):
        return [capital(each) for each in value]
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: capital(each) for name, each in value.items()}
    return value


@pytest.mark.parametrize(
    ("service", "operation", "answer"),
    [
        ("backup", "list_backup_jobs", {"BackupJobs": cloud_cases.BACKUP_JOBS[0]}),
        ("backup", "list_backup_jobs", {"BackupJobs": cloud_cases.BACKUP_JOBS[1]}),
        ("backup", "list_restore_jobs", {"RestoreJobs": cloud_cases.RESTORE_JOBS[0]}),
        ("backup", "list_restore_jobs", {"RestoreJobs": cloud_cases.RESTORE_JOBS[1]}),
        ("guardduty", "get_findings", {"Findings": capital(cloud_cases.FINDINGS)}),
        ("guardduty", "list_findings", {"FindingIds": ["finding-1"], "NextToken": "2"}),
        ("securityhub", "get_findings", {"Findings": cloud_cases.HUB_FINDINGS, "NextToken": "2"}),
    ],
)
def test_what_moto_lacks_is_answered_as_aws_models_it(
    service: str, operation: str, answer: dict[str, Any]
) -> None:
    """The Stubber refuses an answer whose shape or types differ from the model of the service."""
    opened: Any = boto3.client
    client = opened(service, region_name=HOME, aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        asked = ASKED.get(operation if service == "guardduty" else "", {})
        stub.add_response(operation, answer)
        assert getattr(client, operation)(**asked)


class TestPolicies:
    @pytest.mark.parametrize(
        "statement",
        [
            {"Action": "*", "Resource": "*"},
            {"Action": ["s3:Get*", "IAM:put*"], "Resource": ["*"]},
            {"Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::1:role/*"},
            {"NotAction": "s3:*", "Resource": "*"},
            {"Action": "iam:*", "NotResource": "arn:aws:iam::1:role/x"},
        ],
    )
    def test_these_let_somebody_widen_his_rights(self, statement: dict[str, Any]) -> None:
        allowed = {"Effect": "Allow", **statement}
        assert aws_policies.gives_power({"Statement": allowed})
        assert aws_policies.gives_power({"Statement": [{"Effect": "Deny"}, allowed]})
        assert not aws_policies.gives_power({"Statement": {**allowed, "Effect": "Deny"}})

    @pytest.mark.parametrize(
        "statement",
        [
            {"Action": "iam:Get*", "Resource": "*"},
            {"Action": "*", "Resource": "arn:aws:s3:::one"},
            {"NotAction": ["iam:*", "organizations:*"], "Resource": "*"},
            {},
        ],
    )
    def test_these_do_not(self, statement: dict[str, Any]) -> None:
        assert not aws_policies.gives_power({"Statement": {"Effect": "Allow", **statement}})

    @pytest.mark.parametrize("document", [None, "text", [], {}, {"Statement": "x"}])
    def test_what_is_no_policy_gives_nothing(self, document: Any) -> None:
        assert not aws_policies.gives_power(document)


def test_backups_that_aws_no_longer_keeps_are_named(scratch: Path) -> None:
    case = cloud_cases.CASES["aws_backup_jobs"]
    with Road(own=lambda asked: (case.own(asked) if case.own else None) or Reply(WHO)) as road:
        values: dict[str, Any] = {**KEYS, "regions": [HOME], "endpoint": road.url}
        told = ask("aws_backup_jobs", scratch, period=OCTOBER, **values)
    assert "keeps its jobs for 30 days" in told.trail.shortfalls[0]


def test_an_alarm_of_alarms_watches_their_rule() -> None:
    """Moto cannot make one."""
    assert aws_alarms._watched(Item({"AlarmRule": "ALARM(a)"}, "asked")) == "ALARM(a)"
    assert aws_alarms._watched(Item({}, "asked")) == "a formula of metrics"
