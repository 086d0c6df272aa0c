"""The shipped catalogue: it is whole, fits the collectors, and each check passes and fails."""

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.conf import settings

from controls import loader
from controls.catalogue_file import CheckEntry, ExpectationEntry
from controls.catalogue_folder import Catalogue, read_folder
from controls.check_query import DUCKDB_TYPES
from controls.errors import CatalogueError
from controls.models import Control, Criterion
from tests.controls import cases_of_operation, cases_of_security
from tests.controls.case import Case, Row, tables

CATALOGUE: Catalogue = read_folder(settings.CATALOGUE_DIR)
EXPECTATIONS: dict[str, ExpectationEntry] = {
    expectation.slug: expectation
    for control in CATALOGUE.controls
    for expectation in control.entry.expectations
}
CHECKS: dict[str, tuple[CheckEntry, dict[str, str]]] = {
    check.slug: (check, dict(expectation.columns))
    for expectation in EXPECTATIONS.values()
    for check in expectation.checks
}
TABLES, TABLES_HARMLESS = tables()
CASES: dict[str, Case] = cases_of_security.CASES | cases_of_operation.CASES | TABLES
HARMLESS: dict[str, list[Row]] = (
    cases_of_security.HARMLESS | cases_of_operation.HARMLESS | TABLES_HARMLESS
)
DATABASE = duckdb.connect(":memory:", config={"threads": "1"})
COLLECTED = {
    "staff_mfa": "user_id integer, email text, full_name text, active boolean, staff boolean,"
    " roles text, mfa_totp boolean, mfa_passkey boolean, mfa_enabled boolean,"
    " last_sign_in timestamp",
    "api_tokens": "token_id integer, prefix text, owner text, purpose text, scopes text,"
    " environment text, created_at timestamp, last_used_at timestamp, expires_at timestamp,"
    " revoked_at timestamp, rotate_after_days integer, collected_at timestamp",
    "database_restore": "table_name text, rows_source integer, rows_restored integer,"
    " ledger_root_source text, ledger_root_restored text, backup_bytes integer,"
    " backup_seconds decimal, restore_seconds decimal, engine text",
    "git_changes": "commit_id text, merged_at timestamp, author text, author_email text,"
    " committer text, reviewers text, co_authors text, subject text, files_changed integer,"
    " is_merge boolean",
    "tls_endpoint": "host text, port integer, plain_http text, tls_1_0 boolean, tls_1_1 boolean,"
    " tls_1_2 boolean, tls_1_3 boolean, certificate_subject text, issuer text,"
    " not_after timestamp, days_to_expiry integer, chain_valid boolean, problem text",
    "uptime_probe": "day date, url text, samples integer, successes integer, failures integer,"
    " uptime_percent decimal, latency_p50_ms integer, latency_p95_ms integer,"
    " latency_max_ms integer",
    "register_provider_attestations": "reference text, provider text, service text, standing text,"
    " standard text, assessor text, attested_on date, valid_until date, agreement text,"
    " checked_before date, own_duties text, provider_duties text, shared_duties text,"
    " follow_up text, evidence text, looked_at_by text, looked_at_on date, owner text,"
    " next_look date, active boolean, added_at timestamp, changed_at timestamp",
}


def exceptions(check: str, rows: list[Row]) -> list[tuple[Any, ...]]:
    entry, columns = CHECKS[check]
    listed = ", ".join(f'"{name}" {DUCKDB_TYPES[kind]}' for name, kind in columns.items())
    DATABASE.execute(f"CREATE OR REPLACE TABLE population ({listed})")
    for given in rows:
        row = {name: value for name, value in given.items() if name in columns}
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        DATABASE.execute(f"INSERT INTO population ({names}) VALUES ({marks})", [*row.values()])
    return DATABASE.execute(entry.sql).fetchall()


