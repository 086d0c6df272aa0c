"""The S3 store against a real endpoint on loopback: nothing is hidden, replaced or half-written."""

import io
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.db import transaction
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from accounts.models import User
from evidence import intake, keeping, locking, retention, seal, store, stores
from evidence.errors import BlobDamagedError, BlobMissingError, EmptyContentError, StoreError
from evidence.models import Blob, BlobKey
from evidence.stores import s3
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
BIG = os.urandom(3 * 1024 * 1024 + 17)
_number = iter(range(10**6))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def client(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return boto3.client("s3", endpoint_url=endpoint)


@pytest.fixture
def bucket(client: Any, endpoint: str, settings: Settings) -> Iterator[str]:
    """A bucket with versions and Object Lock, of this test alone."""
    name = f"evidence-{next(_number)}"
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    settings.STORE_URL = f"s3://{name}/kept"
    settings.STORE_S3_ENDPOINT = endpoint
    settings.STORE_S3_MODE = "GOVERNANCE"
    yield name
    stores._connected.cache_clear()


def keep(content: bytes) -> BlobKey:
    stored = store.put(io.BytesIO(content))
    with transaction.atomic():
        store.record([stored])
    return BlobKey.objects.get(pk=stored.sha256)


def read(key: BlobKey) -> bytes:
    return b"".join(store.stream(key.pk))


def named(bucket: str, key: BlobKey) -> dict[str, str]:
    return {"Bucket": bucket, "Key": f"kept/{key.location}"}


def all_versions(client: Any, bucket: str) -> list[Any]:
    return list(client.list_object_versions(Bucket=bucket).get("Versions", []))


@pytest.mark.parametrize("size", [1, seal.CHUNK, len(BIG)])
def test_it_gives_back_what_was_put(bucket: str, settings: Settings, size: int) -> None:
    key = keep(BIG[:size])
    assert key.version
    assert read(key) == BIG[:size]
    assert list(Path(settings.SCRATCH_DIR).rglob("*")) == []
    assert list(Path(settings.STORE_DIR).rglob("*")) == []


def test_the_bucket_sees_sealed_bytes_and_their_checksum(client: Any, bucket: str) -> None:
    key = keep(b"the quick brown fox " * 1000)
    found = client.get_object(**named(bucket, key), ChecksumMode="ENABLED")
    assert b"quick brown" not in found["Body"].read()
    assert found["ChecksumSHA256"]


def test_it_reads_from_any_place(bucket: str) -> None:
    key = keep(BIG)
    with store.open_blob(key.pk) as reader:
        for place in (0, len(BIG) - 2, seal.CHUNK - 3, 2 * seal.CHUNK, len(BIG), 10**9):
            reader.seek(place)
            assert reader.read(7) == BIG[place : place + 7]


def test_large_files_go_in_parts(client: Any, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PART", 5 * 1024 * 1024)
    content = os.urandom(12 * 1024 * 1024)
    key = keep(content)
    assert sha256(read(key)).hexdigest() == key.pk
    assert client.head_object(**named(bucket, key))["ETag"].strip('"').endswith("-3")


def test_a_delete_marker_hides_nothing(client: Any, bucket: str) -> None:
    key = keep(BIG)
    client.delete_object(**named(bucket, key))
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(**named(bucket, key))
    assert read(key) == BIG


def test_a_later_version_changes_nothing(client: Any, bucket: str) -> None:
    key = keep(BIG)
    client.put_object(**named(bucket, key), Body=b"forged")
    assert read(key) == BIG


def test_a_row_that_names_a_forged_version_is_noticed(client: Any, bucket: str) -> None:
    key = keep(BIG)
    whole = client.get_object(**named(bucket, key))["Body"].read()
    forged = client.put_object(**named(bucket, key), Body=whole[:-1] + bytes([whole[-1] ^ 1]))
    BlobKey.objects.update(version=forged["VersionId"])
    with pytest.raises(BlobDamagedError):
        read(key)


def test_a_lost_file_is_told_from_a_damaged_one(client: Any, bucket: str) -> None:
    key = keep(BIG)
    client.delete_object(**named(bucket, key), VersionId=key.version)
    with pytest.raises(BlobMissingError):
        store.open_blob(key.pk)


def test_many_are_put_together(client: Any, bucket: str) -> None:
    sent = [items.submission(content=b"item %d" % number) for number in range(20)]
    made = intake.receive_many(sent, actor="system")
    versions = set(BlobKey.objects.values_list("version", flat=True))
    assert len(versions) == 20
    assert "" not in versions
    assert b"".join(store.stream(made[7].blob_id)) == b"item 7"


def test_what_was_refused_leaves_nothing_in_the_bucket(
    client: Any, bucket: str, settings: Settings
) -> None:
    good, bad = items.submission(content=b"good"), items.submission(content=b"")
    with pytest.raises(EmptyContentError):
        intake.receive_many([good, bad], actor="system")
    assert all_versions(client, bucket) == []
    assert list(Path(settings.SCRATCH_DIR).iterdir()) == []


def test_same_content_is_stored_once(client: Any, bucket: str) -> None:
    assert keep(BIG).version == keep(BIG).version
    assert len(all_versions(client, bucket)) == 1


def test_an_answer_that_was_lost_is_made_up_for(
    bucket: str, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first put arrived, its answer did not: the second is refused, and finds our own file."""
    where = stores.current()
    real = where._client.put_object  # type: ignore[attr-defined]
    monkeypatch.setattr(
        where._client,  # type: ignore[attr-defined]
        "put_object",
        lambda **words: (real(**words), real(**words))[1],
    )
    key = keep(BIG)
    assert read(key) == BIG
    assert len(all_versions(client, bucket)) == 1


def test_bytes_that_changed_on_their_way_are_not_kept(
    bucket: str, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = stores.current()
    real = where._client.put_object  # type: ignore[attr-defined]
    monkeypatch.setattr(
        where._client,  # type: ignore[attr-defined]
        "put_object",
        lambda **words: real(**words) | {"ChecksumSHA256": "AAAA"},
    )
    with pytest.raises(StoreError, match="did not keep the bytes"):
        keep(BIG)
    assert all_versions(client, bucket) == []
    assert not Blob.objects.exists()


def test_a_range_that_broke_off_is_asked_for_again(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keep(BIG)
    where = stores.current()
    real, asked = where._client.get_object, []  # type: ignore[attr-defined]

    def get(**words: Any) -> Any:
        asked.append(words["Range"])
        answer = real(**words)
        if len(asked) == 2:
            answer["Body"] = io.BytesIO(answer["Body"].read()[:1000])
        return answer

    monkeypatch.setattr(where._client, "get_object", get)  # type: ignore[attr-defined]
    assert read(key) == BIG
    assert len(asked) > len(set(asked))


def test_a_pack_reads_ahead_in_growing_ranges(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(8 * 1024 * 1024)
    key = keep(content)
    where = stores.current()
    real, asked = where._client.get_object, []  # type: ignore[attr-defined]

    def get(**words: Any) -> Any:
        first, last = map(int, words["Range"].removeprefix("bytes=").split("-"))
        asked.append(last - first + 1)
        return real(**words)

    monkeypatch.setattr(where._client, "get_object", get)  # type: ignore[attr-defined]
    assert read(key) == content
    assert asked[0] < asked[1] < asked[2]
    assert sum(asked) == seal.sealed_size(len(content))


@pytest.mark.usefixtures("bucket")
class TestSetUp:
    def test_a_good_bucket_is_no_problem(self) -> None:
        assert stores.current().problem(is_starting=True) == ""

    def test_a_bucket_without_versions_is_refused(
        self, client: Any, bucket: str, settings: Settings
    ) -> None:
        client.create_bucket(Bucket=f"{bucket}-plain")
        settings.STORE_URL = f"s3://{bucket}-plain"
        assert "keeps no versions" in stores.current().problem()
        with pytest.raises(StoreError, match="keeps no versions"):
            keep(b"content")

    def test_a_bucket_that_locks_nothing_is_told(
        self, client: Any, bucket: str, settings: Settings
    ) -> None:
        name = f"{bucket}-unlocked"
        client.create_bucket(Bucket=name)
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        settings.STORE_URL = f"s3://{name}"
        assert "Object Lock" in stores.current().problem(is_starting=True)
        settings.STORE_S3_MODE = ""
        assert stores.current().problem(is_starting=True) == ""

    def test_a_bucket_that_is_not_there_is_told(self, settings: Settings) -> None:
        settings.STORE_URL = "s3://nowhere-at-all"
        assert "NoSuchBucket" in stores.current().problem()

    def test_an_endpoint_that_is_away_is_told(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.STORE_S3_ENDPOINT = "http://127.0.0.1:9"
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        settings.STORE_URL = "s3://away"
        assert "did not answer" in stores.current().problem()

    @pytest.mark.parametrize("url", ["s3:///x", "s3://user@b/x", "s3://b/x?y"], ids=str)
    def test_an_address_that_names_no_bucket_is_refused(self, settings: Settings, url: str) -> None:
        settings.STORE_URL = url
        with pytest.raises(StoreError, match="names no bucket"):
            stores.current()

    def test_a_store_that_nobody_knows_is_refused(self, settings: Settings) -> None:
        settings.STORE_URL = "ftp://host/x"
        with pytest.raises(StoreError, match="file: or s3:"):
            stores.current()


@pytest.mark.usefixtures("bucket")
class TestLock:
    def test_what_must_be_kept_cannot_be_removed(self, client: Any, bucket: str) -> None:
        item = intake.receive(items.submission(), actor="system")
        assert locking.lock_some() == 1
        key = BlobKey.objects.get()
        assert key.locked_until == retention.keep_until(item.blob_id)
        found = client.head_object(**named(bucket, key), VersionId=key.version)
        assert found["ObjectLockMode"] == "GOVERNANCE"
        assert found["ObjectLockRetainUntilDate"].date() == key.locked_until
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.delete_object(**named(bucket, key), VersionId=key.version)
        assert locking.lock_some() == 0

    def test_an_item_with_the_same_content_has_the_lock_looked_at_anew(self) -> None:
        intake.receive(items.submission(), actor="system")
        locking.lock_some()
        later = timezone.now().date() + timedelta(days=700)
        intake.receive(items.submission(title="Other", covers_to=later), actor="system")
        assert locking.lock_some() == 1

    def test_a_legal_hold_is_told_to_the_bucket(
        self, client: Any, bucket: str, alice: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        item = intake.receive(items.submission(), actor="system")
        with django_capture_on_commit_callbacks(execute=True):
            keeping.place_hold(item, by=alice, reason="The regulator asked for it.")
        key = BlobKey.objects.get()
        state = client.get_object_legal_hold(**named(bucket, key), VersionId=key.version)
        assert state["LegalHold"]["Status"] == "ON"


def test_leaves_name_no_bucket(bucket: str) -> None:
    item = intake.receive(items.submission(), actor="system")
    assert bucket not in json.dumps(item.ledger_entry.leaf)
