"""Attacks of the threat model that meet several rooms: each works where a wall is taken down.

The numbers are those of the table in docs/SECURITY.md. First the attack is shown to succeed against
a copy that was weakened (a guard lifted, a rule left out), then what finds or refuses it.
"""

import json
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts import journal
from accounts.models import User
from audits import assertion, sampling
from audits.errors import DrawError, PopulationRefusedError
from audits.models import Assertion, Draw, Engagement, SampleItem
from collectors.models import Run
from controls import loader
from controls.models import Control, ControlVersion
from evidence import checkpoint, intake, review, seal, store, verification
from evidence.errors import FilenameError, ReviewError
from evidence.log_models import TimeStamp
from evidence.models import BlobKey, Evidence, LedgerEntry, Population, Review
from tests import cast
from tests.append_only import forging
from tests.audits import sealing
from tests.audits.world import World
from tests.collectors import world as collecting
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def world(alice: User) -> World:
    return World(alice)


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


def found() -> list[str]:
    """The sentences of a whole check of the log."""
    check = verification.go_on(verification.begin())
    return list(check.problems.values_list("sentence", flat=True))


def forged(model: Any, pk: object, **columns: object) -> None:
    """Change a row with the guards of the database lifted; with them it is refused."""
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=pk).update(**columns)
    with forging():
        assert model.objects.filter(pk=pk).update(**columns) == 1


def test_43_a_clock_that_is_set_back_does_not_reorder_the_log() -> None:
    """Leaves keep their order whatever the clock says, and an authority outside knows the time."""
    for name in ("one", "two"):
        intake.receive(items.submission(title=name), actor="system")
    signed, now = checkpoint.sign(), timezone.now()
    back = now - timedelta(days=10)
    # Without anybody outside, a machine whose clock stands ten days back tells its own story.
    assert found() == []
    TimeStamp.objects.create(
        checkpoint=signed,
        authority="https://tsa.example",
        token=b"token",
        stated_at=now,
        received_at=back,
    )
    assert any("when the clock of this machine said" in sentence for sentence in found())
    moments = LedgerEntry.objects.order_by("index").values_list("recorded_at", flat=True)
    assert list(moments) == sorted(moments)


def test_52_a_page_with_a_script_is_saved_and_runs_nowhere(client: Client, alice: User) -> None:
    script = b"<html><script>fetch('/admin/')</script>"
    item = intake.receive(items.submission(content=script, filename="page.html"), actor="system")
    cast.sign_in(client, alice)
    answer: Any = client.post(f"/admin/evidence/evidence/{item.pk}/download/")
    # The bytes are the ones that were handed in: it is the headers that keep them from running.
    assert b"".join(answer) == script
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    page = client.get(f"/admin/evidence/evidence/{item.pk}/").content
    assert b"fetch('/admin/')" not in page


