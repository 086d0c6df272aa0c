"""A pack is sealed for one auditor's nonce and request, at a time, and never for another one."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.reports.verifier import packs
from tests.reports.verifier.attacks import Attack, Attacks
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import SEALED_AT, Draft, good

MANIFEST = "manifest.json"
NONCE, REQUEST = "harbour lantern 47", "ENG-2026-1/R4"
ATTACKS = Attacks()


def bound(nonce: str | None = NONCE, sealed_at: str = SEALED_AT) -> Draft:
    """A good pack that was sealed for a nonce."""
    draft = good()
    draft.manifest["bound_to"] = {"nonce": nonce, "request": None}
    draft.manifest["sealed_at"] = sealed_at
    packs.finish(draft)
    return draft


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.parametrize("nonce", [NONCE, f"  {NONCE} "])
def test_the_nonce_of_the_auditor_agrees(verified: Verifier, nonce: str) -> None:
    assert verified(bound().pack(), "--nonce", nonce).verdict == "VALID"


def test_a_nonce_is_compared_in_one_form(verified: Verifier) -> None:
    pack = bound("caf\u00e9 au lait").pack()
    assert verified(pack, "--nonce", "cafe\u0301 au lait").verdict == "VALID"


def test_who_gave_no_nonce_need_not_know_it(verified: Verifier) -> None:
    assert verified(bound().pack()).verdict == "VALID"


def test_an_old_pack_that_is_replayed_is_refused(verified: Verifier) -> None:
    outcome = verified(bound("granite whistle 12").pack(), "--nonce", NONCE)
    assert outcome.refuses(MANIFEST, "was sealed for another nonce")


def test_a_pack_that_was_sealed_for_nobody_is_refused(verified: Verifier) -> None:
    assert verified(good().pack(), "--nonce", NONCE).refuses(MANIFEST, "without a nonce")
    assert verified(good().pack(), "--request", REQUEST).refuses(MANIFEST, "without a request")


def test_an_empty_nonce_is_not_the_lack_of_one(verified: Verifier) -> None:
    assert verified(bound().pack(), "--nonce", "").refuses(MANIFEST, "for another nonce")


@pytest.mark.parametrize("start", ["2026-11-21", SEALED_AT, "2025-01-01"])
def test_a_pack_of_that_day_or_later_agrees(verified: Verifier, start: str) -> None:
    assert verified(good().pack(), "--not-before", start).verdict == "VALID"


@pytest.mark.parametrize("start", ["2026-11-22", "2026-11-21T10:00:00.000001Z"])
def test_a_pack_of_before_is_refused(verified: Verifier, start: str) -> None:
    outcome = verified(good().pack(), "--not-before", start)
    assert outcome.refuses(MANIFEST, "was sealed at 2026-11-21T10:00:00.000000Z, before")


def test_a_pack_of_lately_agrees(verified: Verifier) -> None:
    assert verified(bound(sealed_at=ago(days=2)).pack(), "--within", "3").verdict == "VALID"


@pytest.mark.parametrize("sealed_at", [ago(days=4), ago(days=-2)], ids=["long ago", "to come"])
def test_a_pack_of_long_ago_or_of_the_future_is_refused(verified: Verifier, sealed_at: str) -> None:
    outcome = verified(bound(sealed_at=sealed_at).pack(), "--within", "3")
    assert outcome.refuses(MANIFEST, "not within 3 days of now")


@pytest.mark.parametrize("start", ["yesterday", "2026-13-01", "2026-11-21T10:00", "21.11.2026"])
def test_a_day_that_is_none_is_no_verdict(verified: Verifier, start: str) -> None:
    outcome = verified(good().pack(), "--not-before", start)
    assert (outcome.status, outcome.failures) == (2, [])


# --- An insider bends what the pack is sealed for -------------------------------------------------
@ATTACKS.on(MANIFEST, "where the signed papers say {'nonce': 'granite whistle 12'")
def the_statement_names_another_nonce(draft: Draft) -> None:
    draft.predicate["bound_to"] = {"nonce": "granite whistle 12", "request": None}


@ATTACKS.on("leaves/11.json", "was logged with another nonce_sha256 than the pack has")
def an_old_pack_is_signed_again_for_a_new_nonce(draft: Draft) -> None:
    draft.manifest["bound_to"]["nonce"] = "granite whistle 12"


@ATTACKS.on("leaves/11.json", "was logged with another sealed_at than the pack has")
def an_old_pack_is_signed_again_at_a_new_time(draft: Draft) -> None:
    draft.manifest["sealed_at"] = "2026-12-01T10:00:00.000000Z"


@ATTACKS.on("leaves/11.json", "was logged with another as_of than the pack has")
def an_old_selection_is_said_to_be_newer(draft: Draft) -> None:
    draft.manifest["as_of"] = "2026-12-01T10:00:00.000000Z"


@ATTACKS.on(MANIFEST, "was sealed for ENG-2026-1/R4, which is no request of this pack")
def the_request_is_not_in_the_pack(draft: Draft) -> None:
    draft.manifest["bound_to"]["request"] = REQUEST
    packs.finish(draft)


@ATTACKS.on("leaves/11.json", "was logged with 1 shortfall, where the pack has 0")
def a_shortfall_is_left_out_after_the_sealing(draft: Draft) -> None:
    draft.manifest["shortfall"].clear()


@ATTACKS.on("leaves/11.json", "is not the last entry, that of the pack itself")
def the_log_went_on_before_it_was_signed(draft: Draft) -> None:
    draft.log.leaves.append(draft.log.leaves[0])
    packs.settle(draft)


@ATTACKS.on("leaves/10.json", "is no pack of these bytes as ENG-2026-1/1")
def the_entry_of_an_item_is_said_to_be_that_of_the_pack(draft: Draft) -> None:
    draft.log.leaves.pop()
    draft.manifest["seal"] = draft.manifest["items"].pop()["leaves"][0]
    packs.settle(draft)


@ATTACKS.each()
def test_it_refuses_what_was_not_sealed_so(
    verified: Verifier, attack: Attack, file: str, reason: str
) -> None:
    draft = bound()
    attack(draft)
    outcome = verified(draft.pack())
    assert outcome.refuses(file, reason), outcome
