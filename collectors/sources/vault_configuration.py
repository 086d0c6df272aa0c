"""How a Vault or OpenBao server is set up: ways to sign in, secret engines, audit devices."""

from collections.abc import Iterator

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.errors import SourceNonsenseError
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Set-up of Vault or OpenBao",
    asks="Which ways to sign in, which secret engines and which audit devices does the server "
    "have, and how long do leases last?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.API_SECURITY,
    columns={
        "system_name": "text",
        "part": "text",
        "path": "text",
        "type": "text",
        "description": "text",
        "audit_devices": "integer",
        "default_lease_seconds": "integer",
        "longest_lease_seconds": "integer",
        "seal_wrapped": "boolean",
        "local": "boolean",
        "collected_at": "timestamp",
    },
    completeness="Every entry of the three maps that the server answers with whole: sys/auth, "
    "sys/mounts and sys/audit of one namespace. audit_devices is their number, on every row, so "
    "that a server with none is seen.",
    permission="A token whose policy may read sys/auth and sys/mounts, and read and sudo "
    "sys/audit; it may read no secret.",
    schedule="0 5 * * *",
    secrets=("token", "client_token", "options", "plugin_version"),
)
_PARTS = {"auth": "way to sign in", "mounts": "secret engine", "audit": "audit device"}


class Settings(SourceSettings):
    url: HttpUrl = Field(title="Address", description="Base address: https://vault.example.com.")
    token: SecretStr = Field(title="Token", description="A token that may read the set-up only.")
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
        query="GET /v1/sys/auth, /v1/sys/mounts, /v1/sys/audit; leases: those of the entry, 0 "
        "where the server's own hold",
        parameters={"namespace": ask.settings.namespace},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    headers = {"X-Vault-Token": ask.settings.token.get_secret_value(), "X-Vault-Request": "true"}
    if ask.settings.namespace:
        headers["X-Vault-Namespace"] = ask.settings.namespace
    with ask.http(str(ask.settings.url), headers=headers) as api:
        found = {kind: _entries(api, kind) for kind in _PARTS}
    devices = len(found["audit"])
    ask.trail.source_count = sum(len(entries) for entries in found.values())
    for kind, entries in found.items():
        for path, entry in sorted(entries.items()):
            config = entry.part("config") if entry.value("config") else None
            yield (
                f"Vault {ask.settings.url.host}",
                _PARTS[kind],
                path,
                entry.text("type"),
                entry.maybe_text("description") or None,
                devices,
                config.maybe_integer("default_lease_ttl") if config else None,
                config.maybe_integer("max_lease_ttl") if config else None,
                entry.maybe_boolean("seal_wrap"),
                entry.maybe_boolean("local"),
                ask.now,
            )


def _entries(api: Client, kind: str) -> dict[str, Item]:
    """Return the entries of one map, which the server wraps into `data`."""
    page = api.get_page(f"v1/sys/{kind}")
    told = Item(page.content, page.reply.asked)
    entries = told.part("data").content
    if not told.text("request_id") or not isinstance(entries, dict):
        raise SourceNonsenseError(f"{page.reply.asked} answered without its entries.")
    return {path: Item(each, page.reply.asked) for path, each in entries.items()}