class TestTheChecks:
    def test_each_has_a_case_here(self) -> None:
        assert set(CASES) == set(CHECKS)
        assert set(HARMLESS) <= set(CASES)

    @pytest.mark.parametrize("check", CASES)
    def test_a_case_differs_in_columns_that_the_check_may_read(self, check: str) -> None:
        for difference in CASES[check][1] + HARMLESS.get(check, []):
            assert set(difference) <= set(CHECKS[check][1])

    @pytest.mark.parametrize("check", CHECKS)
    def test_it_finds_nothing_in_an_empty_table(self, check: str) -> None:
        assert exceptions(check, []) == []

    @pytest.mark.parametrize("check", CASES)
    def test_it_passes_what_is_in_order(self, check: str) -> None:
        good, _ = CASES[check]
        harmless = [good | difference for difference in HARMLESS.get(check, [])]
        assert exceptions(check, [good, *harmless]) == []

    @pytest.mark.parametrize(
        ("check", "difference"),
        [(check, difference) for check, (_, bad) in CASES.items() for difference in bad],
    )
    def test_it_finds_each_violation_by_itself(self, check: str, difference: Row) -> None:
        good, _ = CASES[check]
        assert len(exceptions(check, [good | difference])) == 1

    @pytest.mark.parametrize("check", CASES)
    def test_it_finds_all_violations_among_what_is_in_order(self, check: str) -> None:
        good, bad = CASES[check]
        assert len(exceptions(check, [good, *(good | row for row in bad)])) == len(bad)

    @pytest.mark.parametrize("check", CASES)
    def test_it_finds_exactly_the_rows_that_were_planted(self, check: str) -> None:
        good, bad = CASES[check]
        planted = [found for row in bad for found in exceptions(check, [good | row])]
        table = [good, *(good | row for row in HARMLESS.get(check, []) + bad)]
        assert Counter(exceptions(check, table)) == Counter(planted)

    @pytest.mark.parametrize("check", CASES)
    def test_the_order_of_its_exceptions_is_fixed(self, check: str) -> None:
        assert "ORDER BY" in CHECKS[check][0].sql


class TestTheCriteria:
    def test_there_are_61_in_five_categories(self) -> None:
        framework = CATALOGUE.frameworks["tsc_2017"]
        categories = Counter(
            framework.sections[criterion.section].category for criterion in framework.criteria
        )
        assert categories == {
            "Security": 33,
            "Availability": 3,
            "Processing Integrity": 5,
            "Confidentiality": 2,
            "Privacy": 18,
        }
        assert len(framework.sections) == 20

    def test_all_of_the_categories_of_a_fintech_and_confidentiality_are_served(self) -> None:
        framework = CATALOGUE.frameworks["tsc_2017"]
        asked = {
            criterion.ref
            for criterion in framework.criteria
            if framework.sections[criterion.section].category != "Privacy"
        }
        served = {
            mapping.criterion
            for control in CATALOGUE.controls
            for mapping in control.entry.criteria
        }
        assert asked == served

    @pytest.mark.parametrize(("slug", "fewest"), [("pci_dss_4_0_1", 120), ("soc1_objectives", 20)])
    def test_other_frameworks_are_served_by_the_same_controls(self, slug: str, fewest: int) -> None:
        asked = {f"{slug}/{criterion.ref}" for criterion in CATALOGUE.frameworks[slug].criteria}
        served = {mapping.criterion for mapping in CATALOGUE.mappings}
        assert len(asked) >= fewest
        assert asked <= served

    def test_one_control_serves_all_three(self) -> None:
        frameworks: dict[str, set[str]] = {}
        for mapping in CATALOGUE.mappings:
            frameworks.setdefault(mapping.control, set()).add(mapping.criterion.partition("/")[0])
        assert sum(len(found) == 2 for found in frameworks.values()) >= 30

    def test_the_categories_that_fintechs_are_asked_for_are_served(self) -> None:
        served = {
            mapping.criterion
            for control in CATALOGUE.controls
            for mapping in control.entry.criteria
        }
        asked = {"CC6.1", "CC6.2", "CC6.3", "CC6.6", "CC6.7", "CC7.1", "CC7.2", "CC7.3", "CC7.4"}
        asked |= {"CC7.5", "CC8.1", "CC9.1", "CC9.2", "A1.1", "A1.2", "A1.3"}
        asked |= {"PI1.1", "PI1.2", "PI1.3", "PI1.4", "PI1.5"}
        assert asked <= served


