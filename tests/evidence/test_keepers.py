"""Keys at rest: plain files, or files that KMS has sealed, here that of moto over the loopback."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from evidence import checkpoint, keepers, key_files, keys, rotation, seal
from evidence.errors import SealError
from evidence.keepers import kms
from tests.evidence.test_signing import grow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def arn(endpoint: str, settings: Settings) -> str:
    settings.KEYS_KMS_ENDPOINT = endpoint
    settings.KEYS_KMS_KEY = new_key(endpoint)
    return str(settings.KEYS_KMS_KEY)


def new_key(endpoint: str) -> str:
    client = boto3.client("kms", endpoint_url=endpoint)
    return str(client.create_key(Description="keys of Countersign")["KeyMetadata"]["Arn"])


def on_disk(var_dir: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (var_dir / "keys").iterdir() if one.is_file()}


@pytest.mark.usefixtures("credentials", "arn")
class TestKms:
    def test_nothing_that_opens_anything_lies_on_the_disk(self, var_dir: Path) -> None:
        sealing, signing = keys.sealing_key(), keys.signing_key().private_bytes_raw()
        found = on_disk(var_dir)
        assert {"sealing.key.kms", "log_ed25519.pem.kms"} <= set(found)
        assert not {"sealing.key", "log_ed25519.pem"} & set(found)
        for content in found.values():
            assert sealing not in content
            assert signing not in content
            assert b"PRIVATE KEY" not in content

    def test_what_was_sealed_opens_in_another_process(self) -> None:
        sealed, vkey = seal.seal_text("a secret", context="test"), checkpoint.vkey()
        key_files._revealed.cache_clear()
        assert seal.open_text(sealed, context="test") == "a secret"
        assert checkpoint.vkey() == vkey

    def test_kms_is_asked_once_per_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys.sealing_key()
        keys.sealing_key()
        monkeypatch.setattr(kms, "_asked", lambda *_, **__: pytest.fail("KMS was asked again."))
        assert len(keys.sealing_key()) == 32

    def test_the_log_is_signed_and_its_key_exchanged(
        self, var_dir: Path, django_capture_on_commit_callbacks: object
    ) -> None:
        grow(3)
        former = checkpoint.vkey()
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            made = rotation.propose_rotation(by=None, reason="The yearly exchange.", keeps_old=True)
            rotation.confirm(made, by=None, reason="One person runs this.")
        assert checkpoint.vkey() != former
        names = set(on_disk(var_dir))
        assert len([one for one in names if one.startswith("retired-")]) == 1
        assert all(one.endswith(".kms") for one in names if ".pem" in one)

    def test_a_file_that_another_key_of_kms_has_sealed_does_not_open(
        self, endpoint: str, settings: Settings
    ) -> None:
        keys.sealing_key()
        settings.KEYS_KMS_KEY = new_key(endpoint)
        with pytest.raises(SealError, match="KMS refused to decrypt"):
            keys.sealing_key()

    def test_a_sealed_signing_key_does_not_open_as_the_sealing_key(self, var_dir: Path) -> None:
        keys.signing_key()
        folder = var_dir / "keys"
        (folder / "log_ed25519.pem.kms").rename(folder / "sealing.key.kms")
        with pytest.raises(SealError, match="KMS refused to decrypt"):
            keys.sealing_key()

    def test_one_that_does_not_answer_is_told(self, settings: Settings, arn: str) -> None:
        assert kms.problem() == ""
        settings.KEYS_KMS_ENDPOINT = "http://127.0.0.1:9"
        assert "KMS did not answer" in kms.problem()
        with pytest.raises(SealError, match="KMS did not answer"):
            keys.sealing_key()
        assert arn

    def test_a_key_that_is_not_there_is_told(self, settings: Settings) -> None:
        settings.KEYS_KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/none"
        assert "KMS refused to describe key (NotFoundException)" in kms.problem()

    def test_a_disabled_key_is_told(self, endpoint: str, settings: Settings) -> None:
        settings.KEYS_KMS_KEY = new_key(endpoint)
        boto3.client("kms", endpoint_url=endpoint).disable_key(
            # The double knows keys by their id alone here.
            KeyId=settings.KEYS_KMS_KEY.rpartition("/")[2]
        )
        assert "disabled" in kms.problem()

    def test_how_it_is_is_asked_once_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert kms.problem() == ""
        monkeypatch.setattr(kms, "_asked", lambda *_, **__: pytest.fail("KMS was asked again."))
        assert kms.problem() == ""


@pytest.mark.usefixtures("credentials")
class TestMoving:
    def test_keys_move_into_kms_and_back(
        self, endpoint: str, settings: Settings, var_dir: Path
    ) -> None:
        before = (keys.sealing_key(), checkpoint.vkey())
        settings.KEYS_KMS_ENDPOINT = endpoint
        settings.KEYS_KMS_KEY = new_key(endpoint)
        with pytest.raises(SealError, match="move_keys"):
            keys.sealing_key()
        assert sorted(key_files.move_here()) == ["log_ed25519.pem", "sealing.key"]
        assert (keys.sealing_key(), checkpoint.vkey()) == before
        assert not {"sealing.key", "log_ed25519.pem"} & set(on_disk(var_dir))
        assert key_files.move_here() == []
        settings.KEYS_KMS_KEY = ""
        with pytest.raises(SealError, match="move_keys"):
            keys.sealing_key()
        key_files.move_here()
        assert (keys.sealing_key(), checkpoint.vkey()) == before
        assert not [name for name in on_disk(var_dir) if name.endswith(".kms")]

    def test_a_key_that_lies_there_already_is_not_replaced(
        self, endpoint: str, settings: Settings, var_dir: Path
    ) -> None:
        keys.sealing_key()
        settings.KEYS_KMS_ENDPOINT = endpoint
        settings.KEYS_KMS_KEY = new_key(endpoint)
        other = keepers.in_use().protect("sealing.key", bytes(32))
        (var_dir / "keys" / "sealing.key.kms").write_bytes(other)
        with pytest.raises(SealError, match="holds another key"):
            key_files.move_here()
        assert (var_dir / "keys" / "sealing.key").exists()


def test_plain_files_are_the_default(var_dir: Path) -> None:
    assert keepers.in_use().TITLE == "Files"
    assert keepers.in_use().problem() == ""
    keys.sealing_key()
    assert (var_dir / "keys" / "sealing.key").read_bytes() == keys.sealing_key()