@pytest.mark.parametrize(
    "name",
    ["invoice\u202efdp.exe", "a\r\nSet-Cookie: x=1.txt", "bell\a.txt", "zero\u200bwidth.txt"],
    ids=["turned around", "line end", "control", "invisible"],
)
def test_53_a_name_that_turns_around_is_refused_or_harmless(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with pytest.raises(FilenameError):
        intake.receive(items.submission(filename=name), actor="system")
    # Past that rule the name would be kept as it is; the header still holds one line of ASCII.
    monkeypatch.setattr(intake, "safe_filename", lambda given: given)
    item = intake.receive(items.submission(filename=name), actor="system")
    assert item.filename == name
    cast.sign_in(client, alice)
    answer: Any = client.post(f"/admin/evidence/evidence/{item.pk}/download/")
    assert b"".join(answer)
    assert answer["Content-Disposition"].isascii()
    assert answer["Content-Disposition"].isprintable()
    assert "Set-Cookie" not in answer


def test_59_a_draw_that_was_rolled_again_stands_beside_the_first(
    world: World, engagement: Engagement, bob: User
) -> None:
    sealing.admit(engagement, bob, by=world.alice)
    population = sealing.sealed(world, engagement)
    unwanted = sealing.drawn(population, bob)
    row = unwanted.said["rows"][0]
    # Where nobody kept draws, a nonce that leaves a deviation out is found at once.
    tries = (
        sampling.draw(
            sampling.seed_of(
                table_sha256=population.table_sha256,
                control="AC-01",
                start=world.start,
                end=world.end,
                nonce=f"harbour try {number}",
            ),
            method=sampling.Method.RANDOM,
            size=10,
            count=population.row_count,
        )
        for number in range(50)
    )
    assert any(row not in rows for rows in tries)
    with pytest.raises(DrawError, match="was drawn already"):
        sealing.drawn(population, bob, nonce="another nonce")
    second = sealing.drawn(population, bob, nonce="another nonce", reason="We liked it better.")
    assert list(population.draws.values_list("number", flat=True)) == [2, 1]
    assert row in population.draws.get(number=1).said["rows"]
    leaves = LedgerEntry.objects.filter(kind="draw")
    assert [leaf.subject for leaf in leaves.order_by("index")] == [unwanted.ref, second.ref]
    # Whoever deletes the first with the database in hand is found by its leaf.
    with pytest.raises(DatabaseError), transaction.atomic():
        unwanted.delete()
    with forging():
        SampleItem.objects.filter(draw=unwanted)._raw_delete("default")
        Draw.objects.filter(pk=unwanted.pk)._raw_delete("default")
    assert any("which is gone" in sentence for sentence in found())


def test_60_a_population_that_was_filtered_is_not_sealed(
    world: World, engagement: Engagement
) -> None:
    """Two rows are taken out before the list is logged; its source still counts 60."""
    filtered = [row for row in sealing.changes(60) if row[3] not in {59, 60}]
    item = sealing.item(world, filtered, source_count=60)
    with pytest.raises(PopulationRefusedError, match="counted 60"):
        sealing.sealed(world, engagement, item)
    # Who has the count of the source changed along is found by the leaf of the item.
    forged(Population, item.population.pk, ipe={**item.population.ipe, "source_count": 58})
    changed = Evidence.objects.get(pk=item.pk)
    assert sealing.sealed(world, engagement, changed).row_count == 58
    assert any("metadata_sha256" in sentence for sentence in found())


def test_61_a_failed_run_that_is_dropped_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    collecting.install(monkeypatch, collecting.failing(ValueError("No answer.")))
    source = collecting.source()
    failed = collecting.collect(source)
    collecting.collect(source, key="ticket-2")
    assert (failed.state, found()) == ("failed", [])
    with pytest.raises(DatabaseError), transaction.atomic():
        failed.delete()
    with forging():
        Run.objects.filter(pk=failed.pk)._raw_delete("default")
    # Without the log nobody would know: the list of runs shows one that went well.
    assert [run.state for run in Run.objects.all()] != ["failed"]
    assert Run.objects.count() == 1
    assert any("a row of run, which is gone" in sentence for sentence in found())


def test_62_a_period_that_was_changed_contradicts_its_leaf() -> None:
    item = intake.receive(items.submission(), actor="system")
    forged(Evidence, item.pk, covers_to=date(2026, 12, 31))
    assert Evidence.objects.get(pk=item.pk).covers_to == date(2026, 12, 31)
    (sentence,) = found()
    assert "no longer says what its leaf says" in sentence
    assert "covers_to" in sentence


def test_63_nobody_approves_what_they_prepared(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = intake.receive(items.submission(prepared_by=alice), actor="system")
    with pytest.raises(ReviewError, match="prepared this item yourself"):
        review.accept(item, reviewer=alice)
    # With the rule left out it goes through; the leaf says who prepared and who approved, so the
    # verifier refuses the pack (an_item_is_reviewed_by_its_preparer).
    monkeypatch.setattr(review, "_check", lambda *_: None)
    decided = review.accept(item, reviewer=alice)
    told = json.loads(Review.objects.get(pk=decided.pk).ledger_entry.leaf)["body"]
    assert told["reviewer"] == told["prepared_by"] == f"user:{alice.pk}"


def test_64_a_wording_that_was_changed_after_the_test_is_found(
    alice: User, control: Callable[[str], Control]
) -> None:
    tested = control("Every change is reviewed before it is merged.")
    version = ControlVersion.objects.get(control=tested)
    assert found() == []
    forged(ControlVersion, version.pk, statement="Changes may be reviewed.")
    assert ControlVersion.objects.get(pk=version.pk).statement == "Changes may be reviewed."
    assert found() == ["The wording of the control is no longer the one that its leaf recorded."]
    with forging():
        ControlVersion.objects.filter(pk=version.pk)._raw_delete("default")
    assert found() == ["The leaf tells about a wording of the control, which is gone."]


@pytest.fixture
def control() -> Callable[[str], Control]:
    """A control whose wording was recorded as the loader does it."""

    def recorded(statement: str) -> Control:
        made = Control.objects.create(
            ref="CM-01", title="Changes", area="change", owner_role="engineer", nature="manual"
        )
        wording = loader.Wording(
            control=made.ref, number=1, old="", new=statement, effective_from=date(2026, 1, 1)
        )
        with transaction.atomic():
            loader._record(wording, "system")
        return made

    return recorded


def test_65_what_was_changed_after_the_signature_is_found(
    world: World, engagement: Engagement
) -> None:
    """Management's assertion stands for every text that is signed here, as SAQ answers will be."""
    erin = cast.person("executive")
    written = assertion.write_assertion(engagement, text="All went well.", by=world.alice)
    signed = journal.digest(written.text)
    assertion.sign_assertion(written, text_sha256=signed, position="CEO", by=erin)
    forged(Assertion, written.pk, text="All went very well.")
    standing = assertion.standing(engagement).signed
    assert standing
    assert Assertion.objects.get(pk=written.pk).text == "All went very well."
    assert standing.text_sha256 == signed
    assert any("no longer says what its leaf says" in sentence for sentence in found())


def test_66_what_was_taken_out_of_an_original_is_found(var_dir: Path) -> None:
    """Whoever holds the sealing key can exchange the bytes; the digest stands in the leaf."""
    item = intake.receive(items.submission(), actor="system")
    key = BlobKey.objects.get(pk=item.blob_id)
    data_key = seal.unwrap(bytes(key.wrapped_key), digest=item.blob_id)
    cut = b"".join(store.stream(item.blob_id)).replace(b"2026-10-05,ok\n", b"")
    sealed = seal.seal_chunk(AESGCM(data_key), 0, cut, last=True)
    (var_dir / "store" / key.location).write_bytes(sealed)
    # A reader that asks no digest is deceived.
    assert store.open_blob(item.blob_id).read() == cut
    assert found() != []
    # What may be taken out is a version of its own, with the original still named by its leaf.
    redacted = intake.receive(
        items.submission(content=cut, supersedes=item, title="Redacted"), actor="system"
    )
    told = json.loads(redacted.ledger_entry.leaf)["body"]
    assert told["supersedes"] == item.ref
    assert Evidence.objects.filter(pk=item.pk).exists()


def test_the_forger_can_do_it_only_with_the_guards_lifted() -> None:
    """Else `forging` would prove nothing."""
    item = intake.receive(items.submission(content=BytesIO(b"x")), actor="system")
    for change in ({"title": "Better"}, {"covers_from": date(2020, 1, 1)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Evidence.objects.filter(pk=item.pk).update(**change)
