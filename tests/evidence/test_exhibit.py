"""What is shown of an item: bounded, as text, and honest about what could not be read."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from controls.models import Risk
from evidence import checkpoint, checks, exhibit, intake, ledger
from evidence.models import BlobKey, CheckResult, Evidence, Population
from evidence.population import Column, TableFacts
from tests import append_only, cast
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

MEGABYTE = 1_000_000


def receive(**changes: Any) -> Evidence:
    return intake.receive(items.population(**changes), actor="system")


def raw_table(content: bytes, *names: str) -> Population:
    """A table of any bytes at all, as a store that was filled by others might hold it."""
    columns = tuple(Column(name, "text") for name in names)
    facts = TableFacts(sha256(content).hexdigest(), 1, {})
    _, known = items.table()
    item = intake.receive(
        items.submission(content=content, population=replace(known, columns=columns, facts=facts)),
        actor="system",
    )
    return item.population


def tamper(row: Any, **fields: object) -> None:
    with append_only.forging():
        type(row).objects.filter(pk=row.pk).update(**fields)


class TestPreview:
    def test_rows_come_as_text_in_the_order_of_the_table(self) -> None:
        shown = exhibit.preview(receive().population)
        assert [column["name"] for column in shown.columns] == ["user_id", "email", "mfa"]
        assert shown.rows == [["1", "ann@example.org", "true"], ["2", "ben@example.org", "false"]]
        assert shown.problem == ""

    def test_it_ends_after_so_many_rows(self) -> None:
        table = receive(rows=[(n, "a@example.org", True) for n in range(200)]).population
        assert len(exhibit.preview(table).rows) == exhibit.SHOWN_ROWS
        assert [row[0] for row in exhibit.preview(table, 2).rows] == ["0", "1"]

    def test_a_table_without_rows_has_none(self) -> None:
        shown = exhibit.preview(receive(rows=[]).population)
        assert (shown.rows, shown.problem) == ([], "")

    def test_a_long_cell_is_cut(self) -> None:
        table = receive(rows=[(1, "x" * 500, True), (2, "y" * 200, True)]).population
        shown = exhibit.preview(table).rows
        assert shown[0][1] == "x" * 200 + "…"
        assert shown[1][1] == "y" * 200

    def test_commas_quotes_and_line_breaks_stay_in_their_cell(self) -> None:
        text = 'a,"b"\nc\r\nd'
        assert exhibit.preview(receive(rows=[(1, text, True)]).population).rows[0][1] == text

    def test_bytes_that_are_no_text_do_not_stop_it(self) -> None:
        assert exhibit.preview(raw_table(b"a,b\n\xff\xfe,2\n", "a", "b")).rows == [
            ["\ufffd\ufffd", "2"]
        ]

    def test_cells_beyond_the_columns_are_left_out(self) -> None:
        assert exhibit.preview(raw_table(b"a\n1,2,3\n", "a")).rows == [["1"]]

    def test_a_file_that_is_gone_is_said(self, settings: Settings) -> None:
        table = receive().population
        Path(settings.STORE_DIR, BlobKey.objects.get(blob=table.table_id).location).unlink()
        shown = exhibit.preview(table)
        assert shown.rows == []
        assert "The stored file is gone." in shown.problem
        assert len(shown.columns) == 3

    def test_a_file_that_does_not_open_is_said(self) -> None:
        table = receive().population
        BlobKey.objects.update(wrapped_key=bytes(60))
        assert "could not be opened" in exhibit.preview(table).problem

    @pytest.mark.parametrize(
        "row",
        [b"x" * 2 * MEGABYTE, b'"' + b"x\n" * MEGABYTE + b'"', b"x," * MEGABYTE],
        ids=["one line", "one cell of many lines", "very many cells"],
    )
    def test_what_is_too_wide_is_said_after_what_could_be_read(self, row: bytes) -> None:
        shown = exhibit.preview(raw_table(b"a\nfirst\n" + row + b"\nlast\n", "a"))
        assert shown.rows == [["first"]]
        assert "Download the file to read it." in shown.problem

    def test_it_never_loads_more_than_it_shows(self) -> None:
        table = raw_table(b"a\n" + b'"x\n",' * 5 * MEGABYTE, "a")
        tracemalloc.start()
        exhibit.preview(table)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 4 * MEGABYTE


class TestResults:
    @staticmethod
    def checked(*queries: str, rows: Sequence[Any] | None = None) -> Evidence:
        expectation = items.expectation()
        for number, sql in enumerate(queries):
            items.check(expectation, sql, slug=f"check-{number}")
        item = receive(rows=rows, claims=(expectation,))
        checks.run(item, actor="system")
        return item

    def test_the_worst_comes_first(self) -> None:
        item = self.checked(
            "SELECT * FROM population WHERE user_id = 99",
            "SELECT * FROM population WHERE NOT mfa",
            "SELECT missing FROM population",
        )
        states = [result.state for result, _ in exhibit.results(item)]
        assert states == ["error", "failed", "passed"]

    def test_exceptions_are_written_as_the_table_writes_them(self) -> None:
        item = self.checked("SELECT user_id, NULL AS nothing, mfa FROM population ORDER BY 1")
        ((_, found),) = exhibit.results(item)
        assert found.columns == ["user_id", "nothing", "mfa"]
        assert found.rows == [["1", "", "true"], ["2", "", "false"]]
        assert found.more == 0

    def test_so_many_are_shown_and_the_rest_is_counted(self) -> None:
        item = self.checked("SELECT unnest(range(700)) AS n FROM population")
        ((result, found),) = exhibit.results(item)
        assert result.exception_count == 1400
        assert len(found.rows) == exhibit.SHOWN_EXCEPTIONS
        assert found.more == 1400 - exhibit.SHOWN_EXCEPTIONS
        assert len(exhibit.exceptions(result, 3).rows) == 3

    def test_a_long_value_is_cut(self) -> None:
        item = self.checked("SELECT repeat('x', 900) AS long FROM population LIMIT 1")
        ((_, found),) = exhibit.results(item)
        assert found.rows == [["x" * 200 + "…"]]

    @pytest.mark.parametrize("kept", [{}, None, [], "x"])
    def test_a_result_that_kept_none_shows_none(self, kept: Any) -> None:
        found = exhibit.exceptions(CheckResult(exceptions=kept))
        assert (found.columns, found.rows, found.more) == ([], [], 0)


class TestDescribed:
    def test_it_follows_the_story_of_the_making(self) -> None:
        labels = [fact.label for fact in exhibit.described(items.ipe().to_json())]
        assert labels == [
            "Query",
            "Source system",
            "Environment",
            "Run by",
            "Collector",
            "Collector version",
            "Digest of the collector's code",
            "Answers read",
            "Started",
            "Finished",
            "Why it is complete",
        ]

    @pytest.mark.parametrize(
        ("field", "value", "kind", "shown"),
        [
            ("query", "SELECT 1", "code", "SELECT 1"),
            ("parameters", {"ort": "Köln"}, "code", '{\n  "ort": "Köln"\n}'),
            ("raw_digests", ("aa", "bb"), "digests", ["aa", "bb"]),
            ("code_digest", "cc", "digests", ["cc"]),
            ("source_count", 0, "number", 0),
            ("partial_reason", "Page 2 is missing.", "text", "Page 2 is missing."),
        ],
    )
    def test_each_part_reads_in_its_way(
        self, field: str, value: Any, kind: str, shown: Any
    ) -> None:
        facts = exhibit.described(items.ipe(**{field: value}).to_json())
        assert (kind, shown) in [(fact.kind, fact.value) for fact in facts]

    def test_a_moment_is_a_moment_again(self) -> None:
        at = datetime(2026, 11, 1, 8, 0, 1, tzinfo=UTC)
        facts = exhibit.described(items.ipe(source_clock=at).to_json())
        (clock,) = [fact for fact in facts if fact.label == "Clock of the source"]
        assert (clock.kind, clock.value) == ("moment", at)

    @pytest.mark.parametrize("value", ["soon", "2026-11-01T08:00:00", 5, ["x"]])
    def test_what_is_no_moment_stays_as_it_is(self, value: Any) -> None:
        (fact,) = exhibit.described({"started_at": value})
        assert (fact.kind, fact.value) == ("text", value)

    def test_nothing_is_said_of_what_is_empty(self) -> None:
        assert exhibit.described({"query": "", "pages": None, "raw_digests": [], "x": 1}) == []


class TestProof:
    def test_a_leaf_without_a_checkpoint_waits(self) -> None:
        proof = exhibit.proof(receive().ledger_entry)
        assert (proof.checkpoint, proof.path, proof.holds, proof.root) == (None, (), False, "")

    def test_a_leaf_leads_to_the_signed_root(self) -> None:
        entries = [receive().ledger_entry for _ in range(5)]
        signed = checkpoint.sign()
        for entry in entries:
            proof = exhibit.proof(entry)
            assert proof.holds
            assert proof.checkpoint == signed
            assert proof.root == bytes(signed.root).hex()
            assert proof.leaf_hash == bytes(entry.leaf_hash).hex()
            assert len(proof.path) == (1 if entry.index == 4 else 3)

    def test_the_latest_checkpoint_is_taken(self) -> None:
        entry = receive().ledger_entry
        checkpoint.sign()
        receive()
        latest = checkpoint.sign()
        assert exhibit.proof(entry).checkpoint == latest

    def test_the_leaf_is_laid_out_to_be_read(self) -> None:
        assert '\n  "kind": "evidence",\n' in exhibit.proof(receive().ledger_entry).leaf

    @pytest.mark.parametrize(
        "change", [{"leaf": "{}"}, {"leaf": "no JSON"}], ids=["another leaf", "no leaf at all"]
    )
    def test_a_changed_leaf_does_not_hold(self, change: dict[str, str]) -> None:
        entry = receive().ledger_entry
        checkpoint.sign()
        tamper(entry, **change)
        entry.refresh_from_db()
        proof = exhibit.proof(entry)
        assert not proof.holds
        assert proof.leaf == change["leaf"]

    def test_a_changed_neighbour_does_not_hold(self) -> None:
        entry, other = receive().ledger_entry, receive().ledger_entry
        checkpoint.sign()
        tamper(other, leaf_hash=bytes(32))
        assert not exhibit.proof(entry).holds

    def test_a_log_with_a_hole_has_no_proof(self) -> None:
        entry = receive().ledger_entry
        with transaction.atomic():
            other = ledger.append("note", subject="x", body={}, actor="system")
        checkpoint.sign()
        with append_only.forging():
            other.delete()
        proof = exhibit.proof(entry)
        assert (proof.holds, proof.path) == (False, ())


class TestAgreement:
    def test_a_row_agrees_with_its_leaf(self) -> None:
        risk = Risk.objects.create(ref="R-01", title="Lost", area="availability")
        person = cast.person("engineer")
        for item in (
            receive(),
            receive(related_risk=risk, prepared_by=person, owner="Ops"),
            intake.receive(items.submission(), actor="system"),
        ):
            assert exhibit.agrees_with_leaf(Evidence.objects.get(pk=item.pk))

    @pytest.mark.parametrize(
        "change",
        [
            {"ref": "EV-900000"},
            {"version": 2},
            {"title": "Another title"},
            {"owner": "Somebody"},
            {"source_system": "Another system"},
            {"environment": "test"},
            {"covers_from": "2026-09-30"},
            {"covers_to": "2026-11-01"},
            {"collected_at": datetime(2026, 11, 1, 7, tzinfo=UTC)},
            {"received_at": datetime(2026, 11, 1, 9, tzinfo=UTC)},
            {"uid": "00000000-0000-0000-0000-000000000000"},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_a_changed_row_does_not(self, change: dict[str, Any]) -> None:
        item = receive()
        tamper(item, **change)
        assert not exhibit.agrees_with_leaf(Evidence.objects.get(pk=item.pk))

    def test_other_bytes_do_not(self) -> None:
        item, other = receive(), intake.receive(items.submission(), actor="system")
        tamper(item, blob_id=other.blob_id)
        assert not exhibit.agrees_with_leaf(Evidence.objects.get(pk=item.pk))

    @pytest.mark.parametrize(
        "change",
        [{"row_count": 3}, {"ipe": {}}, {"control_totals": {"amount": "9"}}, {"columns": []}],
        ids=lambda change: next(iter(change)),
    )
    def test_another_population_does_not(self, change: dict[str, Any]) -> None:
        item = receive()
        tamper(item.population, **change)
        assert not exhibit.agrees_with_leaf(Evidence.objects.get(pk=item.pk))

    def test_a_leaf_that_cannot_be_read_does_not(self) -> None:
        item = receive()
        tamper(item.ledger_entry, leaf="[")
        assert not exhibit.agrees_with_leaf(Evidence.objects.get(pk=item.pk))
