"""verify.html in a real browser: it says of every pack of the shared set what verify.py says."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.attacks.browsing import Browsed, is_local, visible
from tests.acceptance.attacks.registry import ATTACKS, INVALID, VALID, Attack, Case, Means
from tests.acceptance.attacks.running import run_script
from tests.acceptance.attacks.tables import cases, flipped
from tests.reports.verifier import test_time_stamps

pytestmark = pytest.mark.e2e

CASES = cases()


@pytest.fixture(scope="module")
def browsed(chromium: str) -> Iterator[Browsed]:
    browsed = Browsed(chromium)
    yield browsed
    browsed.close()


@pytest.fixture(scope="module", autouse=True)
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let packs be stamped by a real authority."""
    test_time_stamps.ANSWERS.append(test_time_stamps.made(tmp_path_factory.mktemp("tsa")))
    yield
    test_time_stamps.ANSWERS.clear()


def assert_says(browsed: Browsed, case: Case) -> None:
    outcome = browsed.verify(case)
    shown = replace(case, file=visible(case.file), reason=visible(case.reason))
    assert outcome.fits(shown), outcome


@pytest.mark.parametrize("attack", ATTACKS, ids=[one.name for one in ATTACKS])
def test_it_says_what_must_be_said(browsed: Browsed, attack: Attack) -> None:
    assert_says(browsed, attack.make(Means()))


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_it_says_what_verify_py_says(browsed: Browsed, make: Callable[[], Case]) -> None:
    assert_says(browsed, make())


def test_it_blames_the_same_files_for_the_same_reasons(browsed: Browsed, tmp_path: Path) -> None:
    pack = Means().pack.replace(b"alice,yes", b"alice,no!").replace(b"users,3", b"users,4")
    case = Case(pack, "tables/EV-000002.csv", "is not the file that was signed")
    by_script = run_script(case, tmp_path)
    assert browsed.verify(case) == by_script
    assert len(by_script.failures) == 2


def test_no_byte_of_a_pack_can_be_flipped(browsed: Browsed) -> None:
    for case in flipped(997):
        assert browsed.verify(case).verdict == INVALID


def test_it_asks_nobody_anything(browsed: Browsed) -> None:
    assert browsed.verify(Case(Means().pack, verdict=VALID)).verdict == VALID
    assert [url for url in browsed.asked if not is_local(url)] == []
    assert browsed.said == []
