"""verify.html as a page: by keyboard, on a small screen, with hostile words, without a worker."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reports.verifier_page import PAGE
from tests.acceptance.attacks.browsing import Browsed, payload
from tests.acceptance.attacks.registry import COULD_NOT_CHECK, INVALID, VALID, Case, Means
from tests.reports.verifier import packs
from tests.reports.verifier.packs import KEY, good

pytestmark = pytest.mark.e2e
GOOD = Case(good().pack(), verdict=VALID)
STEPS = 12


@pytest.fixture(scope="module")
def browsed(chromium: str) -> Iterator[Browsed]:
    browsed = Browsed(chromium)
    yield browsed
    browsed.close()


@pytest.fixture
def fresh(browsed: Browsed) -> Browsed:
    """The page as it is when it was just opened."""
    browsed.do(lambda: browsed.page.goto(PAGE.as_uri()))
    browsed.runs = 0
    return browsed


def test_it_asks_for_what_is_missing(fresh: Browsed) -> None:
    def work() -> list[str]:
        fresh.page.locator("#verify").press("Enter")
        return [fresh.page.locator(f"#{name}-fault").inner_text() for name in ("pack", "key")]

    pack, key = fresh.do(work)
    assert pack == "Choose the pack."
    assert key.startswith("Enter the key")
    assert fresh.do(lambda: fresh.page.locator("#result").is_hidden())


def test_it_works_by_keyboard_and_leads_to_the_verdict(fresh: Browsed) -> None:
    def work() -> tuple[str, str]:
        page = fresh.page
        page.set_input_files("#pack", payload("pack.zip", GOOD.pack))
        page.locator("#key").press_sequentially(KEY.vkey[:5])
        page.keyboard.insert_text(KEY.vkey[5:])
        page.locator("#verify").press("Enter")
        page.wait_for_selector("#result:not([hidden])")
        focused = page.evaluate("document.activeElement.id")
        return focused, page.locator("#verdict").inner_text()

    assert fresh.do(work) == ("verdict", "✓ Valid")


def test_each_line_has_a_sign_and_a_word_beside_its_colour(fresh: Browsed) -> None:
    fresh.verify(GOOD)

    def work() -> list[str]:
        return fresh.page.locator("#steps > li").all_inner_texts()

    lines = [line.split() for line in fresh.do(work)]
    assert len(lines) == STEPS
    assert {line[0] for line in lines} == {"✓"}
    assert {line[1] for line in lines} == {"holds:"}


def test_a_step_that_was_not_reached_is_neither_good_nor_bad(fresh: Browsed) -> None:
    fresh.verify(Case(b"no zip", verdict=INVALID))
    lines = fresh.do(lambda: fresh.page.locator("#steps > li").all_inner_texts())
    assert [line.split()[0] for line in lines] == ["✗", *["?"] * (STEPS - 1)]


def test_words_of_a_pack_are_never_markup(fresh: Browsed) -> None:
    """Attack 52: what evidence is called must not run in the page that verifies it."""
    draft = good()
    item = draft.item("EV-000005")
    item["metadata"]["title"] = "<img src=x onerror=alert(1)>\u202e"
    draft.log.leaves = draft.log.leaves[:-2]
    item["leaves"].clear()
    packs.record(draft, item, "evidence", packs.evidence_body(item))
    draft.manifest["organisation"] = "<script>alert(1)</script>"
    packs.finish(draft)
    assert fresh.verify(Case(draft.pack())).verdict == VALID

    def work() -> tuple[int, str]:
        images = fresh.page.locator("#result img, #result script").count()
        return images, fresh.page.locator("#result").inner_text()

    images, told = fresh.do(work)
    assert images == 0
    assert "<img src=x onerror=alert(1)>\\u{202e}" in told
    assert "<script>alert(1)</script>" in told


def test_rows_can_be_narrowed(fresh: Browsed) -> None:
    bent = Means().pack.replace(b"alice,yes", b"alice,no!")
    fresh.verify(Case(bent))

    def rows() -> int:
        return fresh.page.locator("#rows > li").count()

    def only_bad() -> int:
        fresh.page.locator("#only").select_option("bad")
        return rows()

    def with_words() -> int:
        fresh.page.locator("#only").select_option("all")
        fresh.page.locator("#find").fill("EV-000003")
        return rows()

    assert (fresh.do(rows), fresh.do(only_bad), fresh.do(with_words)) == (5, 1, 1)


def test_a_second_pack_gets_its_own_verdict(fresh: Browsed) -> None:
    assert fresh.verify(GOOD).verdict == VALID
    assert fresh.verify(replace(GOOD, key="nonsense")).verdict == COULD_NOT_CHECK
    assert fresh.verify(GOOD).verdict == VALID


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_reaches_beyond_the_screen(fresh: Browsed, width: int) -> None:
    fresh.do(lambda: fresh.page.set_viewport_size({"width": width, "height": 800}))
    fresh.verify(replace(GOOD, key=KEY.vkey))
    fresh.do(lambda: fresh.page.locator("details").evaluate("(one) => { one.open = true; }"))
    assert fresh.do(lambda: fresh.page.evaluate("document.documentElement.scrollWidth")) == width


@pytest.mark.parametrize(
    "missing",
    [
        "Worker = undefined",
        "crypto.subtle.importKey = () => Promise.reject(new Error('unknown algorithm'))",
    ],
    ids=["no worker", "no Ed25519 in the page"],
)
def test_it_works_without_what_some_browsers_lack(fresh: Browsed, missing: str) -> None:
    fresh.do(lambda: fresh.page.evaluate(f"() => {{ window.Worker = undefined; {missing}; }}"))
    assert fresh.verify(GOOD).verdict == VALID
    forged = Case(Means().pack.replace(b"alice,yes", b"alice,no!"))
    assert fresh.verify(forged).verdict == INVALID
    assert fresh.verify(replace(GOOD, key=KEY.vkey[:-4])).verdict == COULD_NOT_CHECK


def test_a_large_file_is_read_in_pieces_and_the_page_stays_free(
    fresh: Browsed, tmp_path: Path
) -> None:
    draft = good()
    packs.add(draft, "EV-000006", "large.bin", bytes(range(256)) * 100_000)
    packs.finish(draft)
    path = tmp_path / "pack.zip"
    path.write_bytes(draft.pack())

    def work() -> tuple[str, str]:
        page = fresh.page
        page.set_input_files("#pack", path)
        page.locator("#key").fill(KEY.vkey)
        page.locator("#verify").evaluate("(button) => button.click()")
        # A page that is busy would not answer here before it is done.
        answered = str(page.evaluate("document.getElementById('work').hidden"))
        page.wait_for_selector("#result:not([hidden])", timeout=60_000)
        return answered, page.locator("#verdict").inner_text()

    assert fresh.do(work) == ("False", "✓ Valid")
