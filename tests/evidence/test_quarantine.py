"""What screening keeps out lies sealed, is told without its content, and waits for a person."""

import hmac
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from evidence import intake, quarantine, quarantine_deeds, store, verification
from evidence.errors import (
    BlobMissingError,
    IdempotencyConflictError,
    MaskingError,
    QuarantinedError,
    QuarantineError,
    ScreeningError,
)
from evidence.models import BlobKey, Claim, Evidence, IntakeKey, LedgerEntry
from evidence.population import PopulationFacts
from evidence.quarantine_models import Quarantined, QuarantineDecision
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

CARD = b"4111111111111111"
HIT = b"day,paid\n2026-10-05," + CARD + b"\n"


def hold(**changes: object) -> Quarantined:
    """Hand in something that screening keeps out, and return what was kept of it."""
    with pytest.raises(QuarantinedError) as caught:
        intake.receive(items.submission(**{"content": HIT, **changes}), actor="token:7")
    number = int(caught.value.refs[None].removeprefix("QU-"))
    return Quarantined.objects.get(number=number)


def stored_files(settings: Settings) -> list[bytes]:
    return [path.read_bytes() for path in Path(settings.STORE_DIR).rglob("*") if path.is_file()]


def leaf_of(subject: str, kind: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(LedgerEntry.objects.get(subject=subject, kind=kind).leaf)
    return found


class TestKeeping:
    def test_a_hit_is_kept_sealed_and_is_no_evidence(self, settings: Settings) -> None:
        row = hold()
        assert Evidence.objects.count() == 0
        assert (row.ref, row.size, row.filename) == ("QU-000001", len(HIT), "restore.csv")
        assert not any(CARD in content for content in stored_files(settings))
        with quarantine.content(row) as source:
            assert source.read() == HIT

    def test_it_is_told_what_and_where_and_never_the_value(self) -> None:
        row = hold()
        assert row.findings == [
            {"sort": "card", "what": "looks like a card number (Visa)", "where": "line 2"}
        ]
        told = leaf_of(row.ref, "quarantine.kept")
        body = told["body"]
        assert isinstance(body, dict)
        assert body["found"] == {"card": 1}
        assert CARD.decode() not in json.dumps(told) + json.dumps(row.description)

    def test_no_digest_lets_anybody_find_the_content_by_trying(self) -> None:
        row = hold(content=CARD)
        leaf = LedgerEntry.objects.get(subject=row.ref).leaf
        assert sha256(CARD).hexdigest() not in leaf + row.blob_id
        assert hold(content=CARD).blob_id != row.blob_id

    def test_what_cannot_be_looked_into_is_kept_too(self) -> None:
        row = hold(content=b"7z\xbc\xaf\x27\x1c" + bytes(50), filename="a.7z")
        assert row.findings[0]["sort"] == "unreadable"

    def test_the_message_says_where_it_lies_and_not_what_it_is(self) -> None:
        with pytest.raises(QuarantinedError, match=r"QU-000001: line 2: looks like") as caught:
            intake.receive(items.submission(content=HIT), actor="system")
        assert "4111" not in str(caught.value)

    def test_both_tables_only_grow(self) -> None:
        row = hold()
        for deed in (
            lambda: Quarantined.objects.update(title="x"),
            lambda: Quarantined.objects.filter(pk=row.pk).delete(),
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                deed()

    def test_a_failing_database_leaves_no_file(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(Quarantined, "save", fail)
        with pytest.raises(RuntimeError):
            intake.receive(items.submission(content=HIT), actor="system")
        assert stored_files(settings) == []

    def test_a_table_beside_the_original_is_kept_as_well(self, tmp_path: Path) -> None:
        content, facts = items.table([(1, "card 4111111111111111", True)])
        path = tmp_path / "t.csv"
        path.write_bytes(content)
        facts = PopulationFacts(facts.columns, facts.ipe, facts.facts, table=path)
        row = hold(content=b"original", population=facts)
        beside = quarantine.table(row)
        assert beside
        with beside:
            assert beside.read() == content


class TestSendingAgain:
    def test_the_same_key_gives_the_same_answer(self) -> None:
        first = hold(idempotency_key="k1")
        assert hold(idempotency_key="k1") == first
        assert LedgerEntry.objects.filter(kind="quarantine.kept").count() == 1

    def test_other_content_under_the_same_key_is_refused(self) -> None:
        hold(idempotency_key="k1")
        with pytest.raises(IdempotencyConflictError):
            intake.receive(
                items.submission(content=HIT + CARD, idempotency_key="k1"), actor="token:7"
            )

    def test_after_the_release_it_gives_the_evidence(self, alice: User) -> None:
        row = hold(idempotency_key="k1")
        evidence = quarantine_deeds.release(row, by=alice, reason="A test number.")
        again = items.submission(content=HIT, idempotency_key="k1")
        assert intake.receive_once(again, actor="token:7") == (evidence, False)
        with pytest.raises(IdempotencyConflictError):
            intake.receive(replace(again, content=HIT + CARD), actor="token:7")

    def test_after_the_destruction_it_gives_the_same_refusal(self, root: User) -> None:
        row = hold(idempotency_key="k1")
        quarantine_deeds.destroy(row, by=root, reason="Not ours.")
        assert hold(idempotency_key="k1") == row


class TestBatches:
    def test_nothing_of_it_is_taken_in_and_only_the_hits_are_kept(self, settings: Settings) -> None:
        contents = [b"fine", HIT, b"fine too", CARD]
        batch = [items.submission(content=one) for one in contents]
        with pytest.raises(QuarantinedError) as caught:
            intake.receive_many(batch, actor="token:7")
        assert caught.value.refs == {1: "QU-000001", 3: "QU-000002"}
        assert Evidence.objects.count() == 0
        assert len(stored_files(settings)) == 2

    def test_once_released_the_same_batch_comes_in(self, alice: User) -> None:
        batch = [
            items.submission(content=content, idempotency_key=f"k{number}")
            for number, content in enumerate((b"fine", HIT, b"fine too"))
        ]
        with pytest.raises(QuarantinedError):
            intake.receive_many(batch, actor="token:7")
        released = quarantine_deeds.release(Quarantined.objects.get(), by=alice, reason="Test.")
        taken = intake.receive_many_once(batch, actor="token:7")
        assert [first for _, first in taken] == [True, False, True]
        assert taken[1][0] == released
        assert [store.open_blob(one.blob_id).read() for one, _ in taken] == [
            b"fine",
            HIT,
            b"fine too",
        ]

    def test_a_refused_description_keeps_nothing_at_all(self, settings: Settings) -> None:
        batch = [items.submission(title="4111111111111111"), items.submission()]
        with pytest.raises(ScreeningError, match="description") as caught:
            intake.receive_many(batch, actor="token:7")
        assert caught.value.position == 0
        assert stored_files(settings) == []


class TestRelease:
    def test_the_intake_is_completed_as_if_it_had_come_through(self, alice: User) -> None:
        expectation = items.expectation()
        old = intake.receive(items.submission(content=b"old"), actor="token:7")
        row = hold(claims=(expectation,), supersedes=old, owner="Ann", idempotency_key="k")
        evidence = quarantine_deeds.release(row, by=alice, reason="A published test number.")
        assert store.open_blob(evidence.blob_id).read() == HIT
        assert (evidence.version, evidence.supersedes, evidence.owner) == (2, old, "Ann")
        assert (evidence.filename, evidence.media_type) == ("restore.csv", "text/csv")
        assert evidence.received_at == row.received_at
        assert Claim.objects.get(evidence=evidence).expectation == expectation
        assert evidence.ledger_entry.actor == "token:7"
        assert IntakeKey.objects.get(evidence=evidence).key == "k"

    def test_a_population_comes_through_whole(self, alice: User, tmp_path: Path) -> None:
        content, facts = items.table([(1, "card 4111111111111111", True)])
        path = tmp_path / "t.csv"
        path.write_bytes(content)
        facts = PopulationFacts(facts.columns, facts.ipe, facts.facts, table=path)
        row = hold(content=b"original", population=facts)
        evidence = quarantine_deeds.release(row, by=alice, reason="False alarm.")
        assert evidence.population.table_id == sha256(content).hexdigest()
        assert evidence.population.ipe == facts.ipe.to_json()
        assert evidence.population.row_count == 1

    def test_the_log_tells_who_and_not_why(self, alice: User) -> None:
        row = hold()
        evidence = quarantine_deeds.release(row, by=alice, reason="Jim typed it.")
        body = leaf_of(row.ref, "quarantine.released")["body"]
        assert isinstance(body, dict)
        assert (body["evidence"], body["by"]) == (evidence.ref, f"user:{alice.pk}")
        assert "Jim" not in json.dumps(body)
        decision = QuarantineDecision.objects.get()
        assert (decision.reason, decision.evidence) == ("Jim typed it.", evidence)

    def test_the_sealed_form_is_gone_afterwards(self, alice: User) -> None:
        row = hold()
        quarantine_deeds.release(row, by=alice, reason="Test.")
        assert not BlobKey.objects.filter(pk=row.blob_id).exists()

    def test_a_version_that_was_superseded_meanwhile_stays_sealed(self, alice: User) -> None:
        old = intake.receive(items.submission(content=b"old"), actor="token:7")
        row = hold(supersedes=old)
        intake.receive(items.submission(content=b"new", supersedes=old), actor="token:7")
        with pytest.raises(Exception, match="newer version"):
            quarantine_deeds.release(row, by=alice, reason="Test.")
        assert QuarantineDecision.objects.count() == 0
        assert quarantine.content(row).read() == HIT


class TestRedaction:
    def test_the_masked_copy_is_evidence_and_the_original_stays_sealed(self, alice: User) -> None:
        expectation = items.expectation()
        row = hold(claims=(expectation,))
        evidence = quarantine_deeds.redact(row, by=alice, reason="The number is not needed.")
        shown = store.open_blob(evidence.blob_id).read()
        assert shown == b"day,paid\n2026-10-05,411111******1111\n"
        assert evidence.filename == "redacted-restore.csv"
        assert evidence.prepared_by == alice
        assert Claim.objects.get(evidence=evidence).expectation == expectation
        assert quarantine.content(row).read() == HIT

    def test_what_was_removed_is_committed_to_with_a_salt(self, alice: User) -> None:
        row = hold(content=CARD + b"\n" + CARD + b"\n")
        quarantine_deeds.redact(row, by=alice, reason="Not needed.")
        decision = QuarantineDecision.objects.get()
        assert decision.salts_id
        salts = json.loads(store.open_blob(decision.salts_id).read())
        for salt, removed in zip(salts, decision.removed, strict=True):
            made = hmac.new(bytes.fromhex(salt), CARD, sha256).hexdigest()
            assert removed["commitment"] == made
        first, second = decision.removed
        assert first["commitment"] != second["commitment"]
        assert (first["where"], second["where"]) == ("line 1", "line 2")
        body = leaf_of(row.ref, "quarantine.redacted")["body"]
        assert isinstance(body, dict)
        assert body["removed"] == [first["commitment"], second["commitment"]]

    def test_a_cleaned_file_is_screened_again(self, alice: User, tmp_path: Path) -> None:
        row = hold()
        path = tmp_path / "clean.csv"
        path.write_bytes(b"still 5555555555554444")
        with pytest.raises(ScreeningError):
            quarantine_deeds.redact(row, by=alice, reason="x", cleaned=path, filename="clean.csv")
        assert Evidence.objects.count() == 0
        path.write_bytes(b"nothing here any more")
        evidence = quarantine_deeds.redact(
            row, by=alice, reason="x", cleaned=path, filename="clean.csv"
        )
        assert evidence.filename == "clean.csv"
        assert len(QuarantineDecision.objects.get().removed) == 1

    def test_a_population_cannot_be_redacted(self, alice: User) -> None:
        content, facts = items.table([(1, "card 4111111111111111", True)])
        row = hold(content=content, population=facts)
        with pytest.raises(MaskingError, match="Drop the field"):
            quarantine_deeds.redact(row, by=alice, reason="x")

    def test_it_can_be_destroyed_with_its_salts_later(self, root: User, alice: User) -> None:
        row = hold()
        evidence = quarantine_deeds.redact(row, by=alice, reason="x")
        redaction = QuarantineDecision.objects.get()
        quarantine_deeds.destroy(row, by=root, reason="Enough.")
        for digest in (row.blob_id, redaction.salts_id):
            with pytest.raises(BlobMissingError):
                store.open_blob(digest or "")
        assert store.open_blob(evidence.blob_id).read()


class TestDestruction:
    def test_nobody_can_read_it_and_row_and_leaf_stay(self, root: User) -> None:
        row = hold()
        quarantine_deeds.destroy(row, by=root, reason="A customer's card.")
        with pytest.raises(BlobMissingError):
            quarantine.content(row)
        assert Quarantined.objects.get() == row
        assert leaf_of(row.ref, "quarantine.destroyed")

    @pytest.mark.django_db(transaction=True)
    def test_the_file_goes_with_its_key(self, root: User, settings: Settings) -> None:
        row = hold()
        assert stored_files(settings)
        quarantine_deeds.destroy(row, by=root, reason="A customer's card.")
        assert stored_files(settings) == []

    def test_the_check_of_the_log_misses_nothing(self, root: User, alice: User) -> None:
        kept, gone, freed = hold(), hold(), hold()
        quarantine_deeds.destroy(gone, by=root, reason="x")
        quarantine_deeds.release(freed, by=alice, reason="x")
        quarantine_deeds.redact(kept, by=alice, reason="x")
        check = verification.begin()
        verification.go_on(check, seconds=60)
        assert [problem.sentence for problem in check.problems.all()] == []
        BlobKey.objects.filter(pk=kept.blob_id).delete()
        assert quarantine.shredded([kept.blob_id, gone.blob_id]) == {gone.blob_id}


@pytest.mark.parametrize("deed", ["release", "redact", "destroy"])
class TestWhoMayDecide:
    def test_not_without_the_right(self, deed: str, charlie: User) -> None:
        with pytest.raises(QuarantineError, match="roles"):
            getattr(quarantine_deeds, deed)(hold(), by=charlie, reason="x")

    def test_never_who_sent_it(self, deed: str, root: User) -> None:
        with pytest.raises(QuarantineError, match="yourself"):
            getattr(quarantine_deeds, deed)(hold(prepared_by=root), by=root, reason="x")

    def test_not_without_a_reason(self, deed: str, root: User) -> None:
        with pytest.raises(QuarantineError, match="Say why"):
            getattr(quarantine_deeds, deed)(hold(), by=root, reason=" ")

    @pytest.mark.parametrize("before", ["release", "destroy"])
    def test_not_after_the_end(self, deed: str, before: str, root: User) -> None:
        row = hold()
        getattr(quarantine_deeds, before)(row, by=root, reason="x")
        with pytest.raises(QuarantineError, match="already"):
            getattr(quarantine_deeds, deed)(row, by=root, reason="x")
        assert QuarantineDecision.objects.count() == 1


@pytest.fixture
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour passes between what comes and what is decided."""
    now = timezone.now()
    monkeypatch.setattr("evidence.intake.timezone.now", lambda: now + timedelta(hours=1))


@pytest.mark.usefixtures("_clock")
def test_a_claim_counts_from_the_real_receipt(alice: User) -> None:
    row = hold(claims=(items.expectation(),))
    evidence = quarantine_deeds.release(row, by=alice, reason="x")
    claim = Claim.objects.get(evidence=evidence)
    assert abs(claim.received_us - row.received_at.timestamp() * 10**6) < 10**3
