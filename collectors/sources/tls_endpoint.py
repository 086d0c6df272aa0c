"""Transport encryption of public endpoints: what they speak, and the certificate they show."""

from collections.abc import Iterator

from pydantic import Field, field_validator

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.errors import SourceUnreachableError
from collectors.wire import tls
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="TLS of an endpoint",
    asks="Which TLS versions does the endpoint speak, does it refuse plain HTTP, and is its "
    "certificate in order?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.SCAN_REPORT,
    area=Area.API_SECURITY,
    columns={
        "host": "text",
        "port": "integer",
        "plain_http": "text",
        "tls_1_0": "boolean",
        "tls_1_1": "boolean",
        "tls_1_2": "boolean",
        "tls_1_3": "boolean",
        "certificate_subject": "text",
        "issuer": "text",
        "not_after": "timestamp",
        "days_to_expiry": "integer",
        "chain_valid": "boolean",
        "problem": "text",
    },
    completeness="One row for every endpoint in the settings; one that could not be reached is a "
    "row too, and makes the run partial.",
    permission="None: it connects like any visitor.",
    schedule="40 2 * * *",
    secrets=("private_key",),
)


class Settings(SourceSettings):
    endpoints: tuple[str, ...] = Field(
        title="Endpoints",
        description="Host names with their port, such as api.example.com:443.",
        min_length=1,
        max_length=200,
    )
    plain_port: int = Field(
        default=80,
        title="Plain HTTP port",
        description="The port on which unencrypted requests must be refused or redirected.",
        ge=1,
        le=65535,
    )
    trusted_ca: str = Field(
        default="",
        title="Own certificate authority",
        description="PEM of an authority to trust beside those of the operating system.",
    )

    @field_validator("endpoints")
    @classmethod
    def _readable(cls, endpoints: tuple[str, ...]) -> tuple[str, ...]:
        for endpoint in endpoints:
            tls.parse_endpoint(endpoint)
        return endpoints

    @field_validator("trusted_ca")
    @classmethod
    def _loadable(cls, pem: str) -> str:
        tls.trusting(pem)
        return pem


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=", ".join(ask.settings.endpoints)[:200],
        query="TCP and TLS handshakes, one per protocol version; HEAD / over plain HTTP",
        parameters={
            "endpoints": list(ask.settings.endpoints),
            "plain_port": ask.settings.plain_port,
        },
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    unreachable = []
    endpoints = [tls.parse_endpoint(endpoint) for endpoint in ask.settings.endpoints]
    ask.trail.source_count = len(endpoints)
    for number, (host, port) in enumerate(endpoints, 1):
        ask.progress(number, len(endpoints), host)
        examined = tls.examine(
            host,
            port,
            plain_port=ask.settings.plain_port,
            trusted_ca=ask.settings.trusted_ca,
            deadline=ask.deadline,
        )
        if not examined.reached:
            unreachable.append(f"{host}:{port}")
        yield examined.row(ask.now)
    if len(unreachable) == len(endpoints):
        message = f"No endpoint could be reached: {', '.join(unreachable)}."
        raise SourceUnreachableError(message)
    if unreachable:
        ask.trail.lacks(f"Not reached: {', '.join(unreachable)}.")
