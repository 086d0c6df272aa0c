"""A check is one SELECT over the population, sees nothing else and answers the same for ever."""

from collections.abc import Iterator

import pytest

from controls.check_query import DUCKDB_TYPES, QueryProver
from controls.errors import CheckQueryError

COLUMNS = {
    "id": "integer",
    "owner": "text",
    "share": "decimal",
    "live": "boolean",
    "day": "date",
    "seen": "timestamp",
    'odd "name"': "text",
}


@pytest.fixture(scope="module")
def prover() -> Iterator[QueryProver]:
    made = QueryProver()
    yield made
    made.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM population",
        "SELECT id FROM population WHERE owner = '' OR NOT live;",
        "WITH late AS (SELECT * FROM population WHERE share < 99.9) SELECT * FROM late",
        "SELECT owner, count(*) AS n FROM population GROUP BY owner HAVING count(*) > 1",
        "SELECT a.id FROM population a JOIN population b USING (owner) WHERE a.seen < b.seen",
        "SELECT id FROM population WHERE seen < day - INTERVAL 90 DAY",
        "SELECT id FROM population WHERE date_diff('day', seen, day) > 90 -- ; not a second one",
        "SELECT id, part FROM population, unnest(string_split(owner, ' ')) AS parts(part)",
        "SELECT id FROM population WHERE list_contains(string_split(owner, ' '), '*')",
        'SELECT "odd ""name""" FROM population',
    ],
)
def test_it_takes_a_query_over_the_population(prover: QueryProver, sql: str) -> None:
    prover.prove(sql, COLUMNS)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("", "one query is needed, not 0"),
        ("SELEKT * FROM population", 'syntax error at or near "SELEKT"'),
        ("SELECT * FROM population WHERE owner = 'x", "unterminated"),
        ("SELECT colour FROM population", '"colour" not found'),
        ("SELECT * FROM population; DROP TABLE population", "one query is needed, not 2"),
        ("DROP TABLE population", "must be a SELECT"),
        ("INSERT INTO population SELECT * FROM population", "must be a SELECT"),
        ("COPY population TO '/tmp/out.csv'", "must be a SELECT"),
        ("ATTACH '/tmp/other.db'", "must be a SELECT"),
        ("PRAGMA database_list", "must be a SELECT"),
        ("SELECT 1", "must read the table population"),
        ("SELECT * FROM information_schema.tables", "must read the table population"),
        ("SELECT * FROM population, duckdb_settings()", "duckdb_settings depends on"),
        ("SELECT * FROM population WHERE id IN (SELECT a FROM main.other)", "and no other"),
        (
            "SELECT * FROM population WHERE id IN (SELECT id FROM other)",
            "the table population and no other",
        ),
        ("SELECT * FROM population, read_csv('/etc/passwd')", "read_csv depends on"),
        ("SELECT * FROM population, '/etc/passwd.csv'", "the table population and no other"),
        ("SELECT * FROM population, glob('/*')", "glob depends on"),
        ("SELECT * FROM population WHERE owner > 1 + day", "Binder Error"),
    ],
)
def test_it_refuses_another_thing(prover: QueryProver, sql: str, reason: str) -> None:
    with pytest.raises(CheckQueryError) as caught:
        prover.prove(sql, COLUMNS)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("condition", "word"),
    [
        ("seen < now()", "now"),
        ("day < current_date", "current_date"),
        ("day < Current_Date()", "current_date"),
        ("seen < CURRENT_TIMESTAMP", "current_timestamp"),
        ("seen < localtimestamp", "localtimestamp"),
        ("day < today() - 90", "today"),
        ("age(seen) > INTERVAL 90 DAY", "age"),
        ("seen < ago(INTERVAL 90 DAY)", "ago"),
        ("random() < 0.1", "random"),
        ("id IN (SELECT id FROM population WHERE uuid() = '')", "uuid"),
        ("TRUE USING SAMPLE 10", "random"),
    ],
)
def test_it_refuses_what_depends_on_the_moment_or_on_chance(
    prover: QueryProver, condition: str, word: str
) -> None:
    with pytest.raises(CheckQueryError, match=f"^{word} depends on the moment"):
        prover.prove(f"SELECT * FROM population WHERE {condition}", COLUMNS)


def test_a_column_may_be_named_like_a_clock(prover: QueryProver) -> None:
    prover.prove("SELECT age FROM population WHERE age > 3", {"age": "integer"})


def test_each_query_sees_its_own_columns_only(prover: QueryProver) -> None:
    prover.prove("SELECT a FROM population", {"a": "text"})
    with pytest.raises(CheckQueryError, match='"a" not found'):
        prover.prove("SELECT a FROM population", {"b": "text"})


def test_times_have_no_zone_that_could_follow_the_machine() -> None:
    assert not any("ZONE" in name or "TZ" in name for name in DUCKDB_TYPES.values())
