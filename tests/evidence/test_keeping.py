"""Holds and disposal: two people, a reason, never too early; and everybody is told afterwards."""

import io
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.journal import digest
from accounts.models import User
from evidence import disposed, exhibit, intake, keeping, retention, store, verification
from evidence.errors import BlobDisposedError, RetentionError
from evidence.models import Blob, BlobKey, Evidence, LedgerEntry
from evidence.retention_models import Disposal, RetentionProposal
from evidence.stores.filesystem import path_of
from tests import append_only, cast
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
WHY = "The customer left; their data must go."


@pytest.fixture
def erin(db: None) -> User:
    """A second person who leads compliance."""
    return cast.person("compliance-lead", email="erin@example.org", full_name="Erin Second")


@pytest.fixture
def item(monkeypatch: pytest.MonkeyPatch) -> Evidence:
    """An item from so long ago that its retention is over."""
    made = intake.receive(items.submission(), actor="system")
    over = retention.kept(made).until + timedelta(days=1)
    later = timezone.now().replace(year=over.year, month=over.month, day=over.day)
    monkeypatch.setattr("evidence.keeping.timezone.now", lambda: later)
    return made


def disposed_of(item: Evidence, first: User, second: User) -> RetentionProposal:
    proposal = keeping.propose_disposal(item, by=first, reason=WHY)
    keeping.decide(proposal, by=second, is_approved=True)
    return proposal


def problems() -> list[str]:
    return [one.sentence for one in verification.look_through()]


