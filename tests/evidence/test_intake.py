"""The one door: everything or nothing gets in, and what got in is bound to its leaf."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from evidence import description, intake, ledger, merkle, store
from evidence.errors import (
    DigestMismatchError,
    EmptyContentError,
    EvidenceError,
    FilenameError,
    IdempotencyConflictError,
    PeriodError,
    PopulationError,
    ScreeningError,
    SupersededError,
    TimeError,
    TooLargeError,
)
from evidence.models import Claim, Evidence, LedgerEntry, Population
from evidence.population import PopulationFacts
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def receive(**changes: object) -> Evidence:
    return intake.receive(items.submission(**changes), actor="system")


@pytest.fixture
def nothing_stored(settings: Settings) -> Iterator[None]:
    yield
    assert Evidence.objects.count() == 0
    assert LedgerEntry.objects.count() == 0
    assert [path for path in Path(settings.STORE_DIR).rglob("*") if path.is_file()] == []


def test_an_item_is_stored_with_its_leaf() -> None:
    evidence = receive()
    assert evidence.ref == "EV-000001"
    assert b"".join(store.stream(evidence.blob_id)) == items.PLAIN.content
    leaf = json.loads(evidence.ledger_entry.leaf)
    assert leaf["subject"] == evidence.ref
    assert leaf["body"]["sha256"] == evidence.blob_id
    assert leaf["body"]["covers_to"] == "2026-10-31"
    assert leaf["body"]["collected_at"] == "2026-11-01T08:00:00.000000Z"


def test_the_leaf_binds_everything_that_a_pack_will_say() -> None:
    evidence = intake.receive(items.population(), actor="system")
    fresh = Evidence.objects.get(pk=evidence.pk)
    assert fresh.metadata_digest == description.metadata_digest(description.metadata(fresh))
    leaf = json.loads(fresh.ledger_entry.leaf)
    assert leaf["body"]["metadata_sha256"] == fresh.metadata_digest
    fresh.title = "Another"
    assert fresh.metadata_digest != description.metadata_digest(description.metadata(fresh))


def test_references_have_no_gap_whatever_else_is_logged() -> None:
    first = receive()
    with transaction.atomic():
        ledger.append("note", subject="N", body={}, actor="system")
    assert [first.ref, receive().ref] == ["EV-000001", "EV-000002"]


def test_claims_cover_the_period_of_the_item() -> None:
    receive(claims=(items.expectation(),))
    claim = Claim.objects.get()
    assert (claim.covers_from, claim.covers_to) == (date(2026, 10, 1), date(2026, 10, 31))


def test_a_claim_knows_that_its_population_is_not_whole() -> None:
    content, facts = items.table()
    torn = replace(facts, ipe=items.ipe(partial_reason="The source counts three rows more."))
    expectation = items.expectation()
    receive(content=content, population=torn, claims=(expectation,))
    receive(content=content, population=facts, claims=(expectation,))
    assert [claim.is_partial for claim in Claim.objects.order_by("pk")] == [True, False]


def test_a_population_keeps_columns_totals_and_how_it_was_made() -> None:
    evidence = intake.receive(items.population(), actor="system")
    table = Population.objects.get()
    assert table.table == evidence.blob
    assert table.row_count == 2
    assert table.columns[0] == {"name": "user_id", "type": "integer"}
    assert table.ipe["completeness"] == "one query without a filter"


def test_an_original_of_another_format_keeps_its_own_bytes(tmp_path: Path) -> None:
    content, facts = items.table()
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    facts = PopulationFacts(facts.columns, facts.ipe, facts.facts, table=path)
    evidence = receive(content=b"PK original", filename="staff.xlsx", population=facts)
    assert evidence.population.table_id == sha256(content).hexdigest() != evidence.blob_id


def test_a_new_version_supersedes_and_replaces_nothing() -> None:
    old = receive()
    new = receive(content=b"better", supersedes=old)
    assert (new.uid, new.version) == (old.uid, 2)
    assert Evidence.objects.count() == 2
    with pytest.raises(SupersededError):
        receive(content=b"third", supersedes=old)


def test_several_items_come_in_together_or_not_at_all(settings: Settings) -> None:
    good = [items.submission(content=f"item {n}".encode()) for n in range(3)]
    with pytest.raises(EmptyContentError):
        intake.receive_many([*good, items.submission(content=b"")], actor="system")
    assert Evidence.objects.count() == 0
    assert [path for path in Path(settings.STORE_DIR).rglob("*") if path.is_file()] == []
    assert len(intake.receive_many(good, actor="system")) == 3
    hashes = [merkle.leaf_hash(one.leaf.encode()) for one in LedgerEntry.objects.all()]
    assert ledger.root(3) == merkle.root(3, lambda _, start, count: hashes[start:][:count])


def test_same_content_twice_in_a_batch_is_two_items_of_one_blob() -> None:
    one, two = intake.receive_many([items.submission(), items.submission()], actor="system")
    assert one != two
    assert one.blob_id == two.blob_id
    assert b"".join(store.stream(one.blob_id)) == items.PLAIN.content


def test_a_batch_costs_the_same_number_of_queries_at_any_size(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    expectation = items.expectation()
    batch = [
        items.submission(content=f"{n}".encode(), claims=(expectation,), idempotency_key=f"k{n}")
        for n in range(20)
    ]
    with django_assert_max_num_queries(20):
        intake.receive_many(batch, actor="system")


def test_a_file_or_a_stream_comes_in_as_well_as_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"from a file")
    assert receive(content=path).blob_id == sha256(b"from a file").hexdigest()
    assert receive(content=BytesIO(b"stream")).blob_id == sha256(b"stream").hexdigest()


def test_the_media_type_follows_from_the_name_unless_given() -> None:
    assert receive(filename="a.csv").media_type == "text/csv"
    assert receive(filename="a.qqq").media_type == "application/octet-stream"
    assert receive(filename="a.csv", media_type="text/plain").media_type == "text/plain"


@pytest.mark.usefixtures("nothing_stored")
class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "error", "said"),
        [
            ({"content": b""}, EmptyContentError, "0 bytes"),
            ({"declared_sha256": "f" * 64}, DigestMismatchError, "declared"),
            ({"covers_to": date(2026, 9, 30)}, PeriodError, "Swap or correct"),
            ({"collected_at": datetime(2026, 11, 1)}, TimeError, "no zone"),  # noqa: DTZ001
            ({"collected_at": timezone.now() + timedelta(hours=1)}, TimeError, "future"),
            ({"filename": ""}, FilenameError, "Rename"),
            ({"filename": "../.."}, FilenameError, "Rename"),
            ({"filename": "a\u202egnp.exe"}, FilenameError, "Rename"),
            ({"filename": "a\nb"}, FilenameError, "Rename"),
            ({"filename": "x" * 200}, FilenameError, "Rename"),
            ({"title": "Paid by 4111111111111111"}, ScreeningError, "description"),
            ({"filename": "4111111111111111.txt"}, ScreeningError, "description"),
        ],
    )
    def test_bad_input_is_refused_with_what_to_do(
        self, changes: dict[str, object], error: type[EvidenceError], said: str
    ) -> None:
        with pytest.raises(error, match=said):
            receive(**changes)

    def test_an_oversized_file_is_refused(self, settings: Settings) -> None:
        settings.MAX_EVIDENCE_BYTES = 10
        with pytest.raises(TooLargeError):
            receive(content=b"12345678901")

    def test_a_table_that_is_not_the_content_is_refused(self) -> None:
        _, facts = items.table()
        with pytest.raises(PopulationError):
            receive(population=facts)

    def test_a_database_that_fails_leaves_no_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(Claim.objects, "bulk_create", fail)
        with pytest.raises(RuntimeError):
            receive()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\temp\\report.csv", "report.csv"),
        ("/etc/passwd", "passwd"),
        ("Cafe\u0301.txt", "Café.txt"),
        ("a b (1).pdf", "a b (1).pdf"),
    ],
)
def test_a_file_name_is_only_its_last_part(given: str, kept: str) -> None:
    assert intake.safe_filename(given) == kept


class TestIdempotency:
    def test_a_repeated_push_gives_the_first_answer(self) -> None:
        first = receive(idempotency_key="k1")
        assert receive(idempotency_key="k1") == first
        assert Evidence.objects.count() == 1
        assert b"".join(store.stream(first.blob_id)) == items.PLAIN.content

    @pytest.mark.parametrize(
        "changes", [{"content": b"other"}, {"title": "Other"}, {"covers_from": date(2026, 10, 2)}]
    )
    def test_other_content_under_the_same_key_is_refused(self, changes: dict[str, object]) -> None:
        receive(idempotency_key="k1")
        with pytest.raises(IdempotencyConflictError):
            receive(idempotency_key="k1", **changes)
        assert Evidence.objects.count() == 1

    def test_senders_do_not_share_their_keys(self) -> None:
        one = intake.receive(items.submission(idempotency_key="k"), actor="token:1")
        two = intake.receive(items.submission(idempotency_key="k"), actor="token:2")
        assert one != two


def test_the_clock_of_receipt_is_ours() -> None:
    before = timezone.now()
    evidence = receive(collected_at=datetime(2026, 11, 1, tzinfo=UTC))
    assert before <= evidence.received_at <= timezone.now()
