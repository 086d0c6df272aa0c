"""The six documents: what each says, that they name each other, and the same bytes every time."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from evidence import ledger
from reports.oscal.facts import Facts
from tests.reports.oscal.making import documents, texts
from tests.reports.oscal.plain import AT, DIGEST, deviation, draw, facts, item

EMPTY = facts(
    firm="",
    criteria=(),
    controls=(),
    categories=(),
    procedures=(),
    populations=(),
    draws=(),
    requests=(),
    deviations=(),
    suppliers=(),
    customer_controls=(),
    items=frozenset(),
    items_by_control={},
)


@pytest.fixture
def made() -> dict[str, Any]:
    return documents(facts())


def valued(found: Any, name: str) -> list[str]:
    """The values of the properties of one name."""
    return [one["value"] for one in found.get("props", ()) if one["name"] == name]


def walked(value: Any) -> Any:
    """Every object of a document, from the outside in."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from walked(one)
    elif isinstance(value, list):
        for one in value:
            yield from walked(one)


@pytest.mark.parametrize("said", [facts(), EMPTY], ids=["full", "empty"])
class TestAll:
    def test_the_same_facts_give_the_same_canonical_bytes(self, said: Facts) -> None:
        first = texts(said, [])
        assert texts(said, []) == first
        for name, text in first.items():
            assert ledger.canonical(json.loads(text)) == text, name

    def test_each_says_which_version_it_is(self, said: Facts) -> None:
        for name, one in documents(replace(said, oscal_version="1.1.3"), []).items():
            about = one["metadata"]
            assert about["oscal-version"] == "1.1.3", name
            assert about["last-modified"] == AT
            assert about["version"] == "ENG-2026-1/1"
            assert valued(about, "selection-sha256") == [DIGEST]
            assert valued(about, "log") == ["log.example/countersign"]

    def test_nothing_empty_is_said(self, said: Facts) -> None:
        for one in walked(list(documents(said, []).values())):
            for name, value in one.items():
                assert value != "", name
                assert value != [], name
                assert value is not None, name

    def test_no_document_has_two_things_of_one_id(self, said: Facts) -> None:
        for name, one in documents(said, []).items():
            uuids = [found["uuid"] for found in walked(one) if "uuid" in found]
            assert len(set(uuids)) == len(uuids), name
            assert {UUID(uuid).version for uuid in uuids} == {5}


class TestReferences:
    def test_what_is_implemented_and_judged_stands_in_the_catalogue(
        self, made: dict[str, Any]
    ) -> None:
        catalogue = made["catalog.json"]
        ids = {one["id"] for one in walked(catalogue) if "id" in one}
        assert {"cc6.1", "cc6.1_smt", "a1.2"} <= ids
        for name in ("profile.json", "component-definition.json", "assessment-plan.json"):
            for one in walked(made[name]):
                assert one.get("control-id", "cc6.1") in ids
                assert set(one.get("with-ids", ())) <= ids
        for found in made["assessment-results.json"]["results"][0]["findings"]:
            assert found["target"]["target-id"] in ids

    def test_a_finding_names_the_implementation_and_its_observations(
        self, made: dict[str, Any]
    ) -> None:
        implemented = {
            one["uuid"] for one in walked(made["component-definition.json"]) if "control-id" in one
        }
        (result,) = made["assessment-results.json"]["results"]
        observed = {one["uuid"] for one in result["observations"]}
        for found in result["findings"]:
            assert found["implementation-statement-uuid"] in implemented
            assert {one["observation-uuid"] for one in found["related-observations"]} <= observed

    def test_all_evidence_stands_in_the_back_matter(self, made: dict[str, Any]) -> None:
        results = made["assessment-results.json"]
        known = {f"#{one['uuid']}" for one in results["back-matter"]["resources"]}
        named = {one["href"] for one in walked(results["results"]) if "href" in one}
        assert named
        assert named <= known

    def test_the_plan_of_action_names_results_and_risks(self, made: dict[str, Any]) -> None:
        plan = made["plan-of-action-and-milestones.json"]
        (entry,) = plan["poam-items"]
        findings = {
            one["uuid"] for one in made["assessment-results.json"]["results"][0]["findings"]
        }
        assert {one["finding-uuid"] for one in entry["related-findings"]} <= findings
        assert [one["risk-uuid"] for one in entry["related-risks"]] == [plan["risks"][0]["uuid"]]
        observed = {one["uuid"] for one in plan["observations"]}
        assert {one["observation-uuid"] for one in entry["related-observations"]} == observed