class TestTheControls:
    def test_there_are_enough_in_each_area(self) -> None:
        areas = Counter(str(control.area) for control in CATALOGUE.controls)
        assert 90 <= sum(areas.values()) <= 120
        for area in ("access_control", "api_security", "change", "availability"):
            assert areas[area] >= 4
        assert areas["processing_integrity"] >= 4
        assert set(areas) == set(Control.Area.values)

    def test_each_names_a_risk_and_every_risk_has_a_control(self) -> None:
        assert all(control.entry.risks for control in CATALOGUE.controls)
        used = {risk for control in CATALOGUE.controls for risk in control.entry.risks}
        assert used == {risk.ref for risk in CATALOGUE.risks}

    def test_each_gives_every_criterion_a_reason_of_its_own(self) -> None:
        for control in CATALOGUE.controls:
            reasons = [mapping.reason for mapping in control.entry.criteria]
            assert len(set(reasons)) == len(reasons)

    def test_a_table_that_is_handed_in_is_checked(self) -> None:
        assert [
            slug for slug, entry in EXPECTATIONS.items() if entry.columns and not entry.checks
        ] == []


class TestTheCollectors:
    @pytest.mark.parametrize("collector", COLLECTED)
    def test_an_expectation_declares_no_column_that_is_not_collected(self, collector: str) -> None:
        columns = dict(column.split() for column in COLLECTED[collector].split(", "))
        claims = [entry for entry in EXPECTATIONS.values() if entry.collector == collector]
        assert claims
        for entry in claims:
            assert dict(entry.columns).items() <= columns.items()
            assert set(entry.required_columns or ()) <= set(columns)

    def test_every_other_expectation_is_met_by_hand(self) -> None:
        collectors = {entry.collector for entry in EXPECTATIONS.values()}
        assert collectors == {"", *COLLECTED}

    def test_what_is_collected_is_checked(self) -> None:
        assert all(entry.checks for entry in EXPECTATIONS.values() if entry.collector)


@pytest.fixture
def loaded(db: None, pages: list[object]) -> loader.CataloguePlan:
    plan = loader.plan(settings.CATALOGUE_DIR)
    loader.apply(plan, actor="system", reword=False)
    return plan


def test_it_loads_into_the_database_and_a_second_time_changes_nothing(
    loaded: loader.CataloguePlan, pages: list[object]
) -> None:
    assert Criterion.objects.count() == sum(
        len(framework.criteria) for framework in CATALOGUE.frameworks.values()
    )
    assert Control.objects.count() == len(CATALOGUE.controls) == len(loaded.wordings)
    told = len(pages)
    again = loader.plan(settings.CATALOGUE_DIR)
    assert again.is_empty
    assert again.absent == ()
    loader.apply(again, actor="system", reword=False)
    assert len(pages) == told


class TestTheHowTo:
    @pytest.fixture
    def visitors(self, tmp_path: Path) -> Path:
        shutil.copytree(settings.CATALOGUE_DIR, tmp_path / "catalogue")
        page = Path(settings.BASE_DIR, "docs/how-to/write-a-control.md").read_text("utf-8")
        path = tmp_path / "catalogue/controls/visitors.yaml"
        path.write_text("".join(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)), "utf-8")
        return path

    def test_its_control_loads(self, visitors: Path) -> None:
        catalogue = read_folder(visitors.parents[1])
        added = [control for control in catalogue.controls if control.entry.ref == "AC-20"]
        assert len(added) == 1
        assert [check.slug for check in added[0].entry.expectations[0].checks] == [
            "visitors-without-host"
        ]

    def test_its_slips_are_told_as_it_says(self, visitors: Path) -> None:
        page = Path(settings.BASE_DIR, "docs/how-to/write-a-control.md").read_text("utf-8")
        text = visitors.read_text("utf-8")
        for right, wrong in (("nature: manual", "nature: human"), ("trim(host)", "trim(hosts)")):
            visitors.write_text(text.replace(right, wrong), "utf-8")
            with pytest.raises(CatalogueError) as caught:
                read_folder(visitors.parents[1])
            assert str(caught.value) in page
