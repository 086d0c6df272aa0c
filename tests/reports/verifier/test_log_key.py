"""Packs of after an exchange or a revocation of the log's key, and packs of whoever forges one."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reports.verifier import verify
from tests.reports.verifier import packs
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import KEY, ORIGIN, Draft, Json, LogKey, good
from tests.reports.verifier.trees import canonical, path_of

KEYS = "keys.json"
NEW, THIRD = LogKey.of(b"the new key"), LogKey.of(b"a third key")


@dataclass
class Told:
    """A good pack, and the entries about the key of its log."""

    draft: Draft = field(default_factory=good)
    places: list[int] = field(default_factory=list)

    def event(self, kind: str, old: LogKey, new: LogKey | None, *signers: LogKey) -> Json:
        """Return an event for the end of the log as it stands without the entry of the pack."""
        leaves = self.draft.log.leaves
        is_sealed = json.loads(leaves[-1])["kind"] == "pack"
        body = {
            "format": "countersign-key-event/v1",
            "event": kind,
            "origin": ORIGIN,
            "log_size": len(leaves) - is_sealed,
            "moment": "2026-07-01T10:00:00.000000Z",
            "old": old.vkey,
            "new": new.vkey if new else "",
            "reason_sha256": "0" * 64,
            "confirmation_sha256": "1" * 64,
            "proposal": 3,
            "overlap_until": "",
            "compromised_at": "",
            "keeps_old": False,
        }
        text = b"countersign-key-event/v1\0" + canonical(body)
        signed = {one.vkey: base64.b64encode(one.private.sign(text)).decode() for one in signers}
        return body | {"signatures": signed}

    def log(self, body: Json, kind: str = "") -> None:
        name = kind or f"key.{body['event']}"
        self.places.append(self.draft.log.append(name, "log", body))

    def rotate(self, old: LogKey, new: LogKey, *signers: LogKey) -> None:
        self.log(self.event("rotated", old, new, *(signers or (old, new))))

    def revoke(self, key: LogKey, *signers: LogKey) -> None:
        self.log(self.event("revoked", key, None, *(signers or (key,))))

    def replace(self, old: LogKey, new: LogKey) -> None:
        self.log(self.event("replaced", old, new, new))

    def keys(self) -> Json:
        hashes, leaves = self.draft.log.hashes, self.draft.log.leaves
        events = [
            {
                "index": place,
                "leaf": leaves[place].decode(),
                "proof": [base64.b64encode(one).decode() for one in path_of(place, hashes)],
            }
            for place in self.places
        ]
        return {"format": "countersign-keys/v1", "origin": ORIGIN, "events": events}

    def pack(
        self, key: LogKey, change: Callable[[Json], None] = lambda _: None, *, told: bool = True
    ) -> bytes:
        """Seal the pack with a key, with or without what it tells about keys."""
        packs.finish(self.draft)
        packs.settle(self.draft, self.draft.log.checkpoint(key))
        if told:
            keys = self.keys()
            change(keys)
            self.draft.files[KEYS] = canonical(keys)
        return self.draft.pack(key)


def exchanged() -> Told:
    told = Told()
    told.rotate(KEY, NEW)
    return told


def replaced() -> Told:
    told = Told()
    told.revoke(KEY)
    told.replace(KEY, NEW)
    return told


@pytest.mark.parametrize("key", [KEY, NEW], ids=["old", "new"])
def test_both_keys_lead_to_the_pack(verified: Verifier, key: LogKey) -> None:
    outcome = verified(exchanged().pack(NEW), key=key.vkey)
    assert outcome.verdict == "VALID", outcome
    said = f"Key: {NEW.key_id.hex()} signs now, 1 entries lead from and to yours"
    assert said in outcome.passed


@pytest.mark.parametrize("key", [KEY, NEW, THIRD], ids=["first", "second", "third"])
def test_a_chain_of_two_exchanges_is_followed(verified: Verifier, key: LogKey) -> None:
    told = exchanged()
    told.rotate(NEW, THIRD)
    assert verified(told.pack(THIRD), key=key.vkey).verdict == "VALID"


def test_without_the_entries_the_old_key_leads_nowhere(verified: Verifier) -> None:
    outcome = verified(exchanged().pack(NEW, told=False), key=KEY.vkey)
    assert outcome.refuses("statement.dsse.json", "is not signed by the log")


@pytest.mark.parametrize("signers", [(NEW,), (KEY,), (NEW, THIRD)], ids=["new", "old", "strange"])
def test_a_forged_exchange_is_refused(verified: Verifier, signers: tuple[LogKey, ...]) -> None:
    """Attack 44: whoever has no old key writes an exchange to their own."""
    told = Told()
    told.rotate(KEY, NEW, *signers)
    assert verified(told.pack(NEW)).refuses(KEYS, "without the signature of")


def test_without_the_check_it_would_be_believed(
    verified: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    told.rotate(KEY, NEW, NEW)
    event = told.draft.log.leaves[told.places[0]]
    assert KEY.vkey not in json.loads(event)["body"]["signatures"]

    def weakened(body: Json, spans: list[verify.Span], index: int) -> None:
        spans[-1] = spans[-1]._replace(until=index)
        spans.append(verify.Span(verify.Key.of(body["new"]), index))

    monkeypatch.setattr(verify, "check_key_event", weakened)
    assert verified(told.pack(NEW)).verdict == "VALID"


def test_an_exchange_that_was_changed_is_refused(verified: Verifier) -> None:
    told = Told()
    body = told.event("rotated", KEY, NEW, KEY, NEW)
    told.log(body | {"keeps_old": True})
    assert verified(told.pack(NEW)).refuses(KEYS, "does not fit")


def test_an_exchange_that_the_log_does_not_hold_is_refused(verified: Verifier) -> None:
    told = exchanged()
    other = told.event("rotated", KEY, NEW, KEY, NEW)
    (place,) = told.places

    def change(keys: Json) -> None:
        leaf = json.loads(keys["events"][0]["leaf"])
        leaf["recorded_at"] = "2026-07-02T10:00:00.000000Z"
        keys["events"][0]["leaf"] = canonical(leaf).decode()

    assert other["log_size"] == place + 1
    assert verified(told.pack(NEW, change)).refuses(KEYS, "which the log does not hold")


def test_an_entry_in_another_place_is_refused(verified: Verifier) -> None:
    told = Told()
    body = told.event("rotated", KEY, NEW, KEY, NEW)
    told.draft.log.append("note", "log", {})
    told.log(body)
    assert verified(told.pack(NEW)).refuses(KEYS, "another place than it was made for")


def test_an_entry_that_was_told_again_counts(verified: Verifier) -> None:
    told = Told()
    body = told.event("rotated", KEY, NEW, KEY, NEW)
    told.draft.log.append("note", "log", {})
    told.log(body, "key.retold")
    assert verified(told.pack(NEW)).verdict == "VALID"


def test_a_revoked_key_leads_nowhere(verified: Verifier) -> None:
    outcome = verified(replaced().pack(NEW), key=KEY.vkey)
    assert (outcome.status, outcome.verdict) == (2, "COULD NOT CHECK")
    assert "was revoked by entry" in outcome.unchecked[0]


def test_the_key_in_its_place_does(verified: Verifier) -> None:
    assert verified(replaced().pack(NEW), key=NEW.vkey).verdict == "VALID"


@pytest.mark.parametrize("key", [KEY, NEW], ids=["revoked", "new"])
def test_what_a_revoked_key_signs_is_refused(verified: Verifier, key: LogKey) -> None:
    """Attack 45: whoever stole the key seals a pack of after its revocation."""
    outcome = verified(replaced().pack(KEY), key=key.vkey)
    assert outcome.verdict != "VALID"


def test_a_checkpoint_of_a_revoked_key_is_refused(verified: Verifier) -> None:
    told = replaced()
    told.pack(NEW)
    told.draft.files["checkpoint.txt"] = told.draft.log.checkpoint(KEY).encode()
    outcome = verified(told.draft.pack(NEW), key=NEW.vkey)
    assert outcome.refuses("checkpoint.txt", "is not signed by the log")


def test_a_pack_of_between_revocation_and_new_key_is_refused(verified: Verifier) -> None:
    told = Told()
    told.revoke(KEY)
    assert verified(told.pack(KEY), key=KEY.vkey).status == 2
    told.draft.files.pop(KEYS)
    assert verified(told.draft.pack(KEY), key=NEW.vkey).status == 1


def test_a_key_vouches_not_past_a_revocation(verified: Verifier) -> None:
    told = exchanged()
    told.revoke(NEW)
    told.replace(NEW, THIRD)
    outcome = verified(told.pack(THIRD), key=KEY.vkey)
    assert outcome.status == 2
    assert "cannot vouch" in outcome.unchecked[0]
    assert verified(told.draft.pack(THIRD), key=THIRD.vkey).verdict == "VALID"


def test_a_key_that_is_not_revoked_is_not_replaced_by_its_successor_alone(
    verified: Verifier,
) -> None:
    told = Told()
    told.replace(KEY, NEW)
    assert verified(told.pack(NEW), key=KEY.vkey).refuses(KEYS, "exchanges another key")


@pytest.mark.parametrize("signer", [THIRD], ids=["stranger"])
def test_a_stranger_cannot_revoke(verified: Verifier, signer: LogKey) -> None:
    told = Told()
    told.revoke(KEY, signer)
    told.replace(KEY, NEW)
    assert verified(told.pack(NEW), key=NEW.vkey).refuses(KEYS, "no key of the log has signed")


def test_an_earlier_key_may_be_revoked_by_the_one_of_now(verified: Verifier) -> None:
    told = exchanged()
    told.revoke(KEY, NEW)
    assert verified(told.pack(NEW), key=NEW.vkey).verdict == "VALID"
    assert verified(told.draft.pack(NEW), key=KEY.vkey).status == 2


def test_the_keys_of_another_log_are_refused(verified: Verifier) -> None:
    pack = exchanged().pack(NEW)
    assert verified(pack, key=THIRD.vkey).refuses(KEYS, "does not tell of the key that you hold")
    other = LogKey.of(b"the log", "log.example/other")
    assert verified(pack, key=other.vkey).refuses(KEYS, "about another log")


def sealed_after_the_exchange() -> Draft:
    """A pack that was frozen before the exchange and sealed after it: its log knows nothing."""
    told = Told()
    size = len(told.draft.log.leaves)
    leaf = {
        "actor": "system",
        "body": told.event("rotated", KEY, NEW, KEY, NEW) | {"log_size": size},
        "kind": "key.rotated",
        "recorded_at": "2026-07-01T10:00:00.000000Z",
        "subject": "log",
    }
    body = leaf["body"]
    assert isinstance(body, dict)
    unsigned = {name: value for name, value in body.items() if name != "signatures"}
    text = b"countersign-key-event/v1\0" + canonical(unsigned)
    body["signatures"] = {
        one.vkey: base64.b64encode(one.private.sign(text)).decode() for one in (KEY, NEW)
    }
    event = {"index": size, "leaf": canonical(leaf).decode(), "proof": []}
    keys = {"format": "countersign-keys/v1", "origin": ORIGIN, "events": [event]}
    told.draft.files[KEYS] = canonical(keys)
    return told.draft


@pytest.mark.parametrize("key", [KEY, NEW], ids=["old", "new"])
def test_a_pack_that_was_frozen_before_the_exchange_is_sealed_after_it(
    verified: Verifier, key: LogKey
) -> None:
    pack = sealed_after_the_exchange().pack(NEW)
    assert verified(pack, key=key.vkey).verdict == "VALID"


def test_the_log_continues_one_that_the_old_key_signed(verified: Verifier) -> None:
    told = exchanged()
    told.draft.continues = 5
    outcome = verified(told.pack(NEW), key=NEW.vkey)
    assert outcome.verdict == "VALID", outcome
    assert any(one.startswith("History: the log continues the 5") for one in outcome.passed)


def test_a_checkpoint_that_was_kept_under_the_old_key_holds_with_it(
    verified: Verifier, tmp_path: Path
) -> None:
    told = exchanged()
    told.draft.continues = 5
    pack = told.pack(NEW)
    path = tmp_path / "held.txt"
    path.write_text(told.draft.log.checkpoint(KEY, size=5), encoding="utf-8")
    outcome = verified(pack, "--held-checkpoint", str(path), key=KEY.vkey)
    assert outcome.verdict == "VALID", outcome
