"""Reports of registers: vendors with gaps of assurance, risks by rating, incidents of a period."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from accounts.models import User
from registers import entries, registry
from tests.registers.books import GOOD
from tests.reports.written.reading import Read

Ask = Callable[..., Read]
PERIOD: dict[str, Any] = {"start": date(2026, 7, 1), "end": date(2026, 9, 30)}

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def add(alice: User) -> Callable[..., None]:
    def added(slug: str, **changed: str) -> None:
        entries.add(registry.get(slug), given={**GOOD[slug], **changed}, by=alice)

    return added


class TestVendors:
    def test_days_without_assurance_are_named(self, ask: Ask, add: Callable[..., None]) -> None:
        add("vendors")
        add("vendor_reports", reviewed_by="alice@example.org", reviewed_on="2026-08-01")
        said = ask("vendor_register", **PERIOD)
        assert said.sheets["Assurance gaps"][1:] == [
            (
                "VEN-1",
                "Cloud AG",
                "important",
                "period",
                "No report or bridge letter covers 2026-07-01 to 2026-09-30.",
            )
        ]

    def test_a_bridge_letter_covers_and_a_read_report_is_no_gap(
        self, ask: Ask, add: Callable[..., None]
    ) -> None:
        add("vendors")
        add("vendor_reports", bridge_letter_until="2026-09-30")
        said = ask("vendor_register", **PERIOD)
        (gap,) = said.sheets["Assurance gaps"][1:]
        assert gap[3:] == (
            "not read",
            "Nobody has read its report yet: SOC 2 Type 2 until 2026-06-30.",
        )

    def test_no_report_card_data_and_an_old_review_are_gaps(
        self, ask: Ask, add: Callable[..., None]
    ) -> None:
        add("vendors", holds_card_data="yes", next_review="2026-09-01")
        add("vendors", name="Pens", holds_customer_data="no", criticality="minor")
        said = ask("vendor_register", **PERIOD)
        assert [row[3] for row in said.sheets["Assurance gaps"][1:]] == [
            "review",
            "no report",
            "card security",
        ]
        assert [row[1] for row in said.sheets["Vendors"][1:]] == ["Cloud AG", "Pens"]
        assert said.sheets["Vendors"][1][7] == 99.95

    def test_an_empty_register_is_told(self, ask: Ask) -> None:
        said = ask("vendor_register", **PERIOD)
        assert "The register of vendors is empty" in said.words
        assert "There is no vendor to judge." in said.words


class TestRisks:
    def test_the_highest_comes_first_with_its_level(
        self, ask: Ask, add: Callable[..., None]
    ) -> None:
        add("risks")
        add("risks", title="Keys leak", likelihood="4", impact="4", next_review="2026-08-01")
        said = ask("risk_register")
        rows = said.sheets["Risks"][1:]
        assert [(row[1], row[4], row[5]) for row in rows] == [
            ("Keys leak", 16, "high"),
            ("The only settlement bank stops its service", 10, "middle"),
        ]
        counted = said.figures
        assert (counted["High"], counted["Middle"], counted["Review overdue"]) == (1, 1, 1)
        likely = {row[0]: row[1:] for row in said.sheets["Likelihood and impact"]}
        assert likely["Likelihood 4"] == (0, 0, 0, 1, 0)

    def test_an_empty_register_is_told(self, ask: Ask) -> None:
        assert "The register of risks is empty" in ask("risk_register").words


class TestIncidents:
    def test_those_of_the_period_and_those_still_open_are_listed(
        self, ask: Ask, add: Callable[..., None]
    ) -> None:
        add("incidents", solved_on="2026-10-02", number="IN-1")
        add("incidents", noticed_on="2026-05-02", number="IN-2")
        add("incidents", noticed_on="2026-05-02", solved_on="2026-06-30", number="IN-3")
        add("incidents", noticed_on="2026-10-01", number="IN-4")
        add(
            "incidents",
            number="IN-5",
            severity="high",
            noticed_on="2026-08-01",
            solved_on="2026-08-01",
            review_due="2026-08-20",
        )
        said = ask("incidents", **PERIOD)
        rows = {row[1]: row for row in said.sheets["Incidents"][1:]}
        assert sorted(rows) == ["IN-1", "IN-2", "IN-5"]
        assert [rows[ticket][7] for ticket in sorted(rows)] == [2, None, 0]
        assert rows["IN-5"][12] == "overdue"
        counted = said.figures
        assert (counted["Incidents"], counted["High"], counted["Not solved"]) == (3, 1, 1)
        assert [row[0] for row in said.sheets["Incidents by month"][1:]] == [
            "2026-05",
            "2026-08",
            "2026-09",
        ]

    def test_none_is_told(self, ask: Ask) -> None:
        assert "No incident is recorded for the period." in ask("incidents", **PERIOD).words
