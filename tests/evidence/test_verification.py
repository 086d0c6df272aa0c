"""The check of the whole log: what it finds, how it goes on, and how it raises an alarm."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.utils import timezone

from accounts.models import User
from audits.models import AccessNote, Assertion, Pack
from collectors.models import Run
from evidence import (
    checkpoint,
    exhibit,
    intake,
    ledger,
    merkle,
    review,
    seal,
    store,
    tasks,
    told,
    verification,
)
from evidence import verification_stages as stages
from evidence.log_models import LogCheck
from evidence.models import (
    BlobKey,
    Checkpoint,
    Claim,
    Evidence,
    LedgerEntry,
    LedgerNode,
    Review,
)
from evidence.standing import of_log
from jobs import performing
from jobs.models import Job
from registers.models import EntryVersion
from tests.append_only import forging
from tests.audits.world import World
from tests.collectors import world as collecting
from tests.compliance.samples import Samples
from tests.evidence import items
from tests.evidence.test_signing import grow
from tests.portal import house as houses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def checked() -> LogCheck:
    return verification.go_on(verification.begin())


def found() -> list[tuple[str, str]]:
    """What a whole check finds."""
    return list(checked().problems.values_list("subject", "sentence"))


def update(model: Any, pk: object, **columns: object) -> None:
    """Change a row as whoever owns the database can, past every guard."""
    with forging():
        assert model.objects.filter(pk=pk).update(**columns) == 1


def delete(model: Any, pk: Any) -> None:
    with forging(), connection.cursor() as cursor:
        column = model._meta.pk.column
        cursor.execute(f'DELETE FROM {model._meta.db_table} WHERE "{column}" = %s', [pk])


@pytest.fixture
def item() -> Evidence:
    return intake.receive(items.submission(), actor="system")


def test_a_house_full_of_deeds_has_no_problem(alice: User, bob: User) -> None:
    Samples(houses.sampled(houses.build(World(alice), bob)))
    checkpoint.sign()
    check = checked()
    # The one run of this house was made by hand, with a leaf that says nothing.
    real = check.problems.exclude(subject__endswith="(RUN-000001)")
    # Nor has any authority signed the time-stamp of this house.
    real = real.exclude(sentence__startswith="The time-stamp of https://tsa.example")
    assert list(real.values_list("subject", "sentence")) == []
    assert check.finished_at
    assert check.done == stages.things(check.size)
    kinds = set(LedgerEntry.objects.values_list("kind", flat=True))
    assert sum(any(one.is_about(kind) for kind in kinds) for one in told.all_told()) > 13
    assert {Run, Pack, EntryVersion, Assertion} <= {one.model for one in told.all_told()}


def test_runs_that_were_made_by_collectors_have_no_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collecting.install(monkeypatch)
    source = collecting.source(expectations=[items.expectation(collector="doors")])
    collecting.collect(source)
    collecting.install(monkeypatch, collecting.failing(ValueError("No answer.")))
    collecting.collect(source, key="ticket-2")
    assert set(Run.objects.values_list("state", flat=True)) == {"complete", "failed"}
    assert found() == []
    update(Run, Run.objects.get(state="failed").pk, reason="The door was open.")
    ((_, sentence),) = found()
    assert sentence.endswith(": reason_sha256.")


def test_every_table_that_names_a_leaf_is_told_about() -> None:
    naming = {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if getattr(field, "related_model", None) is LedgerEntry
        and isinstance(field, models.ForeignKey)
        and not field.null
    }
    assert naming == {one.model for one in told.all_told()}


def test_a_changed_row_is_shown_as_true_until_it_is_checked(item: Evidence) -> None:
    update(Evidence, item.pk, collected_at=timezone.now())
    changed = Evidence.objects.get(pk=item.pk)
    assert changed.collected_at != item.collected_at
    (problem,) = found()
    assert problem == (
        f"leaf 0 ({item.ref})",
        "The row of evidence no longer says what its leaf says: collected_at.",
    )
    assert not exhibit.agrees_with_leaf(changed)


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        pytest.param({"title": "Better"}, "metadata_sha256", id="title"),
        pytest.param({"covers_to": "2031-01-01"}, "covers_to", id="period"),
        pytest.param({"version": 7}, "version", id="version"),
        pytest.param({"run_ref": "RUN-9"}, "run", id="run"),
    ],
)
def test_each_fact_of_an_item_is_held_to_its_leaf(
    item: Evidence, columns: dict[str, object], named: str
) -> None:
    update(Evidence, item.pk, **columns)
    assert [sentence for _, sentence in found() if sentence.endswith(f": {named}.")]


def test_a_claim_that_was_slipped_in_is_found(alice: User, bob: User) -> None:
    house = houses.build(World(alice), bob)
    other = Claim.objects.exclude(evidence=house.staff).select_related("expectation")[0]
    Claim.of(house.staff, other.expectation).save()
    assert any("expectations" in sentence for _, sentence in found())


def test_a_deleted_row_is_found(item: Evidence, alice: User) -> None:
    decided = review.accept(item, reviewer=alice)
    delete(Review, decided.pk)
    assert found() == [
        (f"leaf 1 ({item.ref})", "The leaf tells about a row of review, which is gone.")
    ]


def test_a_row_that_borrows_the_leaf_of_another_is_found(item: Evidence, alice: User) -> None:
    decided = review.accept(item, reviewer=alice)
    grow()
    update(Review, decided.pk, ledger_entry=2)
    assert sorted(sentence.split(",")[0] for _, sentence in found()) == [
        "A row of review names this leaf",
        "The leaf tells about a row of review",
    ]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        pytest.param("leaf", '{"kind":"note"}', "does not have the hash", id="text"),
        pytest.param("kind", "other", "says another kind", id="kind"),
        pytest.param("actor", "user:1", "says another actor", id="actor"),
    ],
)
def test_a_changed_leaf_is_found(column: str, value: str, said: str) -> None:
    grow(3)
    update(LedgerEntry, 1, **{column: value})
    ((subject, sentence),) = found()
    assert subject == "leaf 1"
    assert said in sentence


def test_a_leaf_that_was_forged_with_its_hash_contradicts_the_checkpoint() -> None:
    grow(3)
    checkpoint.sign()
    other = LedgerEntry.objects.get(pk=2).leaf.replace('"note"', '"nope"')
    forged = {"leaf": other, "kind": "nope", "leaf_hash": merkle.leaf_hash(other.encode())}
    update(LedgerEntry, 2, **forged)
    assert found() == [("checkpoint 3", "The leaves do not give the root that was signed.")]


def test_a_deleted_leaf_is_found() -> None:
    grow(3)
    delete(LedgerEntry, 1)
    assert ("leaf 1", "The leaf is gone.") in found()


def test_a_changed_node_is_found() -> None:
    grow(600)
    update(LedgerNode, LedgerNode.objects.get(level=1, index=1).pk, hash=bytes(32))
    assert found() == [("node 1/1", "The node is not the hash of the nodes below it.")]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        pytest.param({"size": 3}, "another size or root", id="size"),
        pytest.param({"root": bytes(32)}, "another size or root", id="root"),
        pytest.param({"note": "no note"}, "note", id="note"),
    ],
)
def test_a_changed_checkpoint_is_found(columns: dict[str, object], said: str) -> None:
    grow(2)
    signed = checkpoint.sign()
    grow(2)
    update(Checkpoint, signed.pk, **columns)
    ((_, sentence),) = found()
    assert said in sentence


def swapped(digest: str, var_dir: Path) -> Path:
    key = BlobKey.objects.get(pk=digest)
    path: Path = var_dir / "store" / key.location
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    return path


def test_a_changed_file_is_found(item: Evidence, var_dir: Path) -> None:
    swapped(item.blob_id, var_dir)
    ((subject, sentence),) = found()
    assert subject == f"blob {item.blob_id}"
    assert "changed or damaged" in sentence


def test_other_bytes_sealed_under_the_name_of_the_true_ones_are_found(
    item: Evidence, var_dir: Path
) -> None:
    """Whoever holds the sealing key can do this; a reader that asks no digest is deceived."""
    key = BlobKey.objects.get(pk=item.blob_id)
    data_key = seal.unwrap(bytes(key.wrapped_key), digest=item.blob_id, key_id=key.key_id)
    plain = b"".join(store.stream(item.blob_id))
    forged = plain.replace(b"ok", b"OK")
    sealed = seal.seal_chunk(AESGCM(data_key), 0, forged, last=True)
    (var_dir / "store" / key.location).write_bytes(sealed)
    assert store.open_blob(item.blob_id).read() == forged
    assert [subject for subject, _ in found()] == [f"blob {item.blob_id}"]


def test_a_missing_file_is_found(item: Evidence, var_dir: Path) -> None:
    swapped(item.blob_id, var_dir).unlink()
    ((_, sentence),) = found()
    assert "is gone" in sentence


def test_a_guard_that_was_taken_away_is_found() -> None:
    table = AccessNote._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {table}_append_only_update")
        else:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    assert [subject for subject, _ in found()] == [table]


def test_it_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "LEAVES", 10)
    grow(35)
    check = verification.begin()
    verification._step(check)
    check.refresh_from_db()
    assert (check.stage, check.cursor, check.done) == ("leaves", "10", 10)
    again = verification.begin()
    assert again.pk == check.pk
    assert verification.go_on(again).finished_at
    assert again.done == stages.things(35)


def test_two_that_check_at_once_count_each_step_once() -> None:
    grow(3)
    first, second = verification.begin(), verification.begin()
    verification._step(first)
    verification._step(second)
    assert LogCheck.objects.get().done == 3


def test_the_result_is_a_leaf_and_problems_are_an_alarm_until_a_clean_check() -> None:
    grow(3)
    text = LedgerEntry.objects.get(pk=1).actor
    update(LedgerEntry, 1, actor="user:9")
    check = checked()
    assert of_log().problems == check.problem_count == 1
    assert '"problems":' in LedgerEntry.objects.get(kind="log.checked").leaf
    update(LedgerEntry, 1, actor=text)
    assert checked().problem_count == 0
    assert of_log().is_well


def test_a_night_checks_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(verification, "SLICES_A_NIGHT", 3)
    grow(3)
    tasks.verify_nightly(timezone.now())
    assert performing.drain() == 3
    assert LogCheck.objects.get().finished_at is None
    monkeypatch.setattr(verification, "SLICE_SECONDS", 60.0)
    Job.objects.all().delete()
    tasks.verify_nightly(timezone.now())
    assert performing.drain() == 1
    assert LogCheck.objects.get().finished_at


def test_the_command_says_that_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    grow(3)
    call_command("verify_ledger")
    assert "Log of 3 leaves" in capsys.readouterr().out


def test_the_command_names_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    grow(3)
    update(LedgerEntry, 1, actor="user:9")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger")
    assert ended.value.code == 1
    assert "leaf 1: The row of the leaf says another actor." in capsys.readouterr().out


def test_the_command_stops_when_its_time_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    grow(3)
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", seconds=0.0)
    assert ended.value.code == 3
    assert "Not finished" in capsys.readouterr().out
    call_command("verify_ledger")


def test_a_log_that_grows_meanwhile_is_checked_as_it_was_at_the_start() -> None:
    grow(3)
    check = verification.begin()
    grow(2)
    verification.go_on(check)
    assert check.size == 3
    assert ledger.size() == 6
    assert check.problem_count == 0
