"""Leases of a Vault or OpenBao server: what it has given out, since when and until when."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Leases of Vault or OpenBao",
    asks="Which leases has the server given out, by which path, when, and until when do they hold?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "lease": "text",
        "path": "text",
        "issued_at": "timestamp",
        "renewed_at": "timestamp",
        "expires_at": "timestamp",
        "renewable": "boolean",
        "collected_at": "timestamp",
    },
    completeness="Every lease below the prefix, folder by folder as the server lists them, each in "
    "one answer; one that ended between the list and the look at it is left out. Of the id only a "
    "digest is kept: with the id somebody could renew or withdraw it.",
    permission="A token whose policy may list and sudo sys/leases/lookup/* and update "
    "sys/leases/lookup, which only reads; it may read no secret.",
    schedule="10 5 * * *",
    secrets=("token", "client_token", "lease_id", "accessor"),
    time_limit=timedelta(hours=1),
)
_DIGITS = 16


class Settings(SourceSettings):
    url: HttpUrl = Field(title="Address", description="Base address: https://vault.example.com.")
    token: SecretStr = Field(title="Token", description="A token that may look up leases only.")
    prefix: str = Field(
        default="",
        title="Prefix",
        description="Leases below this path only, such as database/creds/. Empty: all.",
        max_length=200,
        pattern=r"^([^/].*/)?$",
    )
    namespace: str = Field(
        default="",
        title="Namespace",
        description="Namespace of Vault Enterprise or OpenBao. Empty: the root.",
        max_length=200,
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=f"Vault at {ask.settings.url.host}",
        query="GET /v1/sys/leases/lookup/{prefix}?list=true, folder by folder, and POST "
        "/v1/sys/leases/lookup of each lease; lease: the beginning of the SHA-256 of its id",
        parameters={"namespace": ask.settings.namespace, "prefix": ask.settings.prefix},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    headers = {"X-Vault-Token": ask.settings.token.get_secret_value(), "X-Vault-Request": "true"}
    if ask.settings.namespace:
        headers["X-Vault-Namespace"] = ask.settings.namespace
    with ask.http(str(ask.settings.url), headers=headers) as api:
        for name in _leases(api, ask.settings.prefix):
            page = api.look_up("v1/sys/leases/lookup", {"lease_id": name}, also={400})
            told = Item(page.content, page.reply.asked)
            if page.reply.status == 400 and "invalid lease" in told.texts("errors"):
                continue
            lease = told.part("data")
            yield (
                f"Vault {ask.settings.url.host}",
                sha256(lease.text("id").encode()).hexdigest()[:_DIGITS],
                name.rpartition("/")[0],
                lease.moment("issue_time"),
                lease.maybe_moment("last_renewal"),
                lease.maybe_moment("expire_time"),
                lease.boolean("renewable"),
                ask.now,
            )


def _leases(api: Client, folder: str) -> Iterator[str]:
    """Yield the ids below a folder; the server answers 404 without errors where it is empty."""
    place = f"v1/sys/leases/lookup/{quote(folder)}"
    page = api.get_page(place, params={"list": "true"}, also={404})
    told = Item(page.content, page.reply.asked)
    if page.reply.status == 404 and told.value("errors") == []:
        return
    for each in told.part("data").members("keys"):
        name = f"{folder}{each.content}"
        yield from _leases(api, name) if name.endswith("/") else [name]
