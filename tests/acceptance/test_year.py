"""A year with known gaps shows these and no others, wherever and as of whenever one looks."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from audits import packs
from audits.coverage import SHORTFALL, Occurrence
from audits.facts import CoverageReport, coverage_of
from tests.acceptance.year import EMPTY, FAILING, KNOWN, MISSED, SKIPPED, WHY_SKIPPED, Year
from tests.api import calls
from tests.api.calls import Program
from tests.reports.making import members, verify, written

pytestmark = pytest.mark.slow


def gaps_of(report: CoverageReport) -> set[tuple[str, date, str]]:
    return {
        (one.slug, one.start, one.state.value)
        for one in report.occurrences
        if one.state in SHORTFALL
    }


def occurrence(report: CoverageReport, slug: str, start: date) -> Occurrence:
    return next(one for one in report.occurrences if (one.slug, one.start) == (slug, start))


def test_the_heat_map_shows_the_gaps_and_no_others(year: Year) -> None:
    for as_of, gaps in KNOWN:
        report = coverage_of(year.engagement, as_of)
        assert gaps_of(report) == gaps, as_of
        empty = occurrence(report, "incidents", EMPTY)
        assert empty.state == ("met" if as_of.date() > empty.end else "upcoming")


def test_the_pack_lists_the_gaps_and_no_others(year: Year, tmp_path: Path) -> None:
    for as_of, gaps in KNOWN:
        content = written(packs.freeze(year.engagement, by=year.alice, as_of=as_of))
        said = verify(content, tmp_path)
        assert said.returncode == 0, said.stdout
        text = members(content)["shortfall.csv"].decode("utf-8-sig")
        found = {
            (row["expectation"], date.fromisoformat(row["from"]), row["state"])
            for row in csv.DictReader(io.StringIO(text))
        }
        assert found == gaps, as_of


def test_the_api_tells_the_gaps_and_no_others(year: Year) -> None:
    robot = Program(calls.give_token(year.alice, "engagements:read"))
    path = f"/api/v1/engagements/{year.engagement.ref}/coverage?limit=200"
    for as_of, gaps in KNOWN:
        moment = as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
        told = [
            one
            for state in SHORTFALL
            for one in robot.get(f"{path}&as_of={moment}&state={state.value}").json()["items"]
        ]
        found = {
            (one["expectation"], date.fromisoformat(one["start"]), one["state"]) for one in told
        }
        assert found == gaps, as_of


def test_a_skip_is_shown_with_its_reason_from_the_day_it_was_recorded(year: Year) -> None:
    """Before that day nobody knew of it, and the quarter was open."""
    before = coverage_of(year.engagement, datetime(2026, 2, 2, 12, tzinfo=UTC))
    assert occurrence(before, "restore-report", SKIPPED).state == "upcoming"
    for as_of, _ in KNOWN:
        skipped = occurrence(coverage_of(year.engagement, as_of), "restore-report", SKIPPED)
        assert (skipped.state, WHY_SKIPPED in skipped.reason) == ("exempt", True)


def test_what_was_mended_is_still_shown(year: Year) -> None:
    """The second factors were complete again in April; March stays what it was."""
    report = coverage_of(year.engagement, KNOWN[-1][0])
    march = occurrence(report, "staff-mfa-state", FAILING)
    april = occurrence(report, "staff-mfa-state", MISSED)
    assert (march.state, april.state) == ("failing", "met")
    assert march.evidence == (year.item("staff-mfa-state", FAILING).ref,)
