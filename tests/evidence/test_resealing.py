"""The sealing key is exchanged: everything opens as before, and nothing by the former key."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from collectors import configuration
from collectors.models import Source
from evidence import intake, keys, resealing, seal, store, tasks
from evidence.errors import SealError
from evidence.models import BlobKey, LedgerEntry
from jobs import performing
from jobs.models import Job
from registers.models import RegisterImport
from tests.collectors import world
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def kept() -> list[str]:
    """Contents that are sealed by the first key."""
    sent = [items.submission(content=b"item %d" % number) for number in range(5)]
    return [one.blob_id for one in intake.receive_many(sent, actor="system")]


@pytest.fixture
def source() -> Source:
    made = world.source("csv_import")
    made.secrets = configuration.seal_secrets(made.slug, {"token": "hunter2"})
    made.save()
    return made


def current() -> str:
    return keys.key_id(keys.sealing_key())


def exchange() -> resealing.Done:
    resealing.begin()
    return resealing.go_on()


def age(settings: Settings, seconds: int) -> None:
    path = keys.sealing_key_ids()[current()]
    moment = path.stat().st_mtime - seconds
    os.utime(path, (moment, moment))


def test_everything_opens_by_the_new_key_alone(
    kept: list[str], source: Source, settings: Settings
) -> None:
    before = current()
    done = exchange()
    assert (done.blobs, done.texts) == (5, 1)
    assert current() == done.key_id != before
    assert resealing.retire(is_at_once=True) == [before]
    assert set(keys.sealing_key_ids()) == {done.key_id}
    assert not (Path(settings.KEYS_DIR) / "sealing.key").exists()
    assert [b"".join(store.stream(each)) for each in kept] == [b"item %d" % n for n in range(5)]
    source.refresh_from_db()
    assert configuration.secrets_of(source) == {"token": "hunter2"}


def test_no_file_is_touched(kept: list[str], settings: Settings) -> None:
    def seen() -> dict[str, int]:
        files = Path(settings.STORE_DIR).rglob("*")
        return {str(path): path.stat().st_mtime_ns for path in files if path.is_file()}

    before = seen()
    exchange()
    assert seen() == before


def test_what_comes_in_meanwhile_uses_the_new_key_and_the_old_opens(kept: list[str]) -> None:
    made = resealing.begin()
    item = intake.receive(items.submission(), actor="system")
    assert BlobKey.objects.get(pk=item.blob_id).key_id == made
    assert b"".join(store.stream(kept[0])) == b"item 0"


def test_broken_off_it_goes_on_with_the_same_key(
    kept: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "BATCH", 2)
    made = resealing.begin()

    def stop(done: int, _total: int, _note: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resealing.go_on(stop)
    assert BlobKey.objects.filter(key_id=made).count() == 2
    assert resealing.begin() == made
    assert resealing.go_on().blobs == 3
    assert resealing.go_on().blobs == 0


def test_a_second_exchange_makes_another_key(kept: list[str]) -> None:
    first, second = exchange().key_id, exchange().key_id
    assert first != second
    assert len(keys.sealing_key_ids()) == 3


def test_a_former_key_stays_while_something_needs_it(kept: list[str]) -> None:
    before = current()
    resealing.begin()
    assert resealing.needed() == {before}
    assert resealing.retire(is_at_once=True) == []
    assert b"".join(store.stream(kept[0])) == b"item 0"


def test_a_former_key_stays_for_a_day(kept: list[str], settings: Settings) -> None:
    before = current()
    exchange()
    assert resealing.retire() == []
    age(settings, resealing.RETIRED_AFTER_SECONDS + 60)
    tasks.retire_keys(LedgerEntry.objects.latest("recorded_at").recorded_at)
    assert before not in keys.sealing_key_ids()
    assert LedgerEntry.objects.get(kind="sealing_key.removed").leaf.count(before) == 1


def test_content_that_was_disposed_of_meanwhile_stays_so(kept: list[str]) -> None:
    resealing.begin()
    key = BlobKey.objects.get(pk=kept[0])
    BlobKey.objects.filter(pk=key.pk).update(key_id="", wrapped_key=b"")
    assert resealing._rewrapped(key) == 0
    assert BlobKey.objects.get(pk=kept[0]).key_id == ""


def test_a_key_that_is_gone_is_told(kept: list[str], settings: Settings) -> None:
    resealing.begin()
    (Path(settings.KEYS_DIR) / "sealing.key").unlink()
    with pytest.raises(SealError, match="Put its file"):
        resealing.go_on()
    with pytest.raises(SealError, match="Put its file"):
        store.open_blob(kept[0])
    assert not (Path(settings.KEYS_DIR) / "sealing.key").exists()


def test_secrets_of_before_keys_had_names_still_open(source: Source) -> None:
    unnamed = source.secrets.partition(".")[2]
    Source.objects.update(secrets=unnamed)
    source.refresh_from_db()
    assert configuration.secrets_of(source) == {"token": "hunter2"}
    assert resealing.needed() == set()
    exchange()
    source.refresh_from_db()
    assert seal.key_of(source.secrets) == current()
    assert configuration.secrets_of(source) == {"token": "hunter2"}


def test_an_upload_that_waits_opens_by_the_new_key_too(alice: User) -> None:
    """A data key that stands alone names its sealing key, and one of before is the first's."""
    data_key, stand = seal.new_data_key(), "0" * 64
    named = seal.wrap_named(data_key, digest=stand)
    unnamed, _ = seal.wrap(data_key, digest=stand)
    assert seal.unwrap(named, digest=stand) == seal.unwrap(unnamed, digest=stand) == data_key
    for wrapped in (named, unnamed):
        RegisterImport.objects.create(
            register="vendors",
            by=alice,
            uploaded_at=timezone.now(),
            filename="a.csv",
            size=1,
            stand=stand,
            wrapped_key=wrapped,
        )
    former = current()
    assert exchange().texts == 2
    assert resealing.retire(is_at_once=True) == [former]
    for row in RegisterImport.objects.all():
        assert seal.unwrap(bytes(row.wrapped_key), digest=stand) == data_key


def test_a_name_never_leads_out_of_the_folder_of_keys() -> None:
    keys.sealing_key()
    with pytest.raises(SealError):
        keys.sealing_key("../../etc/x")


def test_keys_are_private(settings: Settings) -> None:
    resealing.begin()
    modes = {path.stat().st_mode & 0o777 for path in Path(settings.KEYS_DIR).iterdir()}
    assert modes == {0o600}


def test_the_command_does_it(kept: list[str], capsys: Any) -> None:
    call_command("rotate_sealing_key")
    assert "5 data keys" in capsys.readouterr().out
    call_command("rotate_sealing_key", retire=True)
    assert "Removed: " in capsys.readouterr().out


def test_a_worker_does_it_with_progress(kept: list[str], capsys: Any) -> None:
    call_command("rotate_sealing_key", background=True)
    performing.drain()
    job = Job.objects.get(kind=resealing.KIND)
    assert job.state == Job.State.DONE
    assert not resealing.needed()
