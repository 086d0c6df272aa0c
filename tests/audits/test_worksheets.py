"""Work sheets: results are added by the auditor, never changed, and never written by staff."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audits import engagements, tallies, worksheets
from audits.errors import ClosedError, NotAllowedError, WorkSheetError
from audits.models import Draw, Engagement, SampleResult, WorkSheetEntry
from audits.sampling import Method
from audits.worksheets import ItemResult
from evidence.models import LedgerEntry
from tests.audits.sealing import Findings, admit, drawn, item, sealed
from tests.audits.test_draws import STRANGERS
from tests.audits.world import World


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    return engagement


@pytest.fixture
def draw(world: World, engagement: Engagement, bob: User) -> Draw:
    made = drawn(sealed(world, engagement), bob)
    worksheets.choose_attributes(made, titles=["Ticket", "Approval"], by=bob)
    return made


@pytest.fixture
def findings() -> Findings:
    return Findings()


@pytest.fixture
def record(draw: Draw, bob: User, findings: Findings) -> Callable[..., WorkSheetEntry | None]:
    def record(*results: ItemResult, **more: Any) -> WorkSheetEntry | None:
        return worksheets.record_results(
            draw, results=results, by=bob, report_deviation=findings, **more
        )

    return record


Record = Callable[..., WorkSheetEntry | None]


def rows(draw: Draw) -> list[int]:
    return list(draw.items.values_list("row", flat=True))


class TestAttributes:
    def test_they_get_letters_and_a_leaf(self, draw: Draw, bob: User) -> None:
        worksheets.choose_attributes(draw, titles=[" Tests \t passed ", "ticket"], by=bob)
        assert [str(one) for one in draw.attributes.all()] == [
            "A Ticket",
            "B Approval",
            "C Tests passed",
        ]
        leaf = json.loads(LedgerEntry.objects.filter(kind="worksheet").last().leaf)  # type: ignore[union-attr]
        entry = draw.entries.last()
        assert entry
        assert leaf["subject"] == f"{draw.ref}/W2"
        assert leaf["body"]["record_sha256"] == sha256(entry.record.encode()).hexdigest()

    @pytest.mark.parametrize(
        ("titles", "said"),
        [
            ([], "at least one attribute"),
            (["TICKET"], "not on the sheet yet"),
            (["x" * 121], "one line of at most"),
            ([f"Attribute {number}" for number in range(11)], "at most 12"),
        ],
    )
    def test_odd_ones_are_refused(
        self, draw: Draw, bob: User, titles: list[str], said: str
    ) -> None:
        with pytest.raises(WorkSheetError, match=said):
            worksheets.choose_attributes(draw, titles=titles, by=bob)
        assert draw.attributes.count() == 2

    def test_each_area_has_its_proposals(self, world: World) -> None:
        assert "Approved by the owner of the system" in worksheets.proposed_attributes(world.access)
        world.access.area = "vendor"
        assert worksheets.proposed_attributes(world.access)[0].startswith("Performed")


class TestRecording:
    def test_the_leaf_counts_and_holds_no_words(self, draw: Draw, record: Record) -> None:
        first, second = rows(draw)[:2]
        entry = record(
            ItemResult(first, "A", "pass"),
            ItemResult(second, "A", "deviation", "Ann merged it herself."),
        )
        assert entry
        leaf = json.loads(entry.ledger_entry.leaf)
        assert leaf["body"] == {
            "draw": draw.ref,
            "record_sha256": sha256(entry.record.encode()).hexdigest(),
            "what": "results",
            "results": 2,
            "deviations": 1,
        }
        assert "Ann" not in entry.ledger_entry.leaf

    def test_a_deviation_is_reported_once_and_bound_to_its_item(
        self, draw: Draw, record: Record, findings: Findings, bob: User
    ) -> None:
        row = rows(draw)[0]
        wrong = ItemResult(row, "B", "deviation", "No approval.")
        record(wrong)
        record(wrong)
        (told,) = findings.told
        assert (told.ref, told.control_ref) == (f"{draw.ref}#{row}B", "AC-01")
        assert (told.attribute, told.condition, told.by) == ("Approval", "No approval.", bob)
        assert (told.start, told.end) == (draw.population.period_from, draw.population.period_to)

    def test_what_cannot_be_reported_is_not_recorded(self, draw: Draw, bob: User) -> None:
        def fail(_: object) -> None:
            raise RuntimeError

        wrong = ItemResult(rows(draw)[0], "A", "deviation", "No ticket.")
        with pytest.raises(RuntimeError):
            worksheets.record_results(draw, results=[wrong], by=bob, report_deviation=fail)
        assert not SampleResult.objects.exists()

    def test_the_latest_result_counts_and_all_stay(self, draw: Draw, record: Record) -> None:
        row = rows(draw)[0]
        record(ItemResult(row, "A", "deviation", "No ticket."))
        record(ItemResult(row, "A", "pass", "Found in the archive."))
        latest = worksheets.latest_of(draw.items.all())
        assert latest[row, "A"].result == "pass"
        assert SampleResult.objects.count() == 2

    def test_evidence_of_the_audit_may_be_named(
        self, world: World, draw: Draw, record: Record
    ) -> None:
        proof = item(world)
        record(ItemResult(rows(draw)[0], "A", "pass", "", proof.ref))
        assert SampleResult.objects.get().evidence == proof

    def test_line_ends_are_the_same_everywhere(self, draw: Draw, record: Record) -> None:
        row = rows(draw)[0]
        record(ItemResult(row, "A", "pass", " one\r\ntwo\rthree "))
        assert record(ItemResult(row, "A", "pass", "one\ntwo\nthree")) is None

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"row": 9999}, "Row 9999 was not drawn"),
            ({"letter": "Z"}, "no attribute 'Z'"),
            ({"result": "superb"}, "is none of pass, deviation"),
            ({"result": "deviation"}, "Say what was found"),
            ({"result": "not applicable", "note": " "}, "Say why it does not apply"),
            ({"note": "x" * 4001}, "more than 4,000"),
            ({"note": "hidden\u202e"}, "invisible"),
            ({"evidence": "EV-424242"}, "no item of this engagement"),
        ],
    )
    def test_one_wrong_result_refuses_all(
        self, draw: Draw, record: Record, change: dict[str, Any], said: str
    ) -> None:
        first, second = rows(draw)[:2]
        wrong = {"row": second, "letter": "A", "result": "pass", **change}
        with pytest.raises(WorkSheetError, match=said):
            record(ItemResult(first, "A", "pass"), ItemResult(**wrong))
        assert not SampleResult.objects.exists()

    def test_one_attribute_of_one_item_has_one_result(self, draw: Draw, record: Record) -> None:
        row = rows(draw)[0]
        with pytest.raises(WorkSheetError, match="given twice"):
            record(ItemResult(row, "A", "pass"), ItemResult(row, "A", "not tested"))

    def test_a_preview_changes_nothing(self, draw: Draw) -> None:
        row = rows(draw)[0]
        (change,) = worksheets.changes_of(draw, [ItemResult(row, "A", "pass")])
        assert change == (ItemResult(row, "A", "not tested"), ItemResult(row, "A", "pass"))
        assert not SampleResult.objects.exists()

    def test_what_was_recorded_meanwhile_is_not_overwritten(
        self, draw: Draw, record: Record
    ) -> None:
        row = rows(draw)[0]
        record(ItemResult(row, "A", "pass"), last_entry=1)
        with pytest.raises(WorkSheetError, match="meanwhile"):
            record(ItemResult(row, "A", "not tested"), last_entry=1)

    def test_a_closed_audit_is_refused(self, world: World, draw: Draw, record: Record) -> None:
        engagements.close_engagement(draw.population.engagement, by=world.alice)
        with pytest.raises(ClosedError):
            record(ItemResult(rows(draw)[0], "A", "pass"))


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda who: who.__name__)
def test_only_an_auditor_of_the_engagement_writes(
    world: World, draw: Draw, stranger: Callable[[World, Engagement], User]
) -> None:
    other = stranger(world, draw.population.engagement)
    with pytest.raises(NotAllowedError):
        worksheets.choose_attributes(draw, titles=["Nicer"], by=other)
    with pytest.raises(NotAllowedError):
        worksheets.record_results(
            draw,
            results=[ItemResult(rows(draw)[0], "A", "pass")],
            by=other,
            report_deviation=Findings(),
        )
    assert draw.entries.count() == 1


class TestTallies:
    def test_they_count_the_latest_results(self, draw: Draw, record: Record) -> None:
        first, second, third, *_ = rows(draw)
        record(
            ItemResult(first, "A", "deviation", "No ticket."),
            ItemResult(second, "A", "pass"),
            ItemResult(third, "A", "not applicable", "A test."),
        )
        record(ItemResult(second, "A", "deviation", "No ticket either."))
        ticket, approval = tallies.tallies_of(draw)
        assert (ticket.passed, ticket.deviations, ticket.not_applicable) == (0, 2, 1)
        assert (ticket.not_tested, approval.not_tested) == (7, 10)
        assert ticket.statement == "3 of 10 items have a conclusion so far."

    def test_a_finished_attribute_has_its_statement(self, draw: Draw, record: Record) -> None:
        record(*(ItemResult(row, "A", "pass") for row in rows(draw)))
        ticket, _ = tallies.tallies_of(draw)
        assert ticket.statement.startswith("10 of 10 without exception: 90 % confidence that")
        assert not tallies.is_finished(tallies.tallies_of(draw))

    def test_a_census_leaves_out_what_does_not_apply(
        self, world: World, engagement: Engagement, bob: User, findings: Findings
    ) -> None:
        whole = drawn(sealed(world, engagement), bob, method=Method.ALL)
        worksheets.choose_attributes(whole, titles=["Ticket"], by=bob)
        first, *rest = rows(whole)
        results = [ItemResult(row, "A", "pass") for row in rest]
        results.append(ItemResult(first, "A", "not applicable", "A test."))
        worksheets.record_results(whole, results=results, by=bob, report_deviation=findings)
        (ticket,) = tallies.tallies_of(whole)
        assert ticket.statement == (
            "59 of 59 without exception: every item was tested; the rate of deviations is 0.0 %."
        )
        assert tallies.is_finished([ticket])


NOTES = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u202a\u202b\u202c\u202d")
    | st.sampled_from("\n\t\r"),
    max_size=40,
).filter(lambda note: not set(note) & set("\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(note=NOTES)
def test_a_note_that_was_recorded_is_no_change_any_more(draw: Draw, bob: User, note: str) -> None:
    said = ItemResult(rows(draw)[0], "A", "pass", note)
    worksheets.record_results(draw, results=[said], by=bob, report_deviation=Findings())
    assert worksheets.changes_of(draw, [said]) == []
