"""The list of evidence: newest first, filtered, page by page, at the same cost at any size."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from compliance.api import paging
from controls.models import Control
from evidence import review
from evidence.models import Evidence
from tests import cast
from tests.api import calls
from tests.api.calls import EVIDENCE, Program
from tests.evidence import items

pytestmark = pytest.mark.django_db


def refs(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [item["ref"] for item in answer.json()["items"]]


def walk(robot: Program, query: str) -> list[str]:
    """All refs of a list, page after page; a page that repeats a cursor would never end."""
    found: list[str] = []
    seen: set[str] = set()
    more = ""
    while True:
        answer = robot.get(f"{EVIDENCE}?{query}{more}")
        found += refs(answer)
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found
        assert cursor not in seen
        seen.add(cursor)
        more = f"&cursor={cursor}"


def test_the_newest_comes_first(robot: Program) -> None:
    for number in range(3):
        calls.evidence(content=b"%d" % number)
    assert refs(robot.get(EVIDENCE)) == ["EV-000003", "EV-000002", "EV-000001"]


def test_an_empty_list_is_no_error(robot: Program) -> None:
    assert robot.get(EVIDENCE).json() == {"items": [], "next_cursor": None}


def test_an_item_says_all_that_a_pack_says_of_it(robot: Program, alice: User) -> None:
    calls.evidence(claims=(items.expectation(),), prepared_by=alice, owner="Ops", run_ref="RUN-1")
    item = robot.get(EVIDENCE).json()["items"][0]
    stored = Evidence.objects.get()
    assert item == {
        "_links": {
            "self": {"href": "/api/v1/evidence/EV-000001"},
            "content": {"href": "/api/v1/evidence/EV-000001/content"},
            "proof": {"href": "/api/v1/evidence/EV-000001/proof"},
        },
        "tags": {},
        "ref": "EV-000001",
        "uid": str(stored.uid),
        "version": 1,
        "supersedes": None,
        "title": "Restore test of October",
        "evidence_type": "test_result",
        "kind": "event",
        "area": "availability",
        "owner": "Ops",
        "sensitivity": "internal",
        "source_system": "backup.example.org",
        "environment": "production",
        "related_risk": None,
        "expectations": ["staff-mfa"],
        "covers_from": "2026-10-01",
        "covers_to": "2026-10-31",
        "collected_at": "2026-11-01T08:00:00Z",
        "received_at": stored.received_at.isoformat().replace("+00:00", "Z"),
        "filename": "restore.csv",
        "media_type": "text/csv",
        "size": len(items.PLAIN.content),  # type: ignore[arg-type]
        "sha256": stored.blob_id,
        "prepared_by": f"user:{alice.pk}",
        "received_from": "system",
        "run": "RUN-1",
        "log_index": stored.ledger_entry_id,
        "status": "awaiting_review",
        "superseded_by": None,
    }


class TestPaging:
    @pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 200])
    def test_pages_show_every_item_once(self, robot: Program, limit: int) -> None:
        for number in range(6):
            calls.evidence(content=b"%d" % number)
        expected = [f"EV-{number:06d}" for number in range(6, 0, -1)]
        assert walk(robot, f"limit={limit}") == expected

    def test_an_item_that_comes_in_between_moves_no_page(self, robot: Program) -> None:
        for number in range(3):
            calls.evidence(content=b"%d" % number)
        cursor = robot.get(f"{EVIDENCE}?limit=2").json()["next_cursor"]
        calls.evidence(content=b"new")
        assert refs(robot.get(f"{EVIDENCE}?limit=2&cursor={cursor}")) == ["EV-000001"]

    @pytest.mark.parametrize(
        "query", ["area=vendor", "status=accepted", "covers_from=2027-01-01", "expectation=rare"]
    )
    def test_a_filter_that_finds_little_still_reaches_the_end(
        self, robot: Program, monkeypatch: pytest.MonkeyPatch, query: str
    ) -> None:
        monkeypatch.setattr(paging, "SCAN", 2)
        rare = items.expectation("rare")
        hit = calls.evidence(
            content=b"hit", area="vendor", claims=(rare,), covers_to=date(2027, 1, 31)
        )
        review.accept(hit, reviewer=cast.person("reviewer"))
        for number in range(7):
            calls.evidence(content=b"%d" % number)
        assert walk(robot, query) == [hit.ref]
        assert walk(robot, f"{query}&evidence_type=test_result") == [hit.ref]

    @pytest.mark.parametrize(
        "query",
        [
            "status=awaiting_review",
            "area=availability&evidence_type=test_result",
            "expectation=all&covers_from=2026-10-01",
            "control=AC-01&covers_from=2026-10-01",
        ],
    )
    @pytest.mark.parametrize("scan", [1, 2, 3, 7, 8])
    def test_nothing_is_lost_or_doubled_where_one_look_ends(
        self, robot: Program, monkeypatch: pytest.MonkeyPatch, query: str, scan: int
    ) -> None:
        monkeypatch.setattr(paging, "SCAN", scan)
        claims = (items.expectation("all"), items.expectation("too"))
        for number in range(8):
            calls.evidence(content=b"%d" % number, claims=claims)
        assert walk(robot, query) == [f"EV-{number:06d}" for number in range(8, 0, -1)]

    def test_a_page_of_one_expectation_is_full_where_nothing_else_is_asked(
        self, robot: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paging, "SCAN", 1)
        one = items.expectation("one")
        for number in range(5):
            calls.evidence(content=b"%d" % number, claims=(one,))
        assert len(refs(robot.get(f"{EVIDENCE}?expectation=one&limit=4"))) == 4

    def test_a_page_looks_at_a_bounded_number_of_rows(
        self, robot: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paging, "SCAN", 2)
        for number in range(5):
            calls.evidence(content=b"%d" % number)
        answer = robot.get(f"{EVIDENCE}?status=accepted").json()
        assert answer["items"] == []
        assert answer["next_cursor"] is not None


class TestFilters:
    @pytest.fixture(autouse=True)
    def _items(self, robot: Program) -> None:  # noqa: ARG002  only its database matters
        self.mfa = items.expectation("mfa")
        other = Control.objects.create(
            ref="AC-02", title="x", area="access_control", owner_role="engineer", nature="manual"
        )
        self.one = calls.evidence(content=b"1", claims=(self.mfa,))
        self.two = calls.evidence(
            content=b"2",
            area="vendor",
            evidence_type="contract",
            covers_from=date(2026, 1, 1),
            covers_to=date(2026, 12, 31),
        )
        leavers = items.expectation("leavers")
        type(leavers).objects.filter(pk=leavers.pk).update(control=other)
        self.three = calls.evidence(
            content=b"3", claims=(leavers, self.mfa), covers_from=date(2026, 10, 31)
        )

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("area=vendor", [2]),
            ("area=availability", [3, 1]),
            ("area=change", []),
            ("evidence_type=contract", [2]),
            ("evidence_type=test_result&area=vendor", []),
            ("evidence_type=test_result&area=availability", [3, 1]),
            ("expectation=mfa", [3, 1]),
            ("expectation=leavers", [3]),
            ("control=AC-01", [3, 1]),
            ("control=AC-02", [3]),
            ("control=AC-02&expectation=mfa", []),
            ("control=AC-01&expectation=mfa&area=vendor", []),
            ("covers_from=2026-11-01", [2]),
            ("covers_to=2026-09-30", [2]),
            ("covers_from=2026-10-31&covers_to=2026-10-31", [3, 2, 1]),
            ("covers_from=2027-01-01", []),
            ("covers_to=2026-10-30", [2, 1]),
            ("expectation=mfa&covers_to=2026-10-30", [1]),
        ],
    )
    def test_only_what_was_asked_for_is_listed(
        self, robot: Program, query: str, expected: list[int]
    ) -> None:
        assert walk(robot, query) == [f"EV-{number:06d}" for number in expected]
        assert walk(robot, f"{query}&limit=1") == [f"EV-{number:06d}" for number in expected]

    def test_received_after_is_to_the_moment(self, robot: Program) -> None:
        moment = self.two.received_at.isoformat().replace("+00:00", "Z")
        assert walk(robot, f"received_after={moment}") == ["EV-000003"]
        assert walk(robot, "received_after=2999-01-01T00:00:00Z") == []
        earlier = (self.one.received_at - timedelta(days=9)).isoformat().replace("+00:00", "Z")
        assert len(walk(robot, f"received_after={earlier}&expectation=mfa")) == 2

    def test_status_follows_the_latest_review_and_newer_versions(self, robot: Program) -> None:
        reviewer = cast.person("reviewer")
        review.accept(self.one, reviewer=reviewer)
        review.return_with_reason(self.two, reviewer=reviewer, reason="Not signed.")
        assert walk(robot, "status=accepted") == ["EV-000001"]
        assert walk(robot, "status=returned") == ["EV-000002"]
        assert walk(robot, "status=awaiting_review") == ["EV-000003"]
        assert walk(robot, "status=superseded") == []
        review.return_with_reason(self.one, reviewer=reviewer, reason="Wrong month after all.")
        calls.evidence(content=b"4", supersedes=self.two)
        assert walk(robot, "status=accepted") == []
        assert walk(robot, "status=returned") == ["EV-000001"]
        assert walk(robot, "status=superseded") == ["EV-000002"]
        listed = {item["ref"]: item for item in robot.get(EVIDENCE).json()["items"]}
        assert listed["EV-000002"]["superseded_by"] == "EV-000004"
        assert listed["EV-000004"]["supersedes"] == "EV-000002"
        assert [listed[ref]["status"] for ref in sorted(listed)] == [
            "returned",
            "superseded",
            "awaiting_review",
            "awaiting_review",
        ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("area=marketing", "area"),
        ("evidence_type=", "evidence_type"),
        ("expectation=none", "expectation"),
        ("control=XX-99", "control"),
        ("covers_from=2026-02-30", "covers_from"),
        ("covers_to=yesterday", "covers_to"),
        ("received_after=12:00", "received_after"),
        ("status=lost", "status"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=all", "limit"),
        ("cursor=", "cursor"),
        ("cursor=NOTACURSOR!", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=LTE", "cursor"),
        ("cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "cursor"),
        ("cursor=%D9%A3", "cursor"),
        ("cursor=2aM", "cursor"),
        ("aera=vendor", "aera"),
        ("area=vendor&area=change", "area"),
        ("expectation=a%00b", "expectation"),
    ],
)
def test_a_bad_parameter_is_named_and_never_ignored(robot: Program, query: str, field: str) -> None:
    said = calls.error(robot.get(f"{EVIDENCE}?{query}"), 400, "bad_query")
    assert set(said["fields"]) == {field}


@pytest.mark.parametrize(
    "query",
    ["", "area=availability", "control=AC-01&status=accepted&received_after=2026-01-01T00:00:00Z"],
)
def test_a_page_costs_a_fixed_number_of_queries(robot: Program, query: str) -> None:
    expectation = items.expectation()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            refs(robot.get(f"{EVIDENCE}?{query}"))
        return len(queries)

    calls.evidence(claims=(expectation,))
    robot.get(EVIDENCE)
    first = cost()
    for number in range(20):
        one = calls.evidence(content=b"%d" % number, claims=(expectation,))
        review.accept(one, reviewer=cast.person("reviewer"))
    assert cost() <= first + 2 <= 12


def test_a_clock_that_was_wrong_for_hours_hides_nothing(robot: Program) -> None:
    with pytest.MonkeyPatch.context() as patch:
        ahead = datetime.now(UTC) + timedelta(hours=3)
        patch.setattr("evidence.intake.timezone.now", lambda: ahead)
        calls.evidence(content=b"1")
    calls.evidence(content=b"2")
    since = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert walk(robot, f"received_after={since}") == ["EV-000001"]
