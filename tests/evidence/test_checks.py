"""Checks run as SQL without any way out; what could not run is an error, never a pass."""

from pathlib import Path

import pytest

from controls.models import Expectation
from evidence import checks, intake
from evidence.models import CheckResult, Evidence, LedgerEntry
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

WITHOUT_MFA = "SELECT user_id, email FROM population WHERE NOT mfa"


@pytest.fixture
def expectation() -> Expectation:
    return items.expectation()


def received(expectation: Expectation) -> Evidence:
    return intake.receive(items.population(claims=(expectation,)), actor="system")


def result_of(expectation: Expectation, sql: str, **changes: object) -> CheckResult:
    items.check(expectation, sql, **changes)
    (result,) = checks.run(received(expectation), actor="system")
    return result


def test_rows_returned_are_exceptions(expectation: Expectation) -> None:
    result = result_of(expectation, WITHOUT_MFA)
    assert result.state == CheckResult.State.FAILED
    assert (result.population_count, result.exception_count) == (2, 1)
    assert result.exceptions == {
        "columns": ["user_id", "email"],
        "rows": [[2, "ben@example.org"]],
    }


def test_no_rows_are_a_pass(expectation: Expectation) -> None:
    result = result_of(expectation, "SELECT * FROM population WHERE user_id > 2")
    assert result.state == CheckResult.State.PASSED
    assert result.exception_count == 0


def test_a_threshold_allows_some(expectation: Expectation) -> None:
    result = result_of(expectation, WITHOUT_MFA, threshold=1)
    assert result.state == CheckResult.State.PASSED
    assert result.exceptions["rows"] == [[2, "ben@example.org"]]


def test_an_empty_population_is_checked_too(expectation: Expectation) -> None:
    items.check(expectation, WITHOUT_MFA)
    content, facts = items.table([])
    evidence = intake.receive(
        items.submission(content=content, population=facts, claims=(expectation,)),
        actor="system",
    )
    (result,) = checks.run(evidence, actor="system")
    assert (result.state, result.population_count) == (CheckResult.State.PASSED, 0)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT nonsense FROM population", "nonsense"),
        ("SELECT * FROM read_csv('/etc/passwd')", "Permission"),
        ("SELECT * FROM '/etc/passwd'", "does not exist"),
        ("SELECT * FROM read_csv('http://127.0.0.1:9/x')", "Permission"),
        ("COPY population TO '/dev/null'", "one SELECT"),
        ("DROP TABLE population", "one SELECT"),
        ("DELETE FROM population", "one SELECT"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("SET enable_external_access = true", "one SELECT"),
        ("INSTALL httpfs", "one SELECT"),
        ("ATTACH '/dev/null' AS x", "one SELECT"),
        ("", "one SELECT"),
        ("SELECT * FROM evidence_checks_secret", "does not exist"),
    ],
)
def test_what_may_not_run_is_an_error(expectation: Expectation, sql: str, said: str) -> None:
    evidence_checks_secret = [1]
    assert evidence_checks_secret
    result = result_of(expectation, sql)
    assert result.state == CheckResult.State.ERROR
    assert said in result.error
    assert result.exception_count is None


def test_a_check_that_never_ends_is_stopped(
    expectation: Expectation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "SECONDS", 0.2)
    result = result_of(
        expectation, "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000) c"
    )
    assert result.state == CheckResult.State.ERROR
    assert "Stopped" in result.error


def test_an_item_that_is_no_table_cannot_be_checked(expectation: Expectation) -> None:
    items.check(expectation, WITHOUT_MFA)
    evidence = intake.receive(items.submission(claims=(expectation,)), actor="system")
    (result,) = checks.run(evidence, actor="system")
    assert result.state == CheckResult.State.ERROR


def test_a_check_runs_once_for_a_version_and_its_sql(expectation: Expectation) -> None:
    first = result_of(expectation, WITHOUT_MFA)
    (again,) = checks.run(first.evidence, actor="system")
    assert again == first


def test_only_checks_of_claimed_expectations_run(expectation: Expectation) -> None:
    items.check(items.expectation("other"), WITHOUT_MFA)
    assert checks.run(received(expectation), actor="system") == []


def test_a_result_is_a_leaf(expectation: Expectation) -> None:
    result = result_of(expectation, WITHOUT_MFA)
    entry = LedgerEntry.objects.get(kind="check")
    assert result.ledger_entry == entry
    assert entry.subject == result.evidence.ref
    assert "ben@example.org" not in entry.leaf


def test_no_plain_copy_stays_behind(expectation: Expectation, var_dir: Path) -> None:
    result_of(expectation, WITHOUT_MFA)
    assert list((var_dir / "scratch").iterdir()) == []


def test_thousands_of_exceptions_are_counted_and_the_first_kept(
    expectation: Expectation,
) -> None:
    items.check(expectation, WITHOUT_MFA)
    content, facts = items.table([(n, f"p{n}@example.org", False) for n in range(2500)])
    evidence = intake.receive(
        items.submission(content=content, population=facts, claims=(expectation,)),
        actor="system",
    )
    (result,) = checks.run(evidence, actor="system")
    assert result.exception_count == 2500
    assert len(result.exceptions["rows"]) == checks.KEPT_EXCEPTIONS
