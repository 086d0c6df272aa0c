"""The audit pack is what the verifier accepts, the same bytes each time, and says what it lacks."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audits import packs
from audits.errors import PackDamagedError
from audits.models import Engagement, Pack
from controls.models import Control, ControlVersion
from evidence import given_out, keys, ledger, review, signed_note
from evidence.errors import BlobDamagedError, BlobMissingError, SigningRefusedError
from evidence.ledger import Draft
from evidence.models import BlobKey, Claim, Evidence, LedgerEntry, Population
from evidence.stores.filesystem import path_of
from reports import audit_pack_zip
from reports.errors import ContradictionError
from tests.append_only import forging
from tests.audits.world import SECURITY, World, hand_in, submission
from tests.reports.making import (
    engagement_with_evidence,
    frozen,
    many,
    members,
    verify,
    with_table,
    written,
)

pytestmark = pytest.mark.usefixtures("no_pdf")


class TestVerification:
    def test_the_verifier_accepts_it(self, world: World, tmp_path: Path) -> None:
        said = verify(written(frozen(world)), tmp_path)
        assert (said.returncode, said.stdout.splitlines()[-1]) == (0, "VALID"), said.stdout
        assert "4 items" in said.stdout
        assert "declares 7 shortfalls" in said.stdout

    @pytest.mark.usefixtures("pdf")
    def test_the_verifier_accepts_it_with_a_pdf(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()
        content = written(frozen(world))
        assert members(content)["cover.pdf"].startswith(b"%PDF-")
        assert verify(content, tmp_path).returncode == 0

    @pytest.mark.parametrize(
        "name",
        [
            "evidence/EV-000001/staff.csv",
            "manifest.json",
            "shortfall.csv",
            "checkpoint.txt",
            "statement.dsse.json",
            "cover.html",
        ],
    )
    def test_a_flipped_byte_is_refused(self, world: World, tmp_path: Path, name: str) -> None:
        content = bytearray(written(frozen(world)))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            info = archive.getinfo(name)
        start = info.header_offset + 30 + len(info.filename.encode())
        content[start + info.file_size // 2] ^= 1
        said = verify(bytes(content), tmp_path)
        assert (said.returncode, said.stdout.splitlines()[-1]) == (1, "INVALID")

    def test_another_installations_key_is_refused(self, world: World, tmp_path: Path) -> None:
        stranger = signed_note.Signer(keys.log_origin(), Ed25519PrivateKey.generate())
        said = verify(written(frozen(world)), tmp_path, key=stranger.verifier.vkey)
        assert said.returncode == 1

    def test_a_pack_of_nothing_but_its_shortfall_is_valid(
        self, world: World, tmp_path: Path
    ) -> None:
        content = written(packs.freeze(world.engagement(), by=None))
        assert verify(content, tmp_path).returncode == 0
        assert json.loads(members(content)["manifest.json"])["items"] == []

    def test_a_log_of_several_tiles_is_proved(self, world: World, tmp_path: Path) -> None:
        many(world, 3)
        with transaction.atomic():
            ledger.append_many([Draft("run", f"run {n}", {}, "system") for n in range(700)])
        many_more = many(world, 3)
        for item in many_more:
            review.accept(item, reviewer=world.alice)
        content = written(packs.freeze(world.engagement(), by=None))
        said = verify(content, tmp_path)
        assert said.returncode == 0, said.stdout
        assert "6 items, bound by 9 entries" in said.stdout

    def test_a_replaced_version_of_another_period_is_there_for_the_verifier(
        self, world: World, tmp_path: Path
    ) -> None:
        first = hand_in(submission(b"before the window", world.start.replace(month=5)))
        hand_in(submission(b"within", world.start, world.end, world.leavers, supersedes=first))
        said = verify(written(packs.freeze(world.engagement(), by=None)), tmp_path)
        assert said.returncode == 0, said.stdout


class TestSameBytes:
    def test_the_same_pack_gives_the_same_bytes(self, world: World) -> None:
        pack = frozen(world)
        assert written(pack) == written(Pack.objects.get(pk=pack.pk))

    @pytest.mark.usefixtures("pdf")
    def test_a_pdf_does_not_change_that(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()
        pack = frozen(world)
        assert written(pack) == written(pack)

    def test_what_changes_afterwards_changes_nothing(self, world: World, settings: object) -> None:
        pack = frozen(world)
        before = written(pack)
        settings.ORGANISATION = "Renamed Ltd"  # type: ignore[attr-defined]
        settings.ORGANISATION_TIME_ZONE = "Asia/Tokyo"  # type: ignore[attr-defined]
        Control.objects.update(title="Reworded")
        world.mfa.title = "Reworded"
        world.mfa.save()
        ControlVersion.objects.create(
            control=world.access,
            number=2,
            statement="A later wording",
            effective_from=world.start,
            digest="2" * 64,
        )
        User.objects.update(full_name="Somebody Else")
        pack.engagement.title = "Another title"
        pack.engagement.save()
        pack.engagement.categories.all().delete()
        review.accept(Evidence.objects.latest("id"), reviewer=world.alice)
        many(world, 2)
        packs.freeze(pack.engagement, by=None)
        assert written(Pack.objects.get(pk=pack.pk)) == before

    def test_a_stream_and_a_file_get_the_same_bytes(self, world: World, tmp_path: Path) -> None:
        class Socket(io.RawIOBase):
            def __init__(self) -> None:
                self.content = bytearray()

            def writable(self) -> bool:
                return True

            def write(self, data: Any) -> int:
                self.content += data
                return len(data)

        pack = frozen(world)
        socket, path = Socket(), tmp_path / "pack.zip"
        audit_pack_zip.write(pack, socket)  # type: ignore[arg-type]
        with path.open("wb") as file:
            audit_pack_zip.write(pack, file)
        assert bytes(socket.content) == path.read_bytes()


class TestContents:
    def test_its_members_are_plain_sorted_and_dateless(self, world: World) -> None:
        with zipfile.ZipFile(io.BytesIO(written(frozen(world)))) as archive:
            infos = archive.infolist()
        names = [info.filename for info in infos]
        assert names == sorted(names)
        assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in infos} == {0o100644}
        assert {info.create_system for info in infos} == {3}

    def test_it_holds_the_original_bytes(self, world: World) -> None:
        found = members(written(frozen(world)))
        assert found["evidence/EV-000004/Ö b.bin"] == b"late\x00bytes"
        for item in Evidence.objects.all():
            name = f"evidence/{item.ref}/{item.filename}"
            assert hashlib.sha256(found[name]).hexdigest() == item.blob_id

    def test_it_holds_the_table_where_the_original_is_another_file(
        self, world: World, tmp_path: Path
    ) -> None:
        item = with_table(world, tmp_path)
        content = written(packs.freeze(world.engagement(), by=None))
        found = members(content)
        assert found[f"evidence/{item.ref}/staff.xlsx"] == b"PK a workbook"
        assert found[f"tables/{item.ref}.csv"].startswith(b"person_id,has_mfa\n")
        assert verify(content, tmp_path).returncode == 0

    def test_a_file_name_that_some_systems_cannot_keep_is_changed_on_the_way_only(
        self, world: World, tmp_path: Path
    ) -> None:
        hand_in(submission(b"x", world.start, world.end, world.leavers, filename="a:b?\u00a0c ."))
        hand_in(submission(b"y", world.start, world.end, world.leavers, filename="con.txt"))
        content = written(packs.freeze(world.engagement(), by=None))
        manifest = json.loads(members(content)["manifest.json"])
        assert [item["path"].split("/")[-1] for item in manifest["items"]] == [
            "a_b__c",
            "_con.txt",
        ]
        assert manifest["items"][0]["metadata"]["filename"] == "a:b?\u00a0c ."
        assert verify(content, tmp_path).returncode == 0

    def test_the_manifest_is_canonical_and_says_what_each_item_is(self, world: World) -> None:
        raw = members(written(frozen(world)))["manifest.json"]
        manifest = json.loads(raw)
        assert raw == ledger.canonical(manifest)
        assert [item["status"] for item in manifest["items"]] == [
            "superseded",
            "current",
            "returned",
            "awaiting review",
        ]
        item = manifest["items"][1]
        assert [leaf["kind"] for leaf in item["leaves"]] == ["evidence", "check", "review"]
        assert (item["controls"], item["criteria"]) == (["AC-01"], ["CC6.1"])
        assert item["expectations"] == ["staff-mfa-state"]
        assert manifest["engagement"]["categories"][0] == {
            "name": SECURITY,
            "reason": f"Customers ask for {SECURITY}.",
            "ground": "required",
        }

    def test_the_shortfall_is_in_the_manifest_and_in_its_own_file(self, world: World) -> None:
        found = members(written(frozen(world)))
        listed = json.loads(found["manifest.json"])["shortfall"]
        assert listed[0] == {
            "expectation": "leavers",
            "control": "AC-01",
            "from": "2026-06-01",
            "to": "2026-06-30",
            "state": "missed",
            "reason": "Nothing that covers it came by 2026-07-05.",
        }
        lines = found["shortfall.csv"].decode("utf-8-sig").splitlines()
        assert len(lines) == len(listed) + 1

    def test_the_plain_list_of_digests_names_every_other_file(self, world: World) -> None:
        found = members(written(frozen(world)))
        lines = [line.split("  ", 1) for line in found["SHA256SUMS"].decode().splitlines()]
        listed = {name: digest for digest, name in lines}
        assert listed == {
            name: hashlib.sha256(content).hexdigest()
            for name, content in found.items()
            if name not in {"SHA256SUMS", "statement.dsse.json", "statement.sigstore.json"}
        }

    def test_the_readme_names_the_cover_that_is_there(self, world: World) -> None:
        found = members(written(frozen(world)))
        text = found["README.txt"].decode()
        assert "cover.html" in text
        assert "lacked the libraries" in text
        assert "7 of them fell short" in " ".join(text.split())
        assert max(len(line) for line in text.splitlines()) <= 78

    def test_the_verifier_comes_along_unchanged(self, world: World) -> None:
        assert members(written(frozen(world)))["verify.py"] == audit_pack_zip.VERIFIER.read_bytes()

    def test_names_of_people_stay_out_of_the_leaves(self, world: World) -> None:
        found = members(written(frozen(world)))
        leaves = b"".join(text for name, text in found.items() if name.startswith("leaves/"))
        assert b"Alice" not in leaves


class TestRefusals:
    @pytest.fixture
    def pack(self, world: World) -> Pack:
        return frozen(world)

    def refuse(self, pack: Pack, error: type[Exception], said: str = ".") -> None:
        target = io.BytesIO()
        with pytest.raises(error, match=said):
            audit_pack_zip.write(Pack.objects.get(pk=pack.pk), target)
        assert not zipfile.is_zipfile(target)

    @pytest.mark.parametrize(
        "change",
        [
            lambda item: item.update(title="Another title"),
            lambda item: item.update(covers_to="2026-08-31"),
            lambda item: item.update(blob="0" * 64),
        ],
    )
    def test_a_changed_row_is_not_packed(
        self, pack: Pack, change: Callable[[object], object]
    ) -> None:
        store_twin = Evidence.objects.latest("id").blob
        with forging():
            store_twin.pk = "0" * 64
            store_twin.save(force_insert=True)
            change(Evidence.objects.filter(ref="EV-000002"))
        self.refuse(pack, ContradictionError, "EV-000002")

    def test_a_changed_population_record_is_not_packed(self, pack: Pack) -> None:
        with forging():
            Population.objects.update(row_count=4)
        self.refuse(pack, ContradictionError, "EV-000001")

    def test_a_removed_row_is_not_passed_over(self, pack: Pack) -> None:
        item = Evidence.objects.get(ref="EV-000004")
        with forging():
            Claim.objects.filter(evidence=item).delete()
            item.delete()
        self.refuse(pack, ContradictionError, "EV-000004")

    def test_a_changed_leaf_is_not_packed(self, pack: Pack) -> None:
        entry = LedgerEntry.objects.filter(kind="review").first()
        assert entry
        with forging():
            entry.leaf = entry.leaf.replace("accepted", "returned")
            entry.save()
        self.refuse(pack, ContradictionError, f"Entry {entry.index} ")

    def test_a_removed_leaf_is_not_passed_over(self, pack: Pack) -> None:
        index = packs.selection_of(pack).items[0].leaves[1]
        with forging(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM evidence_checkresult WHERE ledger_entry_id = %s", [index])
            cursor.execute('DELETE FROM evidence_ledgerentry WHERE "index" = %s', [index])
        self.refuse(pack, ContradictionError, f"no entry {index}")

    def test_a_changed_selection_is_not_written(self, pack: Pack) -> None:
        with forging():
            Pack.objects.update(selection=pack.selection.replace("missed", "exempt"))
        self.refuse(pack, PackDamagedError)

    def test_a_damaged_file_is_not_packed(self, pack: Pack) -> None:
        path = path_of(self.key().location)
        path.chmod(0o600)
        content = bytearray(path.read_bytes())
        content[5] ^= 1
        path.write_bytes(content)
        self.refuse(pack, BlobDamagedError)

    def test_a_missing_file_is_not_passed_over(self, pack: Pack) -> None:
        path_of(self.key().location).unlink()
        self.refuse(pack, BlobMissingError)

    def test_a_shredded_file_is_not_passed_over(self, pack: Pack) -> None:
        self.key().delete()
        self.refuse(pack, BlobMissingError)

    def key(self) -> BlobKey:
        return BlobKey.objects.get(pk=Evidence.objects.get(ref="EV-000002").blob_id)


def test_it_tells_how_far_it_is(world: World) -> None:
    pack = frozen(world)
    told: list[tuple[int, int, str]] = []
    audit_pack_zip.write(
        pack, io.BytesIO(), progress=lambda done, total, note: told.append((done, total, note))
    )
    assert told[0] == (0, 0, "Describing item 1 of 4")
    streamed = told[1:]
    assert [done for done, *_ in streamed] == sorted(done for done, *_ in streamed)
    assert streamed[-1][0] == streamed[-1][1] > 0


def test_it_asks_the_database_no_more_for_many_items_than_for_few(world: World) -> None:
    def asked(engagement: Engagement) -> int:
        pack = packs.freeze(engagement, by=None)
        with CaptureQueriesContext(connection) as queries:
            written(pack)
        return len(queries)

    engagement = engagement_with_evidence(world)
    # Every pack but the first one also proves that the log went on since the pack before.
    packs.freeze(engagement, by=None)
    few = asked(engagement)
    many(world, 30)
    assert asked(engagement) <= few


def test_scratch_is_left_clean_even_after_a_refusal(world: World, settings: object) -> None:
    written(pack := frozen(world))
    BlobKey.objects.all().delete()
    with pytest.raises(BlobMissingError):
        written(pack)
    assert list(Path(settings.SCRATCH_DIR).iterdir()) == []  # type: ignore[attr-defined]


def test_its_checkpoint_is_kept_beside_the_key_before_it_is_written(world: World) -> None:
    written(pack := frozen(world))
    assert given_out.read() == pack.checkpoint.note


def test_it_is_not_written_where_its_checkpoint_cannot_be_kept(world: World) -> None:
    pack = frozen(world)
    given_out.path().mkdir()
    try:
        with pytest.raises(SigningRefusedError, match="cannot be read or written"):
            written(pack)
    finally:
        given_out.path().rmdir()
