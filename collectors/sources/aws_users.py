"""Users of AWS accounts with their second factor, from the credential report of IAM."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import sleep

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.errors import SourceUnreachableError
from collectors.vendors import aws
from collectors.vendors.aws import AwsSettings
from collectors.wire.aws import Place
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Users of AWS",
    asks="Who has a user in the accounts, may it sign in, does it have a second factor, and when "
    "was it used?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "account": "text",
        "account_id": "text",
        "active": "boolean",
        "second_factor": "boolean",
        "active_keys": "integer",
        "last_sign_in": "timestamp",
        "password_changed_at": "timestamp",
        "created_at": "timestamp",
        "reported_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="The credential report that IAM makes of all users of an account, the root user "
    "among them; the number of users equals that of the account summary.",
    permission=aws.allow(
        "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:GetAccountSummary"
    ),
    schedule="5 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(minutes=30),
)
Settings = AwsSettings
_ROOT = "<root_account>"
_NONE = {"N/A", "not_supported", "no_information", ""}
_TRIES, _PAUSE = 60, 2.0


def collect(ask: Ask[AwsSettings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="iam",
        is_global=True,
        query="GenerateCredentialReport and GetCredentialReport; active: may sign in with a "
        "password, the root user always; reported_at: when IAM made the report, which it does "
        "every four hours at most",
    )


def _rows(ask: Ask[AwsSettings], place: Place) -> Iterator[Row]:
    report = _report(place)
    counted = place.ask("get_account_summary").integer("SummaryMap.Users")
    ask.trail.source_count = (ask.trail.source_count or 0) + counted
    for user in csv.DictReader(report.text("Content").splitlines()):
        told = Item(dict(user), report.asked)
        is_root = told.text("user") == _ROOT
        if is_root:
            ask.trail.source_count += 1
        yield (
            f"AWS {place.account}",
            told.text("user"),
            told.text("arn"),
            is_root or told.text("password_enabled") == "true",
            told.text("mfa_active") == "true",
            sum(told.text(f"access_key_{number}_active") == "true" for number in (1, 2)),
            _moment(told, "password_last_used"),
            _moment(told, "password_last_changed"),
            _moment(told, "user_creation_time"),
            report.moment("GeneratedTime"),
            ask.now,
        )


def _report(place: Place) -> Item:
    """Have the report made, and return it once it is ready."""
    for _ in range(_TRIES):
        if place.ask("generate_credential_report").text("State") == "COMPLETE":
            return place.ask("get_credential_report")
        sleep(_PAUSE)
    raise SourceUnreachableError(f"IAM did not finish the credential report of {place}.")


def _moment(told: Item, name: str) -> datetime | None:
    return None if told.text(name) in _NONE else told.maybe_moment(name)
