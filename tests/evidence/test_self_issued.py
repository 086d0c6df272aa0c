"""The built-in time-stamp authority: a real token by openssl's eyes, and no proof by anybody's."""

import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from django.conf import settings as current
from django.utils import timezone
from pytest_django import Settings

from evidence import checkpoint, key_files, self_issued, vouching
from evidence.errors import SealError
from evidence.log_models import TimeStamp
from evidence.models import Checkpoint
from tests.conftest import demand
from tests.evidence.test_signing import grow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

TEXT = b"log.example\n3\nroot\n"


@pytest.fixture(autouse=True)
def offered(settings: Settings) -> None:
    settings.SELF_ISSUED_TIME_STAMPS = True


def openssl(folder: Path, answer: bytes, text: bytes) -> subprocess.CompletedProcess[bytes]:
    """Let openssl verify a token under the certificate that it brings along."""
    key = key_files.secret(self_issued.KEY)
    certificate = x509.load_pem_x509_certificate(key)
    (folder / "own.pem").write_bytes(key[key.index(b"-----BEGIN CERTIFICATE") :])
    (folder / "text").write_bytes(text)
    (folder / "answer.tsr").write_bytes(answer)
    assert "proves nothing" in certificate.subject.rfc4514_string()
    command = [demand("openssl", "openssl"), "ts", "-verify", "-data", "text", "-in", "answer.tsr"]
    return subprocess.run(
        [*command, "-CAfile", "own.pem"], cwd=folder, capture_output=True, check=False
    )


def test_openssl_verifies_the_token(tmp_path: Path) -> None:
    made = self_issued.answer(TEXT, timezone.now().replace(microsecond=0))
    verified = openssl(tmp_path, made, TEXT)
    assert (verified.returncode, b"Verification: OK" in verified.stdout) == (0, True), verified


def test_openssl_refuses_it_for_another_text(tmp_path: Path) -> None:
    made = self_issued.answer(TEXT, timezone.now().replace(microsecond=0))
    assert openssl(tmp_path, made, TEXT + b"more").returncode != 0


def test_openssl_refuses_a_token_that_was_changed(tmp_path: Path) -> None:
    made = bytearray(self_issued.answer(TEXT, timezone.now().replace(microsecond=0)))
    made[-5] ^= 1
    assert openssl(tmp_path, bytes(made), TEXT).returncode != 0


def test_the_key_is_made_once_and_read_by_nobody_else() -> None:
    at = datetime(2026, 7, 1, 10, tzinfo=UTC)
    first, second = self_issued.answer(TEXT, at), self_issued.answer(TEXT, at)
    found = Path(current.KEYS_DIR) / self_issued.KEY
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    certificate = x509.load_pem_x509_certificate(found.read_bytes())
    serial = certificate.serial_number.to_bytes(20, "big").lstrip(b"\0")
    assert serial in first
    assert serial in second


def test_a_key_that_others_can_read_stamps_nothing() -> None:
    self_issued.answer(TEXT, timezone.now())
    (Path(current.KEYS_DIR) / self_issued.KEY).chmod(0o644)
    with pytest.raises(SealError, match="can be read by others"):
        self_issued.answer(TEXT, timezone.now())


def signed() -> Checkpoint:
    grow(3)
    return checkpoint.sign()


def test_a_checkpoint_is_stamped_once() -> None:
    row = signed()
    self_issued.obtain(row)
    self_issued.obtain(row)
    (token,) = TimeStamp.objects.all()
    assert token.proves_nothing
    assert token.stated_at <= token.received_at < token.stated_at + timedelta(seconds=1)


@pytest.mark.parametrize("why", ["switched off", "an authority is named", "no library"])
def test_it_stays_silent(settings: Settings, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    if why == "switched off":
        settings.SELF_ISSUED_TIME_STAMPS = False
    elif why == "an authority is named":
        settings.TIME_STAMP_URLS = ["https://tsa.example"]
    else:
        monkeypatch.setattr(self_issued, "tsp", None)
    self_issued.obtain(signed())
    assert not TimeStamp.objects.exists()


def test_its_time_is_held_against_nothing() -> None:
    """Nobody could say by it that a checkpoint was there earlier than it says."""
    row = signed()
    early = row.signed_at - timedelta(days=30)
    given = {"token": b"never read", "stated_at": early, "received_at": early}
    TimeStamp.objects.create(checkpoint=row, authority=TimeStamp.SELF_ISSUED, **given)
    assert list(vouching.times("", row.size).problems) == []
    TimeStamp.objects.create(checkpoint=row, authority="https://tsa.example", **given)
    assert vouching.times("", row.size).problems
