"""Signed papers: pyHanko trusts them by their issuer, and one flipped byte is noticed."""

import io
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reports import pdf_engine, pdf_signature
from reports.errors import CoverSealError
from tests.evidence.test_time_stamp import Authority, serve
from tests.reports.signing import NAME, Issuer, judged, pyhanko


@pytest.fixture
def issuer(tmp_path: Path, settings: Any) -> Issuer:
    pyhanko("pyhanko")
    made = Issuer(tmp_path).issue()
    made.use(settings)
    return made


@pytest.fixture
def paper(pdf: None) -> bytes:
    with pdf_engine.Engine() as engine:
        engine.begin("<html lang=en><title>One</title><h1>Ö</h1>", identifier=b"i" * 16)
        return engine.result()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("tsa"))
    made.set_up()
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()


class TestSigned:
    def test_another_program_trusts_it_by_its_issuer(self, issuer: Issuer, paper: bytes) -> None:
        found = judged(pdf_signature.signed(paper), issuer.root)
        assert found.bottom_line, found.pretty_print_details()
        assert found.coverage.name == "ENTIRE_FILE"
        assert found.docmdp_ok

    @pytest.mark.usefixtures("issuer")
    def test_it_certifies_the_paper_against_any_change(self, paper: bytes) -> None:
        with pikepdf.open(io.BytesIO(pdf_signature.signed(paper))) as file:
            (field,) = file.Root.AcroForm.Fields
            assert field.V.SubFilter == "/ETSI.CAdES.detached"
            (reference,) = field.V.Reference
            assert reference.TransformMethod == "/DocMDP"
            assert int(reference.TransformParams.P) == 1
            assert file.Root.Perms.DocMDP.objgen == field.V.objgen

    @pytest.mark.usefixtures("issuer")
    def test_nothing_shows_on_a_page(self, paper: bytes) -> None:
        with pikepdf.open(io.BytesIO(pdf_signature.signed(paper))) as file:
            (field,) = file.Root.AcroForm.Fields
            assert [int(side) for side in field.Rect] == [0, 0, 0, 0]
            assert "/AP" not in field
            assert file.Root.Metadata.read_bytes().count(b"pdfaid:part") == 1

    def test_a_flipped_byte_of_the_paper_is_noticed(self, issuer: Issuer, paper: bytes) -> None:
        signed = bytearray(pdf_signature.signed(paper))
        signed[len(paper) // 2] ^= 1
        assert not judged(bytes(signed), issuer.root).intact

    @pytest.mark.usefixtures("issuer")
    def test_another_root_does_not_vouch_for_it(
        self, paper: bytes, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        stranger = Issuer(tmp_path_factory.mktemp("stranger")).issue()
        found = judged(pdf_signature.signed(paper), stranger.root)
        assert found.intact
        assert not found.trusted

    def test_an_elliptic_key_with_a_passphrase_signs_too(
        self, tmp_path: Path, settings: Any, paper: bytes
    ) -> None:
        pyhanko("pyhanko")
        made = Issuer(tmp_path).issue(is_elliptic=True, passphrase="a long one")
        made.use(settings)
        settings.PDF_SIGNING_PASSPHRASE = "a long one"
        assert judged(pdf_signature.signed(paper), made.root).bottom_line

    def test_a_time_stamp_says_when(
        self, issuer: Issuer, paper: bytes, authority: Authority, settings: Any
    ) -> None:
        settings.PDF_SIGNING_TSA = authority.url
        signed = pdf_signature.signed(paper)
        found = judged(signed, issuer.root, time_stamps=authority.root)
        assert found.timestamp_validity.valid
        assert found.timestamp_validity.trusted
        assert found.bottom_line

    @pytest.mark.usefixtures("issuer")
    def test_an_authority_that_does_not_answer_is_named(self, paper: bytes, settings: Any) -> None:
        settings.PDF_SIGNING_TSA = "http://127.0.0.1:9/tsa"
        with pytest.raises(CoverSealError, match="could not be signed"):
            pdf_signature.signed(paper)

    @pytest.mark.usefixtures("issuer")
    def test_one_that_never_answers_is_given_up(
        self, paper: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def waits(*_args: object, **_options: object) -> None:
            raise subprocess.TimeoutExpired("python", 120)

        monkeypatch.setattr(subprocess, "run", waits)
        with pytest.raises(CoverSealError, match="took longer than 120 seconds"):
            pdf_signature.signed(paper)


class TestSigner:
    @pytest.mark.usefixtures("issuer")
    def test_it_is_named_by_its_certificate(self) -> None:
        assert pdf_signature.signer() == NAME

    def test_a_key_that_others_can_read_is_refused(self, issuer: Issuer) -> None:
        issuer.key.chmod(0o640)
        with pytest.raises(CoverSealError, match="can be read by others"):
            pdf_signature.signer()

    @pytest.mark.usefixtures("issuer")
    def test_a_certificate_of_another_key_is_refused(
        self, tmp_path_factory: pytest.TempPathFactory, settings: Any
    ) -> None:
        other = Issuer(tmp_path_factory.mktemp("other")).issue()
        settings.PDF_SIGNING_CERTIFICATE = str(other.certificate)
        with pytest.raises(CoverSealError, match="is not that of PDF_SIGNING_KEY"):
            pdf_signature.signer()

    @pytest.mark.parametrize("days", [-60, 60], ids=["over", "not yet"])
    def test_a_certificate_outside_its_time_is_refused(
        self, days: int, tmp_path: Path, settings: Any
    ) -> None:
        pyhanko("pyhanko")
        starts = datetime.now(UTC) + timedelta(days=days)
        Issuer(tmp_path, starts=starts).issue().use(settings)
        with pytest.raises(CoverSealError, match="Renew it"):
            pdf_signature.signer()

    def test_a_missing_file_is_named(self, issuer: Issuer) -> None:
        issuer.certificate.unlink()
        with pytest.raises(CoverSealError, match=r"certificate\.pem cannot be read"):
            pdf_signature.signer()

    @pytest.mark.parametrize("which", ["key", "certificate"])
    def test_what_is_no_pem_is_refused(self, issuer: Issuer, which: str) -> None:
        getattr(issuer, which).write_text("nothing")
        with pytest.raises(CoverSealError, match="must be PEM files"):
            pdf_signature.signer()

    def test_a_passphrase_that_is_missing_is_told(self, tmp_path: Path, settings: Any) -> None:
        pyhanko("pyhanko")
        Issuer(tmp_path).issue(passphrase="a long one").use(settings)
        with pytest.raises(CoverSealError, match="must be PEM files"):
            pdf_signature.signer()

    def test_without_the_extra_it_says_what_to_install(
        self, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Issuer(tmp_path).issue().use(settings)
        monkeypatch.setattr(pdf_signature, "find_spec", lambda _name: None)
        with pytest.raises(CoverSealError, match="extra `signing`"):
            pdf_signature.signer()
