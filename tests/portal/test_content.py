"""/portal/ENG-.../evidence/EV-.../content/: the original bytes, and a leaf for each taking."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.access import actor
from evidence.models import BlobKey, Evidence, LedgerEntry
from tests import cast
from tests.audits.world import hand_in, submission
from tests.evidence.disposal import WHY, dispose_of
from tests.portal.house import House, get, notes, queries


def path(house: House, item: Evidence) -> str:
    return house.path(f"evidence/{item.ref}/content/")


def test_the_bytes_come_as_they_went_in(door: Client, house: House) -> None:
    answer = get(door, path(house, house.letter))
    assert answer.status_code == 200
    assert answer.body == b"who left\n"
    assert answer["Content-Length"] == "9"
    assert answer["ETag"] == f'"{house.letter.blob_id}"'


def test_a_browser_saves_them_and_runs_nothing(door: Client, house: House) -> None:
    answer = get(door, path(house, house.letter))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Disposition"] == (
        "attachment; filename*=utf-8''Z%C3%BCrich%20%22leavers%22%3B%20of%20%3Cb%3EJune.txt"
    )


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", 'a".html"', "a;b=c.svg", "=cmd.csv", "🦊.html", "x" * 170, "..a"]
)
def test_no_name_breaks_out_of_its_header(door: Client, house: House, name: str) -> None:
    item = hand_in(submission(b"x\n", date(2026, 7, 1), None, house.world.mfa, filename=name))
    answer = get(door, path(house, item))
    disposition = answer["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    assert "/" not in disposition.replace("utf-8''", "")
    assert disposition.count(";") == 1 or '"a;b=c.svg"' in disposition


def test_every_taking_is_noted_with_a_leaf(door: Client, house: House) -> None:
    for _ in range(2):
        get(door, path(house, house.letter))
    assert notes("download") == [house.letter.ref] * 2
    leaves = LedgerEntry.objects.filter(kind="access", subject=house.letter.ref)
    assert [json.loads(leaf.leaf)["body"] for leaf in leaves] == [
        {"engagement": house.ref, "what": "download"}
    ] * 2
    assert {leaf.actor for leaf in leaves} == {actor(house.bob)}


@pytest.mark.parametrize("wanted", ["bytes=0-3", "bytes=1-", "bytes=-3"])
def test_a_part_is_a_taking_too(door: Client, house: House, wanted: str) -> None:
    answer = get(door, path(house, house.letter), Range=wanted)
    assert answer.status_code == 206
    assert notes("download") == [house.letter.ref]


def test_what_carries_no_bytes_is_no_taking(door: Client, house: House) -> None:
    where = path(house, house.letter)
    etag = f'"{house.letter.blob_id}"'
    assert get(door, where, If_None_Match=etag).status_code == 304
    assert get(door, where, Range="bytes=99-").status_code == 416
    head = door.head(where)
    assert (head.status_code, head["Content-Length"], head.content) == (200, "9", b"")
    assert notes() == []


def test_a_file_that_is_gone_is_said_and_not_noted(
    door: Client, house: House, settings: Settings
) -> None:
    Path(settings.STORE_DIR, BlobKey.objects.get(blob=house.letter.blob_id).location).unlink()
    answer = get(door, path(house, house.letter))
    page = answer.body.decode()
    assert answer.status_code == 503
    assert "This file cannot be read now" in page
    assert "The stored file is gone." in page
    assert house.letter.ref in page
    assert notes() == []


def test_a_file_that_was_changed_is_said_and_not_noted(
    door: Client, house: House, settings: Settings
) -> None:
    file = Path(settings.STORE_DIR, BlobKey.objects.get(blob=house.letter.blob_id).location)
    sealed = bytearray(file.read_bytes())
    sealed[0] ^= 1
    file.write_bytes(sealed)
    answer = get(door, path(house, house.letter))
    assert answer.status_code == 503
    assert "changed or damaged" in answer.body.decode()
    assert notes() == []


def test_a_file_whose_key_was_destroyed_is_said(door: Client, house: House) -> None:
    BlobKey.objects.filter(blob=house.letter.blob_id).delete()
    assert get(door, path(house, house.letter)).status_code == 503
    assert door.get(house.path(f"evidence/{house.letter.ref}/")).status_code == 200


def test_a_key_of_another_house_is_said(door: Client, house: House) -> None:
    BlobKey.objects.filter(blob=house.letter.blob_id).update(wrapped_key=bytes(60), key_id="0" * 16)
    assert get(door, path(house, house.letter)).status_code == 503


def test_a_returned_and_a_superseded_version_can_be_taken(door: Client, house: House) -> None:
    hand_in(
        submission(b"all\n", date(2026, 6, 1), None, house.world.leavers, supersedes=house.letter)
    )
    assert get(door, path(house, house.letter)).body == b"who left\n"


def test_it_refuses_charlie(client: Client, house: House) -> None:
    charlie = cast.person(email="charlie@elsewhere.example")
    assert cast.sign_in(client, charlie).get(path(house, house.letter)).status_code == 404


def test_it_costs_a_bounded_number_of_queries(door: Client, house: House) -> None:
    assert queries(door, path(house, house.letter)) <= 20


def test_content_that_was_disposed_of_is_said_with_the_reason(door: Client, house: House) -> None:
    dispose_of(house.letter, by=house.world.alice)
    answer = get(door, path(house, house.letter))
    assert answer.status_code == 410
    page = answer.body.decode()
    assert "This content was disposed of" in page
    assert f"because: {WHY}" in page
    assert notes() == []
    assert door.get(house.path(f"evidence/{house.letter.ref}/")).status_code == 200
