"""Populations, draws and work sheets as programs see them."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from accounts.models import ApiToken, User
from audits import sampling, worksheets
from audits.joined import digest_of as joined_digest
from audits.models import Draw, Engagement, SealedPopulation
from audits.worksheets import ItemResult
from evidence import store
from evidence.errors import StoreError
from evidence.models import LedgerEntry
from tests.api import calls
from tests.api.calls import Program
from tests.api.test_documents import conforms
from tests.audits import sealing
from tests.audits.world import World
from tests.staff.desk import at_most

ONE = "/api/v1/engagements/{ref}/populations/{number}"


@dataclass(frozen=True)
class Sampled:
    """A sealed list of 60 changes, of which Bob drew ten."""

    world: World
    bob: User
    engagement: Engagement
    population: SealedPopulation
    draw: Draw

    def path(self, rest: str = "") -> str:
        return f"/api/v1/engagements/{self.engagement.ref}/populations{rest}"

    def record(self, *results: ItemResult) -> None:
        worksheets.record_results(
            self.draw, results=results, by=self.bob, report_deviation=sealing.Findings()
        )


@pytest.fixture
def sampled(alice: User, bob: User, var_dir: Path) -> Sampled:
    world = World(alice)
    engagement = world.engagement()
    sealing.admit(engagement, bob, by=alice)
    population = sealing.sealed(world, engagement)
    return Sampled(world, bob, engagement, population, sealing.drawn(population, bob))


def test_the_list_tells_what_was_sealed(robot: Program, sampled: Sampled) -> None:
    answer = robot.get(sampled.path())
    conforms(answer, "/api/v1/engagements/{ref}/populations")
    [said] = answer.json()["items"]
    population = sampled.population
    assert said.pop("sealed_at").startswith("20")
    assert set(said.pop("_links")) == {"self", "engagement", "control", "evidence"}
    assert said == {
        "ref": f"{sampled.engagement.ref}/P1",
        "number": 1,
        "control": "AC-01",
        "evidence": population.evidence.ref,
        "parts": [],
        "period_from": "2026-06-01",
        "period_to": "2026-08-31",
        "row_count": 60,
        "table_sha256": population.table_sha256,
        "log_index": population.ledger_entry_id,
    }


def test_the_latest_comes_first_and_pages_go_on(robot: Program, sampled: Sampled) -> None:
    again = sampled.population.evidence
    sealing.sealed(sampled.world, sampled.engagement, again, reason="With other words.")
    first = robot.get(sampled.path("?limit=1")).json()
    assert [one["number"] for one in first["items"]] == [2]
    rest = robot.get(sampled.path(f"?limit=1&cursor={first['next_cursor']}")).json()
    assert ([one["number"] for one in rest["items"]], rest["next_cursor"]) == ([1], None)


def test_one_tells_its_record_and_every_draw(robot: Program, sampled: Sampled) -> None:
    sealing.drawn(sampled.population, sampled.bob, nonce="another line", reason="One more.")
    answer = robot.get(sampled.path("/1"))
    conforms(answer, ONE)
    said = answer.json()
    assert said["record"] == sampled.population.said
    assert said["record"]["definition"] == sealing.DEFINITION.words
    assert said["record_sha256"] == sampled.population.record_sha256
    assert [(one["number"], one["size"], one["reason"]) for one in said["draws"]] == [
        (1, 10, ""),
        (2, 10, "One more."),
    ]


def test_a_joined_population_tells_its_parts_in_the_order_of_their_days(
    robot: Program, sampled: Sampled
) -> None:
    months = [sealing.month(sampled.world, place) for place in range(3)]
    joined = sealing.sealed(
        sampled.world, sampled.engagement, months[2], further=[months[0], months[1]]
    )
    expected = [
        {
            "number": number,
            "evidence": item.ref,
            "period_from": item.covers_from.isoformat(),
            "period_to": item.covers_to.isoformat(),
            "row_count": rows,
            "table_sha256": item.blob_id,
        }
        for number, (item, rows) in enumerate(zip(months, (20, 21, 19), strict=True), 1)
    ]
    [listed, _] = robot.get(sampled.path()).json()["items"]
    answer = robot.get(sampled.path(f"/{joined.number}"))
    conforms(answer, ONE)
    said = answer.json()
    assert said["parts"] == listed["parts"] == expected
    assert (said["evidence"], said["row_count"]) == (months[0].ref, 60)
    digests = [one["table_sha256"] for one in said["parts"]]
    assert joined_digest(digests) == said["table_sha256"]


def test_a_list_of_joined_populations_costs_no_more_queries(
    robot: Program, sampled: Sampled
) -> None:
    months = [sealing.month(sampled.world, place) for place in range(3)]
    for number in range(3):
        sealing.sealed(
            sampled.world,
            sampled.engagement,
            months[0],
            further=months[1:],
            reason=f"Words number {number}.",
        )
    robot.get(sampled.path())
    with at_most(12):
        assert len(robot.get(sampled.path()).json()["items"]) == 4


def test_a_draw_can_be_repeated_from_what_is_told(robot: Program, sampled: Sampled) -> None:
    answer = robot.get(sampled.path("/1/draws/1"))
    conforms(answer, ONE + "/draws/{draw}")
    said = answer.json()
    record = said["record"]
    assert said["seed"] == sampling.seed_of(
        table_sha256=record["table_sha256"],
        control=record["control"],
        start=sampled.population.period_from,
        end=sampled.population.period_to,
        nonce=said["nonce"],
    )
    assert said["attributes"] == []
    assert said["population"] == sampled.population.ref


def test_a_draw_tells_what_its_work_sheet_comes_to(robot: Program, sampled: Sampled) -> None:
    worksheets.choose_attributes(sampled.draw, titles=["Approved"], by=sampled.bob)
    first, second = sampled.draw.said["rows"][:2]
    sampled.record(ItemResult(first, "A", "pass"), ItemResult(second, "A", "deviation", "Nobody."))
    [tally] = robot.get(sampled.path("/1/draws/1")).json()["attributes"]
    assert tally.pop("statement") == "2 of 10 items have a conclusion so far."
    assert tally == {
        "attribute": "A",
        "title": "Approved",
        "passed": 1,
        "deviations": 1,
        "not_applicable": 0,
        "not_tested": 8,
    }


def test_items_come_in_the_order_of_the_table_with_their_results(
    robot: Program, sampled: Sampled
) -> None:
    worksheets.choose_attributes(sampled.draw, titles=["Approved", "Tested"], by=sampled.bob)
    rows = sampled.draw.said["rows"]
    evidence = sampled.population.evidence.ref
    sampled.record(ItemResult(rows[0], "B", "pass", evidence=evidence))
    sampled.record(ItemResult(rows[0], "A", "deviation", "Nobody approved."))
    sampled.record(ItemResult(rows[0], "A", "pass", "Found after all."))
    answer = robot.get(sampled.path("/1/draws/1/items"))
    conforms(answer, ONE + "/draws/{draw}/items")
    said = answer.json()
    assert said["columns"] == ["change_id", "merged_on", "author", "amount"]
    assert [one["row"] for one in said["items"]] == sorted(rows)
    assert [one["cells"][0] for one in said["items"]] == [f"CHG-{row:04d}" for row in sorted(rows)]
    results = next(one["results"] for one in said["items"] if one["row"] == rows[0])
    told = [(one["attribute"], one["result"], one["evidence"], one["entry"]) for one in results]
    assert told == [("A", "pass", None, 4), ("B", "pass", evidence, 2)]
    assert results[0]["note"] == "Found after all."


def test_pages_of_items_go_on_by_row(robot: Program, sampled: Sampled) -> None:
    rows: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = robot.get(sampled.path(f"/1/draws/1/items?limit=4{cursor}")).json()
        rows += [one["row"] for one in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert rows == sorted(sampled.draw.said["rows"])


def test_who_was_shown_rows_is_a_leaf(robot: Program, sampled: Sampled) -> None:
    robot.get(sampled.path("/1/draws/1"))
    assert not LedgerEntry.objects.filter(kind="access").exists()
    shown = robot.get(sampled.path("/1/draws/1/items?limit=3")).json()["items"]
    leaf = LedgerEntry.objects.get(kind="access")
    token = ApiToken.objects.get()
    assert (leaf.subject, leaf.actor) == (sampled.draw.ref, f"token:{token.pk}")
    assert json.loads(leaf.leaf)["body"] == {
        "what": "rows",
        "from": shown[0]["row"],
        "to": shown[-1]["row"],
        "count": 3,
    }


def test_rows_that_cannot_be_read_are_said_to_be(
    robot: Program, sampled: Sampled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_digest: str) -> None:
        raise StoreError("The file is not there.")

    monkeypatch.setattr(store, "open_blob", broken)
    said = calls.error(robot.get(sampled.path("/1/draws/1/items")), 503, "unreadable")
    assert said["message"] == "The file is not there."
    assert not LedgerEntry.objects.filter(kind="access").exists()


@pytest.mark.parametrize(
    "rest",
    ["/2", "/0", "/99999999999999999999", "/1/draws/2", "/2/draws/1", "/1/draws/2/items"],
)
def test_what_is_not_there_is_not_found(robot: Program, sampled: Sampled, rest: str) -> None:
    assert robot.get(sampled.path(rest)).status_code == 404


def test_what_was_sealed_for_another_engagement_is_not_found(
    robot: Program, sampled: Sampled
) -> None:
    other = sampled.world.engagement()
    path = f"/api/v1/engagements/{other.ref}/populations"
    assert robot.get(path).json()["items"] == []
    for rest in ("/1", "/1/draws/1", "/1/draws/1/items"):
        calls.error(robot.get(path + rest), 404, "not_found")


@pytest.mark.parametrize("rest", ["?cursor=x", "/1/draws/1/items?cursor=LTE", "?odd=1"])
def test_a_bad_question_is_refused(robot: Program, sampled: Sampled, rest: str) -> None:
    calls.error(robot.get(sampled.path(rest)), 400, "bad_query")


@pytest.mark.parametrize("rest", ["", "/1", "/1/draws/1", "/1/draws/1/items"])
def test_it_refuses_charlie_an_auditor_and_another_scope(
    sampled: Sampled, charlie: User, rest: str
) -> None:
    others = [scope for scope in calls.ALL_SCOPES if scope != "samples:read"]
    for robot in (
        calls.program(charlie),
        calls.program(sampled.bob),
        calls.program(sampled.world.alice, *others),
    ):
        calls.error(robot.get(sampled.path(rest)), 403, "insufficient_scope")


def test_pages_ask_a_fixed_number_of_queries(robot: Program, sampled: Sampled) -> None:
    worksheets.choose_attributes(sampled.draw, titles=["Approved", "Tested"], by=sampled.bob)
    rows = sampled.draw.said["rows"]
    sampled.record(*(ItemResult(row, letter, "pass") for row in rows for letter in "AB"))
    robot.get(sampled.path())
    for rest, most in (("", 5), ("/1", 6), ("/1/draws/1", 7)):
        with at_most(most):
            robot.get(sampled.path(rest))
