"""keys.json of a real pack: whoever holds the key of before an exchange can verify what comes."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.utils import timezone

from audits.models import Pack
from evidence import checkpoint, rotation
from evidence.errors import KeyRevokedError, SigningRefusedError
from tests.audits.world import World
from tests.reports.making import frozen, members, verify, written

pytestmark = pytest.mark.usefixtures("no_pdf", "var_dir")
Captured = Callable[..., AbstractContextManager[object]]


@pytest.fixture
def exchange(django_capture_on_commit_callbacks: Captured) -> Callable[[], None]:
    def run() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            made = rotation.propose_rotation(by=None, reason="The yearly exchange.")
            rotation.confirm(made, by=None, reason="One person runs this.")

    return run


def assert_valid(content: bytes, folder: Path, *keys: str) -> None:
    for key in keys:
        said = verify(content, folder, key=key)
        assert said.returncode == 0, said.stdout


def test_before_any_exchange_there_is_no_such_file(world: World) -> None:
    assert "keys.json" not in members(written(frozen(world)))


def test_both_keys_verify_a_pack_of_after_an_exchange(
    world: World, tmp_path: Path, exchange: Callable[[], None]
) -> None:
    old = checkpoint.vkey()
    exchange()
    content = written(frozen(world))
    assert_valid(content, tmp_path, old, checkpoint.vkey())
    told = json.loads(members(content)["keys.json"])
    assert [one["proof"] != [] for one in told["events"]] == [True]


def test_both_keys_verify_a_pack_that_was_frozen_before_it(
    world: World, tmp_path: Path, exchange: Callable[[], None]
) -> None:
    old, pack = checkpoint.vkey(), frozen(world)
    exchange()
    assert_valid(written(Pack.objects.get(pk=pack.pk)), tmp_path, old, checkpoint.vkey())


def test_a_revoked_key_seals_nothing(
    world: World, django_capture_on_commit_callbacks: Captured
) -> None:
    pack = frozen(world)
    with django_capture_on_commit_callbacks(execute=True):
        made = rotation.propose_revocation(
            by=None, reason="A laptop was stolen.", compromised_at=timezone.now()
        )
        rotation.confirm(made, by=None, reason="One person runs this.")
    with pytest.raises(KeyRevokedError):
        written(pack)
    with pytest.raises(SigningRefusedError, match="is revoked"):
        checkpoint.sign()
