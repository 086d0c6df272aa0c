"""Privileges on the tables, sequences, schemas and the database of one PostgreSQL database."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.wire import postgresql
from collectors.wire.postgresql import PostgresqlSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Privileges in a PostgreSQL database",
    asks="Who may read or change which table, sequence and schema, and may pass that right on?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "object_kind": "text",
        "schema_name": "text",
        "object_name": "text",
        "object_owner": "text",
        "grantee": "text",
        "to_everybody": "boolean",
        "is_owner": "boolean",
        "privilege": "text",
        "may_grant": "boolean",
        "collected_at": "timestamp",
    },
    completeness="The access list of every table, view, sequence and schema that is not the "
    "server's own, and of the database, in one snapshot; where none was ever set, the list that "
    "the server then takes. As many rows as the server counts.",
    permission="CREATE ROLE countersign LOGIN PASSWORD '…'; access lists are shown to every role, "
    "and the session is read-only.",
    schedule="50 3 * * *",
    secrets=("rolpassword",),
    time_limit=timedelta(minutes=30),
)
Settings = PostgresqlSettings
_LISTS = """
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view'
         WHEN 'm' THEN 'materialised view' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
      n.nspname AS schema, c.relname AS name, c.relowner AS owner,
      coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END,
                                    c.relowner)) AS acl
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL
  SELECT 'schema', n.nspname, n.nspname, n.nspowner,
      coalesce(n.nspacl, acldefault('n'::"char", n.nspowner))
  FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  UNION ALL
  SELECT 'database', NULL, d.datname, d.datdba,
      coalesce(d.datacl, acldefault('d'::"char", d.datdba))
  FROM pg_database d WHERE d.datname = current_database()"""
_QUERY = f"""SELECT kind, schema, name, pg_get_userbyid(owner),
    CASE WHEN a.grantee = 0 THEN 'everybody (PUBLIC)' ELSE pg_get_userbyid(a.grantee) END,
    a.grantee = 0, a.grantee = owner, lower(a.privilege_type), a.is_grantable
FROM ({_LISTS}) lists CROSS JOIN LATERAL aclexplode(acl) a
ORDER BY 1, 2, 3, 5, 8"""  # noqa: S608  # both parts stand in this file
_COUNT = f"SELECT count(*) FROM ({_LISTS}) lists CROSS JOIN LATERAL aclexplode(acl) a"  # noqa: S608


def collect(ask: Ask[PostgresqlSettings]) -> Answer:
    return Answer(rows=_rows(ask), source_system=postgresql.system(ask), query=_QUERY)


def _rows(ask: Ask[PostgresqlSettings]) -> Iterator[Row]:
    name = postgresql.system(ask)
    with postgresql.opened(ask) as session:
        ask.trail.source_count = session.value(_COUNT)
        for row in session.rows(_QUERY):
            yield (name, *row, ask.now)