class TestCatalogue:
    def test_it_has_ids_as_tokens_and_titles_of_our_own(self, made: dict[str, Any]) -> None:
        first, second = made["catalog.json"]["groups"]
        assert (first["title"], second["title"]) == ("Security", "Availability")
        (one, *_) = first["controls"]
        assert (one["id"], one["title"]) == ("cc6.1", "Logical access is restricted")
        assert one["props"] == [{"name": "label", "value": "CC6.1"}]

    def test_the_profile_selects_them_and_says_why(self, made: dict[str, Any]) -> None:
        profile = made["profile.json"]
        (selected,) = profile["imports"]
        assert selected["href"] == "catalog.json"
        assert selected["include-controls"] == [{"with-ids": ["cc6.1", "cc6.2", "cc8.1", "a1.2"]}]
        assert profile["metadata"]["remarks"] == "Security: Customers ask."


class TestComponents:
    def test_each_control_implements_its_criteria_in_its_latest_wording(
        self, made: dict[str, Any]
    ) -> None:
        system, supplier, customers = made["component-definition.json"]["components"]
        first, second, *_ = system["control-implementations"]
        assert [one["control-id"] for one in first["implemented-requirements"]] == [
            "cc6.1",
            "cc6.2",
        ]
        told = first["implemented-requirements"][0]
        assert told["description"] == "A second factor, always."
        assert valued(told, "wording-version") == ["1", "2"]
        assert "Version 1, from 2020-01-01: A second factor." in told["remarks"]
        assert second["implemented-requirements"][0]["description"].startswith("No wording")
        assert valued(supplier, "method") == ["carve-out"]
        assert "Guards the doors." in supplier["remarks"]
        (asked,) = customers["control-implementations"]
        assert asked["implemented-requirements"][0]["description"] == "Keep keys secret."


class TestPlan:
    def test_it_names_procedures_and_draws(self, made: dict[str, Any]) -> None:
        plan = made["assessment-plan.json"]
        procedure, sample = plan["local-definitions"]["activities"]
        assert valued(procedure, "method") == ["EXAMINE"]
        assert valued(sample, "method") == ["TEST"]
        assert [one["description"] for one in sample["steps"]] == ["Ticket", "Approval"]
        (task,) = plan["tasks"]
        assert task["title"] == "Draw ENG-2026-1/P1/D1: 2 of 40, at random"
        assert task["associated-activities"][0]["activity-uuid"] == sample["uuid"]


class TestResults:
    def test_every_item_is_seen_and_bound_by_its_digest(self, made: dict[str, Any]) -> None:
        results = made["assessment-results.json"]
        seen = results["results"][0]["observations"][0]
        assert seen["methods"] == ["EXAMINE", "TEST"]
        assert seen["title"] == "EV-000001 List of \\<b\\>staff\\</b\\>"
        assert valued(seen, "check") == ["staff-without-mfa: failed, exceptions: 1"]
        assert valued(seen, "status") == ["awaiting-review"]
        (link,) = seen["relevant-evidence"]
        resources = {f"#{one['uuid']}": one for one in results["back-matter"]["resources"]}
        assert resources[link["href"]]["rlinks"] == [
            {
                "href": "../evidence/EV-000001/a%20b.csv",
                "media-type": "text/csv",
                "hashes": [{"algorithm": "SHA-256", "value": DIGEST}],
            }
        ]

    def test_an_item_without_a_check_was_examined_only(self) -> None:
        (seen, *_) = documents(facts(), [item(checks=())])["assessment-results.json"]["results"][0][
            "observations"
        ]
        assert seen["methods"] == ["EXAMINE"]

    def test_what_was_asked_and_told_is_an_interview(self, made: dict[str, Any]) -> None:
        told = made["assessment-results.json"]["results"][0]["observations"]
        (asked,) = [one for one in told if "INTERVIEW" in one["methods"]]
        assert asked["methods"] == ["INTERVIEW", "EXAMINE"]
        assert asked["description"] == "All systems\nof June"
        # EV-000009 is not in the pack, so that nothing could be named.
        assert [one["description"] for one in asked["relevant-evidence"]] == ["EV-000001"]

    def test_a_sample_says_how_many_rows_had_each_result(self, made: dict[str, Any]) -> None:
        told = made["assessment-results.json"]["results"][0]["observations"]
        (sampled,) = [one for one in told if one["title"].startswith("Sample")]
        assert sampled["methods"] == ["TEST"]
        assert valued(sampled, "attribute") == [
            "A Ticket: 2 pass",
            "B Approval: 1 pass, 1 not applicable",
        ]

    def test_results_are_satisfied_or_not_and_nothing_else(self, made: dict[str, Any]) -> None:
        (result,) = made["assessment-results.json"]["results"]
        assert {
            (valued(one, "label")[0], one["target"]["status"]["state"])
            for one in result["findings"]
        } == {("AC-01", "not-satisfied"), ("CM-01", "satisfied")}

    def test_what_has_no_result_is_told_in_a_property(self, made: dict[str, Any]) -> None:
        (result,) = made["assessment-results.json"]["results"]
        assert valued(result, "not-tested") == ["AV-01"]
        assert valued(result, "no-occurrence") == ["AV-02"]
        assert all(one["remarks"] for one in result["props"])

    def test_it_ends_with_what_is_known(self) -> None:
        early = facts(as_of="2026-07-15T08:00:00.000000Z")
        (result,) = documents(early)["assessment-results.json"]["results"]
        assert result["start"] == "2026-06-01T00:00:00.000000Z"
        assert result["end"] == "2026-07-15T08:00:00.000000Z"
        (whole,) = documents(facts())["assessment-results.json"]["results"]
        assert whole["end"] == "2026-08-31T23:59:59.999999Z"

    def test_it_says_that_it_is_no_opinion(self, made: dict[str, Any]) -> None:
        results = made["assessment-results.json"]
        assert "no opinion of an auditor" in results["metadata"]["remarks"]


