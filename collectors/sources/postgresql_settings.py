"""Settings of a PostgreSQL server that keep its connections, passwords and data safe."""

from collections.abc import Iterator

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.wire import postgresql
from collectors.wire.postgresql import PostgresqlSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Security settings of a PostgreSQL server",
    asks="Does the server encrypt connections, how does it keep passwords, and what does it log?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.API_SECURITY,
    columns={
        "system_name": "text",
        "setting_name": "text",
        "setting_value": "text",
        "known": "boolean",
        "set_in": "text",
        "waits_for_restart": "boolean",
        "server_version": "text",
        "collected_at": "timestamp",
    },
    completeness="One row for each setting of a fixed list, in one snapshot; one that the server "
    "does not know stands there as unknown. Which addresses must use TLS stands in pg_hba.conf, "
    "which only a superuser is shown.",
    permission="CREATE ROLE countersign LOGIN PASSWORD '…'; these settings are shown to every "
    "role, and the session is read-only.",
    schedule="55 3 * * *",
    secrets=("ssl_passphrase_command",),
)
Settings = PostgresqlSettings
NAMES = (
    *("data_checksums", "fsync", "full_page_writes", "listen_addresses", "log_connections"),
    *("log_disconnections", "log_statement", "password_encryption", "row_security", "ssl"),
    *("ssl_ciphers", "ssl_max_protocol_version", "ssl_min_protocol_version", "wal_level"),
)
_QUERY = """SELECT wanted, s.setting || coalesce(s.unit, ''), s.name IS NOT NULL, s.source,
    s.pending_restart, current_setting('server_version')
FROM unnest(%(names)s::text[]) wanted LEFT JOIN pg_settings s ON s.name = wanted
ORDER BY wanted"""


def collect(ask: Ask[PostgresqlSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=postgresql.system(ask),
        query=_QUERY,
        parameters={"names": list(NAMES)},
    )


def _rows(ask: Ask[PostgresqlSettings]) -> Iterator[Row]:
    name = postgresql.system(ask)
    ask.trail.source_count = len(NAMES)
    with postgresql.opened(ask) as session:
        for row in session.rows(_QUERY, {"names": list(NAMES)}):
            yield (name, *row, ask.now)