class TestDisposal:
    def test_the_content_is_gone_for_good_and_the_rest_stays(
        self, item: Evidence, alice: User, erin: User
    ) -> None:
        wrapped = bytes(BlobKey.objects.get().wrapped_key)
        disposed_of(item, alice, erin)
        key = BlobKey.objects.get()
        assert (bytes(key.wrapped_key), key.key_id) == (b"", "")
        assert wrapped
        assert Blob.objects.get().sha256 == item.blob_id
        assert exhibit.agrees_with_leaf(item)
        with pytest.raises(BlobDisposedError, match=f"Disposed of on .* because: {WHY}"):
            store.open_blob(item.blob_id)
        with pytest.raises(BlobDisposedError):
            list(store.stream(item.blob_id))

    def test_the_file_goes_with_it(
        self, item: Evidence, alice: User, erin: User, django_capture_on_commit_callbacks: object
    ) -> None:
        path = path_of(BlobKey.objects.get().location)
        assert path.exists()
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            disposed_of(item, alice, erin)
        assert not path.exists()

    def test_the_log_tells_who_and_the_check_finds_no_problem(
        self, item: Evidence, alice: User, erin: User
    ) -> None:
        disposed_of(item, alice, erin)
        leaf = json.loads(LedgerEntry.objects.get(kind="retention.approved").leaf)
        assert leaf["actor"] == f"user:{erin.pk}"
        assert leaf["body"]["proposed_by"] == f"user:{alice.pk}"
        assert leaf["body"]["blobs"] == [item.blob_id]
        asked = json.loads(LedgerEntry.objects.get(kind="retention.proposed").leaf)
        assert asked["body"]["reason_sha256"] == digest(WHY)
        assert WHY not in json.dumps(asked)
        assert problems() == []

    @pytest.mark.usefixtures("item")
    def test_a_key_that_was_destroyed_without_a_decision_is_found(self) -> None:
        BlobKey.objects.update(key_id="", wrapped_key=b"")
        (sentence,) = problems()
        assert "nobody disposed of it" in sentence

    def test_a_disposal_that_was_slipped_in_is_found(
        self, item: Evidence, alice: User, erin: User
    ) -> None:
        other = intake.receive(items.submission(content=b"other"), actor="system")
        proposal = disposed_of(item, alice, erin)
        Disposal.objects.create(blob_id=other.blob_id, decision=proposal.decision)
        BlobKey.objects.filter(pk=other.blob_id).update(key_id="", wrapped_key=b"")
        (sentence,) = problems()
        assert "blobs" in sentence

    def test_nobody_disposes_alone(self, item: Evidence, alice: User) -> None:
        proposal = keeping.propose_disposal(item, by=alice, reason=WHY)
        with pytest.raises(RetentionError, match="Another person"):
            keeping.decide(proposal, by=alice, is_approved=True)
        assert store.open_blob(item.blob_id).read()

    def test_a_refused_proposal_changes_nothing(
        self, item: Evidence, alice: User, erin: User
    ) -> None:
        proposal = keeping.propose_disposal(item, by=alice, reason=WHY)
        keeping.decide(proposal, by=erin, is_approved=False, note="We still need it.")
        assert store.open_blob(item.blob_id).read()
        assert problems() == []
        with pytest.raises(RetentionError, match="decided already"):
            keeping.decide(proposal, by=erin, is_approved=True)

    def test_it_waits_until_retention_is_over(self, alice: User) -> None:
        made = intake.receive(items.submission(), actor="system")
        with pytest.raises(RetentionError, match="must be kept until 20"):
            keeping.propose_disposal(made, by=alice, reason=WHY)

    def test_content_that_another_item_needs_stays(self, item: Evidence, alice: User) -> None:
        later = timezone.now().date()
        other = intake.receive(items.submission(covers_to=later, title="B"), actor="system")
        with pytest.raises(RetentionError, match=f"content of {other.ref} must be kept"):
            keeping.propose_disposal(item, by=alice, reason=WHY)

    def test_a_hold_that_came_between_is_seen(
        self, item: Evidence, alice: User, erin: User
    ) -> None:
        proposal = keeping.propose_disposal(item, by=alice, reason=WHY)
        keeping.place_hold(item, by=erin, reason="A court asked for it.")
        with pytest.raises(RetentionError, match="legal hold"):
            keeping.decide(proposal, by=erin, is_approved=True)
        assert not Disposal.objects.exists()

    def test_it_is_for_those_who_may(self, item: Evidence, alice: User, charlie: User) -> None:
        with pytest.raises(RetentionError, match="administrator"):
            keeping.propose_disposal(item, by=charlie, reason=WHY)
        proposal = keeping.propose_disposal(item, by=alice, reason=WHY)
        with pytest.raises(RetentionError, match="administrator"):
            keeping.decide(proposal, by=charlie, is_approved=True)

    def test_it_asks_for_a_reason(self, item: Evidence, alice: User) -> None:
        with pytest.raises(RetentionError, match="Say why"):
            keeping.propose_disposal(item, by=alice, reason="  old  ")

    def test_the_same_is_not_proposed_twice(self, item: Evidence, alice: User) -> None:
        keeping.propose_disposal(item, by=alice, reason=WHY)
        with pytest.raises(RetentionError, match="proposed already"):
            keeping.propose_disposal(item, by=alice, reason=WHY)

    def test_content_that_comes_in_anew_is_kept_anew(
        self, item: Evidence, alice: User, erin: User
    ) -> None:
        disposed_of(item, alice, erin)
        again = intake.receive(items.submission(title="Once more"), actor="system")
        assert again.blob_id == item.blob_id
        assert store.open_blob(item.blob_id).read()
        assert not disposed.is_disposed(item.blob_id)
        assert problems() == []

    def test_the_table_goes_with_the_original(
        self, alice: User, erin: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        content, facts = items.table()
        table = tmp_path / "table.csv"
        table.write_bytes(content)
        made = intake.receive(
            items.submission(content=b"PK workbook", population=replace(facts, table=table)),
            actor="system",
        )
        over = retention.kept(made).until + timedelta(days=1)
        later = timezone.now().replace(year=over.year, month=over.month, day=over.day)
        monkeypatch.setattr("evidence.keeping.timezone.now", lambda: later)
        disposed_of(made, alice, erin)
        assert Disposal.objects.count() == 2
        assert "Disposed of on" in exhibit.preview(made.population).problem


class TestHold:
    def test_it_stays_until_another_person_lifts_it(
        self, item: Evidence, alice: User, erin: User
    ) -> None:
        hold = keeping.place_hold(item, by=alice, reason="The regulator asked for it.")
        assert "legal hold" in keeping.obstacle(item)
        lift = keeping.propose_lift(hold, by=alice, reason="The matter is closed.")
        with pytest.raises(RetentionError, match="Another person"):
            keeping.decide(lift, by=alice, is_approved=True)
        assert keeping.in_force([item]).exists()
        keeping.decide(lift, by=erin, is_approved=True)
        assert not keeping.in_force([item]).exists()
        assert keeping.obstacle(item) == ""
        with pytest.raises(RetentionError, match="lifted already"):
            keeping.propose_lift(hold, by=alice, reason="The matter is closed.")
        assert problems() == []

    def test_a_second_hold_outlives_the_first(
        self, item: Evidence, alice: User, erin: User
    ) -> None:
        first = keeping.place_hold(item, by=alice, reason="The regulator asked for it.")
        keeping.place_hold(item, by=alice, reason="A court asked for it too.")
        lift = keeping.propose_lift(first, by=alice, reason="The regulator is done.")
        keeping.decide(lift, by=erin, is_approved=True)
        assert "legal hold" in keeping.obstacle(item)

    def test_it_is_a_leaf_without_its_words(self, item: Evidence, alice: User) -> None:
        keeping.place_hold(item, by=alice, reason="The regulator asked for it.")
        leaf = LedgerEntry.objects.get(kind="hold.placed")
        assert leaf.subject == item.ref
        assert "regulator" not in leaf.leaf

    def test_a_reason_that_was_rewritten_is_found(self, item: Evidence, alice: User) -> None:
        hold = keeping.place_hold(item, by=alice, reason="The regulator asked for it.")
        with append_only.forging():
            type(hold).objects.update(reason="Nobody asked for it.")
        assert any("legal hold" in sentence for sentence in problems())


class TestClasses:
    def test_the_first_class_that_fits_holds(self) -> None:
        made = intake.receive(items.submission(sensitivity="restricted"), actor="system")
        assert retention.kept(made).class_name == "restricted"
        ordinary = intake.receive(items.submission(content=b"b"), actor="system")
        assert retention.kept(ordinary).class_name == "ordinary"
        assert retention.kept(made).until < retention.kept(ordinary).until

    def test_an_installation_may_bring_its_own_file(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        own = tmp_path / "own.yaml"
        own.write_text("audit_period_months: 6\nclasses:\n  - {name: all, title: All, years: 1}\n")
        settings.RETENTION_FILE = str(own)
        made = intake.receive(items.submission(), actor="system")
        last = max(made.covers_to, made.received_at.date())
        assert retention.kept(made).until == retention._after(last, 18)

    @pytest.mark.parametrize(
        "text", ["", "classes: []", "[", "audit_period_months: 0"], ids=["a", "b", "c", "d"]
    )
    def test_a_file_that_cannot_be_read_is_told(
        self, settings: Settings, tmp_path: Path, text: str
    ) -> None:
        own = tmp_path / "own.yaml"
        own.write_text(text)
        settings.RETENTION_FILE = str(own)
        made = intake.receive(items.submission(), actor="system")
        with pytest.raises(RetentionError, match="cannot be read"):
            retention.kept(made)


@given(day=st.dates(date(1990, 1, 1), date(2100, 1, 1)), months=st.integers(1, 1300))
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int) -> None:
    later = retention._after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


def test_a_row_that_was_never_there_is_no_disposal() -> None:
    stored = store.put(io.BytesIO(b"content"))
    with transaction.atomic():
        store.record([stored])
    assert disposed.sentences([stored.sha256, "0" * 64]) == {}
