"""A cover is signed once and kept, so that a pack has the same bytes whenever it is written."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.conf import settings as configured
from django.db import DatabaseError, transaction

from audits.models import Pack, PackCover
from evidence import store
from evidence.errors import BlobMissingError
from evidence.models import Blob, BlobKey, LedgerEntry
from evidence.stores import filesystem
from reports import audit_pack_zip, issue, pdf_engine, pdf_signature
from reports.errors import ContradictionError, CoverSealError
from reports.pack import cover_seal
from tests.audits.world import World
from tests.reports.making import frozen, members, verify, written
from tests.reports.signing import NAME, Issuer, judged, pyhanko

pytestmark = pytest.mark.usefixtures("pdf")


@pytest.fixture
def pack(world: World) -> Pack:
    return frozen(world)


@pytest.fixture
def issuer(tmp_path: Path, settings: Any) -> Issuer:
    pyhanko("pyhanko")
    folder = tmp_path / "issuer"
    folder.mkdir()
    made = Issuer(folder).issue()
    made.use(settings)
    return made


class TestSigned:
    def test_the_pack_has_a_cover_that_its_issuer_vouches_for(
        self, pack: Pack, issuer: Issuer, tmp_path: Path
    ) -> None:
        content = written(pack)
        paper = members(content)["cover.pdf"]
        assert judged(paper, issuer.root).bottom_line
        with pikepdf.open(io.BytesIO(paper)) as file:
            attached = file.attachments["manifest.json"].get_file().read_bytes()
        assert attached == members(content)["manifest.json"]
        assert verify(content, tmp_path).returncode == 0

    @pytest.mark.usefixtures("issuer")
    def test_it_is_signed_once_and_the_pack_keeps_its_bytes(
        self, pack: Pack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = written(pack)
        monkeypatch.setattr(pdf_signature, "signed", lambda _pdf: pytest.fail("signed again"))
        assert written(pack) == first

    @pytest.mark.usefixtures("issuer")
    def test_it_stays_signed_when_the_certificate_is_gone(self, pack: Pack, settings: Any) -> None:
        first = written(pack)
        settings.PDF_SIGNING_KEY = settings.PDF_SIGNING_CERTIFICATE = ""
        assert written(pack) == first

    @pytest.mark.usefixtures("issuer")
    def test_a_leaf_names_the_digest_of_what_was_signed(self, pack: Pack) -> None:
        paper = members(written(pack))["cover.pdf"]
        kept = PackCover.objects.get()
        leaf = LedgerEntry.objects.get(kind="pack.cover_signed")
        assert kept.ledger_entry == leaf
        assert (leaf.subject, leaf.actor) == (pack.ref, "system")
        assert f'"sha256":"{kept.blob_id}"' in leaf.leaf
        assert store.open_blob(kept.blob_id).read() == paper

    @pytest.mark.usefixtures("issuer")
    def test_the_paper_says_who_signs_it(self, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
        said = []
        monkeypatch.setattr(
            "reports.pdf_engine.Engine.begin",
            lambda _self, html, **_more: said.append(html),
        )
        monkeypatch.setattr("reports.pdf_engine.Engine.result", lambda _self: b"%PDF-")
        monkeypatch.setattr(pdf_signature, "signed", lambda pdf: pdf)
        written(pack)
        assert f"This paper is signed by {NAME} (PAdES)" in said[0]


class TestNotSigned:
    def test_a_pack_that_was_written_before_stays_as_it_was(
        self, pack: Pack, tmp_path: Path, settings: Any
    ) -> None:
        file = issue.issue(pack)
        folder = tmp_path / "issuer"
        folder.mkdir()
        Issuer(folder).issue().use(settings)
        assert store.open_blob(file.sha256).read() == written(pack)
        assert not PackCover.objects.exists()

    @pytest.mark.usefixtures("issuer")
    def test_without_the_engine_there_is_nothing_to_sign(
        self, pack: Pack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pdf_engine, "missing_libraries", lambda: "apt-get install it")
        assert "cover.html" in members(written(pack))
        assert not PackCover.objects.exists()

    def test_a_certificate_that_cannot_be_used_stops_the_pack(
        self, pack: Pack, issuer: Issuer
    ) -> None:
        issuer.key.chmod(0o644)
        with pytest.raises(CoverSealError, match="can be read by others"):
            written(pack)
        assert not PackCover.objects.exists()


class TestKept:
    @pytest.mark.usefixtures("issuer")
    def test_a_kept_cover_of_another_manifest_is_refused(self, pack: Pack) -> None:
        written(pack)
        with pytest.raises(ContradictionError, match="names another manifest"):
            cover_seal.of_pack(pack, "0" * 64, is_pdf=True)

    @pytest.mark.usefixtures("issuer")
    def test_a_kept_cover_that_is_gone_is_told(self, pack: Pack) -> None:
        written(pack)
        filesystem.path_of(BlobKey.objects.get(blob=PackCover.objects.get().blob).location).unlink()
        with pytest.raises(BlobMissingError):
            written(pack)

    @pytest.mark.usefixtures("issuer")
    def test_two_that_sign_at_once_keep_one(
        self, pack: Pack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = cover_seal.of_pack(pack, "1" * 64, is_pdf=True)
        one = cover_seal.of_pack(pack, "1" * 64, is_pdf=True)
        monkeypatch.setattr(pdf_signature, "signed", lambda pdf: pdf + b"first")
        kept = one.sealed(b"%PDF-")
        files = _files()
        monkeypatch.setattr(pdf_signature, "signed", lambda pdf: pdf + b"second")
        assert other.sealed(b"%PDF-") == kept == b"%PDF-first"
        assert _files() == files

    @pytest.mark.usefixtures("issuer")
    def test_nothing_is_left_when_it_cannot_be_recorded(
        self, pack: Pack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seal = cover_seal.of_pack(pack, "1" * 64, is_pdf=True)
        monkeypatch.setattr(pdf_signature, "signed", lambda pdf: pdf)

        def breaks(**_fields: object) -> None:
            raise RuntimeError("no")

        monkeypatch.setattr(PackCover.objects, "create", breaks)
        files, blobs = _files(), Blob.objects.count()
        with pytest.raises(RuntimeError, match="no"):
            seal.sealed(b"%PDF-")
        assert (_files(), Blob.objects.count()) == (files, blobs)

    @pytest.mark.usefixtures("issuer")
    def test_the_row_can_only_be_added(self, pack: Pack) -> None:
        audit_pack_zip.write(pack, io.BytesIO())
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            PackCover.objects.update(manifest_sha256="0" * 64)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            PackCover.objects.all()._raw_delete("default")


def test_nothing_is_kept_that_nobody_asked_for(pack: Pack) -> None:
    seal = cover_seal.of_pack(pack, "1" * 64, is_pdf=True)
    assert seal.sealed(b"%PDF-") == b"%PDF-"
    with pytest.raises(ValueError, match="No signed cover"):
        seal.kept_content()


def _files() -> list[Path]:
    return sorted(one for one in Path(configured.STORE_DIR).rglob("*") if one.is_file())