class TestPlanOfAction:
    def test_there_is_none_without_a_deviation(self) -> None:
        assert "plan-of-action-and-milestones.json" not in documents(facts(deviations=()))
        only = facts(deviations=(deviation(kind="could_not_run"),))
        assert "plan-of-action-and-milestones.json" not in documents(only)

    def test_a_risk_has_its_state_its_deadline_and_what_limits_it(
        self, made: dict[str, Any]
    ) -> None:
        (risk,) = made["plan-of-action-and-milestones.json"]["risks"]
        assert risk["status"] == "remediating"
        assert risk["deadline"] == "2026-10-01T23:59:59.999999Z"
        assert risk["statement"] == "Cause: Nobody asked."
        assert risk["mitigating-factors"][0]["description"] == "The network asks."

    def test_actions_are_planned_done_or_withdrawn(self, made: dict[str, Any]) -> None:
        (risk,) = made["plan-of-action-and-milestones.json"]["risks"]
        planned, done, withdrawn = risk["remediations"]
        assert [one["lifecycle"] for one in risk["remediations"]] == [
            "planned",
            "completed",
            "recommendation",
        ]
        assert valued(planned, "owner") == ["Dana"]
        assert planned["tasks"][0]["timing"] == {
            "within-date-range": {"start": AT, "end": "2026-10-01T23:59:59.999999Z"}
        }
        # It ended in the moment in which it was written down.
        assert done["tasks"][0]["timing"] == {"on-date": {"date": AT}}
        assert withdrawn["tasks"][0]["description"] == "No."

    @pytest.mark.parametrize(
        ("state", "status"),
        [("open", "open"), ("closed", "closed"), ("risk_accepted", "deviation-approved")],
        ids=["open", "closed", "accepted"],
    )
    def test_the_state_of_a_finding_becomes_that_of_a_risk(self, state: str, status: str) -> None:
        said = documents(facts(deviations=(deviation(state=state),)))
        assert said["plan-of-action-and-milestones.json"]["risks"][0]["status"] == status


def test_hostile_words_stay_words() -> None:
    hostile = "](javascript:x) <script>\n\n# {{ insert: param, a }}\x00"
    said = facts(
        organisation=hostile,
        title=hostile,
        draws=(draw(attributes={"A": hostile, "B": hostile}),),
        deviations=(deviation(title=hostile, parts={"cause": hostile}),),
    )
    for name, one in texts(said, [item(title=hostile)]).items():
        shown = json.dumps(json.loads(one)).replace("\\\\<", "").replace("\\\\{", "")
        for markup in walked(json.loads(one)):
            for member in ("title", "description", "remarks", "prose", "statement"):
                assert "<script" not in markup.get(member, "").replace("\\<", ""), name
        assert "\\u0000" not in shown
