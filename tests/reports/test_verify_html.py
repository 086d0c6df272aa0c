"""A pack of the product in the browser: items, findings, requests and draws, each told."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from accounts.models import User
from audits import packs
from evidence import checkpoint
from tests.acceptance.attacks.browsing import Browsed
from tests.acceptance.attacks.registry import INVALID, VALID, Case
from tests.acceptance.attacks.running import run_script
from tests.audits.asking import answered, asked
from tests.audits.world import World
from tests.portal import house as houses
from tests.reports.making import members, written

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("no_pdf")]


@pytest.fixture(scope="module")
def browsed(chromium: str) -> Iterator[Browsed]:
    browsed = Browsed(chromium)
    yield browsed
    browsed.close()


@pytest.fixture
def pack(world: World, bob: User) -> bytes:
    house = houses.sampled(houses.build(world, bob))
    request = asked(house.engagement, bob, "User lists", text="All of June", due=date(2026, 9, 1))
    answered(request, house.staff, world.alice, "Here.", widen=True)
    nonce = "harbour lantern 47"
    return written(packs.freeze(house.engagement, by=world.alice, nonce=nonce))


def rows(browsed: Browsed) -> list[str]:
    return browsed.do(lambda: browsed.page.locator("#rows > li").all_inner_texts())


def test_it_says_what_verify_py_says(pack: bytes, browsed: Browsed, tmp_path: Path) -> None:
    case = Case(pack, verdict=VALID, key=checkpoint.vkey(), nonce="harbour lantern 47")
    assert run_script(case, tmp_path).verdict == VALID
    outcome = browsed.verify(case)
    assert outcome.verdict == VALID, outcome
    told = "\n".join(rows(browsed))
    for kind in ("EV-", "(finding)", "(request)", "(population)", "(draw)"):
        assert kind in told
    assert "refused:" not in told


def test_one_item_is_bad_and_the_others_stay_good(pack: bytes, browsed: Browsed) -> None:
    name = next(name for name in members(pack) if name.startswith("evidence/"))
    content = members(pack)[name]
    bent = pack.replace(content, bytes([content[0] ^ 1]) + content[1:])
    case = Case(bent, name, "is not the file that was signed", INVALID, checkpoint.vkey())
    assert browsed.verify(case).fits(case)
    told = rows(browsed)
    assert "refused:" in told[0]
    assert name in told[0]
    assert len(told) > 1
    assert all("holds:" in line for line in told[1:])
