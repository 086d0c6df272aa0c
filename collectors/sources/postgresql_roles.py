"""Roles of a PostgreSQL server with what each may do."""

from collections.abc import Iterator

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.wire import postgresql
from collectors.wire.postgresql import PostgresqlSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Roles of a PostgreSQL server",
    asks="Which roles exist, which may sign in, which have power over the whole server, and in "
    "which groups are they?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "role_name": "text",
        "built_in": "boolean",
        "can_sign_in": "boolean",
        "superuser": "boolean",
        "creates_roles": "boolean",
        "creates_databases": "boolean",
        "replicates": "boolean",
        "bypasses_row_rules": "boolean",
        "ends_at": "timestamp",
        "member_of": "text",
        "comment": "text",
        "collected_at": "timestamp",
    },
    completeness="Every row of pg_roles, those of the server itself too, in one snapshot; as many "
    "rows as the server counts.",
    permission="CREATE ROLE countersign LOGIN PASSWORD '…'; pg_roles is shown to every role, and "
    "the session is read-only.",
    schedule="45 3 * * *",
    secrets=("rolpassword",),
)
Settings = PostgresqlSettings
_QUERY = """SELECT rolname, left(rolname, 3) = 'pg_', rolcanlogin, rolsuper, rolcreaterole,
    rolcreatedb, rolreplication, rolbypassrls,
    CASE WHEN isfinite(rolvaliduntil) THEN rolvaliduntil END,
    (SELECT string_agg(g.rolname, '; ' ORDER BY g.rolname)
     FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid),
    shobj_description(r.oid, 'pg_authid')
FROM pg_roles r ORDER BY rolname"""


def collect(ask: Ask[PostgresqlSettings]) -> Answer:
    return Answer(rows=_rows(ask), source_system=postgresql.system(ask), query=_QUERY)


def _rows(ask: Ask[PostgresqlSettings]) -> Iterator[Row]:
    name = postgresql.system(ask)
    with postgresql.opened(ask) as session:
        ask.trail.source_count = session.value("SELECT count(*) FROM pg_roles")
        for row in session.rows(_QUERY):
            yield (name, *row, ask.now)
