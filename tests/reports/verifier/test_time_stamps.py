"""Time-stamps in a pack, by a real `openssl ts`: about this checkpoint, and by whom if one asks."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.evidence.test_time_stamp import Authority
from tests.reports.verifier import packs
from tests.reports.verifier.attacks import Attack, Attacks
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import CHECKPOINT, Draft, good
from tests.reports.verifier.trees import sha256

PATH = "tokens/tsa.example-1.tsr"
LONG_AGO = "2020-01-01T10:00:00.000000Z"
ATTACKS = Attacks()


def made(folder: Path) -> Authority:
    authority = Authority(folder)
    authority.set_up()
    return authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return made(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return made(tmp_path_factory.mktemp("stranger"))


def token(authority: Authority, text: bytes, digest: str = "sha512") -> bytes:
    """Have some bytes stamped, as a pack asks for it."""
    asked = authority.folder / "text"
    asked.write_bytes(text)
    query = authority.folder / "query.tsq"
    authority.run("ts", "-query", "-data", str(asked), f"-{digest}", "-cert", "-out", str(query))
    return authority.answer(query.read_bytes())


def stamped(authority: Authority, digest: str = "sha512", sealed_at: str = LONG_AGO) -> Draft:
    """A good pack whose checkpoint was stamped just now."""
    draft = good()
    draft.manifest["sealed_at"] = sealed_at
    packs.finish(draft)
    add(draft, token(authority, draft.files[CHECKPOINT], digest))
    return draft


def add(draft: Draft, answer: bytes, path: str = PATH) -> None:
    draft.files[path] = answer
    draft.manifest["tokens"].append({"authority": "https://tsa.example", "path": path})


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_the_time_is_told_and_the_signature_left_to_openssl(
    verified: Verifier, authority: Authority, digest: str
) -> None:
    outcome = verified(stamped(authority, digest).pack())
    assert outcome.verdict == "VALID", outcome
    (said,) = [one for one in outcome.passed if one.startswith("Time-stamps: ")]
    assert "https://tsa.example says 20" in said
    assert "not checked here: openssl ts -verify does" in said


def test_openssl_is_asked_where_roots_are_given(verified: Verifier, authority: Authority) -> None:
    outcome = verified(stamped(authority).pack(), "--tsa-ca", str(authority.root))
    assert outcome.verdict == "VALID", outcome
    assert any("signed under your certificates" in said for said in outcome.passed)


def test_a_token_of_an_authority_that_is_not_trusted_is_refused(
    verified: Verifier, authority: Authority, stranger: Authority
) -> None:
    outcome = verified(stamped(stranger).pack(), "--tsa-ca", str(authority.root))
    assert outcome.refuses("manifest.json", "no time-stamp that is signed under your certificates")


def test_one_trusted_authority_is_enough(
    verified: Verifier, authority: Authority, stranger: Authority
) -> None:
    draft = stamped(stranger)
    add(draft, token(authority, draft.files[CHECKPOINT]), "tokens/tsa.example-2.tsr")
    outcome = verified(draft.pack(), "--tsa-ca", str(authority.root))
    assert outcome.verdict == "VALID"
    (said,) = [one for one in outcome.passed if one.startswith("Time-stamps: ")]
    assert ", not signed under your certificates; " in said
    assert said.endswith(", signed under your certificates")


def test_a_token_with_a_bit_flipped_is_no_longer_signed(
    verified: Verifier, authority: Authority
) -> None:
    draft = stamped(authority)
    answer = bytearray(draft.files[PATH])
    answer[-5] ^= 1
    draft.files[PATH] = bytes(answer)
    assert verified(draft.pack(), "--tsa-ca", str(authority.root)).status == 1


def test_without_a_token_there_is_no_verdict_on_who_stamped(
    verified: Verifier, authority: Authority
) -> None:
    outcome = verified(good().pack(), "--tsa-ca", str(authority.root))
    assert (outcome.status, outcome.failures) == (2, [])
    assert "no time-stamp from outside the company" in outcome.unchecked[0]


def test_without_openssl_there_is_no_verdict_on_who_stamped(
    verified: Verifier, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = stamped(authority).pack()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    outcome = verified(pack, "--tsa-ca", str(authority.root))
    assert (outcome.status, outcome.failures) == (2, [])
    assert "openssl is not on this machine" in outcome.unchecked[0]


def test_an_openssl_that_hangs_gives_no_verdict(
    verified: Verifier, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = stamped(authority).pack()

    def hangs(*command: object, **_: object) -> None:
        raise subprocess.TimeoutExpired("openssl", 60)

    monkeypatch.setattr(subprocess, "run", hangs)
    outcome = verified(pack, "--tsa-ca", str(authority.root))
    assert (outcome.status, outcome.failures) == (2, [])


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_roots_that_are_none_are_no_verdict(
    verified: Verifier, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "roots.pem"
    path.write_bytes(content)
    assert verified(good().pack(), "--tsa-ca", str(path)).status == 2
    assert verified(good().pack(), "--tsa-ca", str(tmp_path / "gone.pem")).status == 2


def self_issued(authority: Authority) -> Draft:
    """A pack whose one time-stamp is called the company's own."""
    draft = stamped(authority)
    draft.files["tokens/self-issued-1.tsr"] = draft.files.pop(PATH)
    told = {"authority": "self-issued", "path": "tokens/self-issued-1.tsr"}
    draft.manifest["tokens"] = [told]
    return draft


