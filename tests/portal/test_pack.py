"""/portal/ENG-.../packs/1/: the finished pack, resumable, never more in memory than a part."""

import tracemalloc
from hashlib import sha256

import pytest
from django.test import Client

from tests import cast
from tests.portal.house import ZIP, House, get, make_pack, notes

PATH = "packs/1/"
MEGABYTE = 1_000_000


def test_the_pack_comes_with_its_name_and_digest(door: Client, house: House) -> None:
    answer = get(door, house.path(PATH))
    assert answer.status_code == 200
    assert answer.body == ZIP
    assert answer["ETag"] == f'"{house.pack.file.sha256}"' == f'"{sha256(ZIP).hexdigest()}"'
    assert answer["Content-Disposition"] == f'attachment; filename="{house.ref}-pack.zip"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_download_that_broke_off_goes_on(door: Client, house: House) -> None:
    first = get(door, house.path(PATH), Range="bytes=0-399")
    rest = get(door, house.path(PATH), Range="bytes=400-", If_Range=first["ETag"])
    assert (first.status_code, rest.status_code) == (206, 206)
    assert rest["Content-Range"] == f"bytes 400-{len(ZIP) - 1}/{len(ZIP)}"
    assert first.body + rest.body == ZIP


def test_each_download_is_noted_by_the_name_of_the_pack(door: Client, house: House) -> None:
    get(door, house.path(PATH))
    get(door, house.path(PATH), Range="bytes=400-")
    assert notes() == [f"{house.ref}/1"] * 2


def test_every_pack_has_its_own_address(door: Client, house: House) -> None:
    make_pack(house.engagement, house.world.alice, b"a later one")
    assert get(door, house.path(PATH)).body == ZIP
    assert get(door, house.path("packs/2/")).body == b"a later one"


@pytest.mark.parametrize("number", ["01", "001"])
def test_a_number_may_be_written_with_zeros(door: Client, house: House, number: str) -> None:
    assert get(door, house.path(f"packs/{number}/")).body == ZIP


def test_it_holds_little_in_memory(door: Client, house: House) -> None:
    make_pack(house.engagement, house.world.alice, bytes(30 * MEGABYTE))
    door.get(house.path())
    answer = door.get(house.path("packs/2/"))
    tracemalloc.start()
    size = sum(len(chunk) for chunk in answer)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 30 * MEGABYTE
    assert peak < 3 * MEGABYTE


def test_it_refuses_charlie(client: Client, house: House) -> None:
    charlie = cast.person(email="charlie@elsewhere.example")
    assert cast.sign_in(client, charlie).get(house.path(PATH)).status_code == 404
    assert notes() == []