def test_a_token_of_the_company_itself_is_said_to_be_one(
    verified: Verifier, authority: Authority
) -> None:
    outcome = verified(self_issued(authority).pack())
    assert outcome.verdict == "VALID", outcome
    (said,) = [one for one in outcome.passed if one.startswith("Time-stamps: ")]
    assert said.startswith("Time-stamps: self-issued says 20")
    assert said.endswith("Z, issued by the company itself: proves nothing against it")


def test_a_token_of_the_company_itself_counts_for_nothing(
    verified: Verifier, authority: Authority
) -> None:
    """Not even where its certificate was slipped among those that are trusted."""
    outcome = verified(self_issued(authority).pack(), "--tsa-ca", str(authority.root))
    assert (outcome.status, outcome.failures) == (2, [])
    assert "no time-stamp from outside the company" in outcome.unchecked[0]


# --- Tokens that an insider has put there ---------------------------------------------------------
@pytest.fixture
def answers(authority: Authority) -> Iterator[None]:
    """Let the attacks below have bytes stamped."""
    ANSWERS.append(authority)
    yield
    ANSWERS.clear()


ANSWERS: list[Authority] = []


def stamp(draft: Draft) -> bytes:
    return token(ANSWERS[0], draft.files[CHECKPOINT])


@ATTACKS.on(PATH, "is about something else than this checkpoint.txt")
def the_token_is_about_another_checkpoint(draft: Draft) -> None:
    add(draft, token(ANSWERS[0], good(seed=1).log.checkpoint().encode()))


@ATTACKS.on(PATH, "which is before the pack says that it was sealed")
def the_pack_says_that_it_was_sealed_after_the_token(draft: Draft) -> None:
    draft.manifest["sealed_at"] = "2999-01-01T10:00:00.000000Z"
    packs.finish(draft)
    add(draft, stamp(draft))


@ATTACKS.on(PATH, "belongs to no item of the manifest")
def a_token_is_listed_nowhere(draft: Draft) -> None:
    draft.files[PATH] = stamp(draft)


@ATTACKS.on(PATH, "which is not in the pack")
def a_token_is_not_there(draft: Draft) -> None:
    add(draft, b"")
    del draft.files[PATH]


@ATTACKS.on("README.txt", "lies in another place than that of token 1")
def another_file_is_passed_off_as_a_token(draft: Draft) -> None:
    add(draft, draft.files["README.txt"], "README.txt")


@ATTACKS.on("tokens/a-2.tsr", "lies in another place than that of token 1")
def the_tokens_do_not_begin_with_the_first(draft: Draft) -> None:
    add(draft, stamp(draft), "tokens/a-2.tsr")


@ATTACKS.on(PATH, "is not a time-stamp: it is cut short")
def a_token_is_cut_short(draft: Draft) -> None:
    add(draft, stamp(draft)[:-1])


@ATTACKS.on(PATH, "is not a time-stamp: it is cut short")
def a_token_is_empty(draft: Draft) -> None:
    add(draft, b"")


@ATTACKS.on(PATH, "was not granted")
def a_token_was_refused_by_its_authority(draft: Draft) -> None:
    add(draft, bytes.fromhex("30053003020102"))


@ATTACKS.on(PATH, "holds something else than a signed time")
def a_token_is_a_thing_of_another_kind(draft: Draft) -> None:
    add(draft, bytes.fromhex("300c3003020100300506012a0500"))


@ATTACKS.each()
def test_it_refuses_tokens_that_say_another_thing(
    verified: Verifier, answers: None, attack: Attack, file: str, reason: str
) -> None:
    draft = good()
    draft.manifest["sealed_at"] = LONG_AGO
    packs.finish(draft)
    attack(draft)
    outcome = verified(draft.pack())
    assert outcome.refuses(file, reason), outcome


def test_two_packs_do_not_share_a_token(verified: Verifier, authority: Authority) -> None:
    draft, other = stamped(authority), stamped(authority, sealed_at="2020-01-02T10:00:00.000000Z")
    assert sha256(draft.files[PATH]) != sha256(other.files[PATH])
    draft.files[PATH] = other.files[PATH]
    assert verified(draft.pack()).refuses(PATH, "is about something else")
