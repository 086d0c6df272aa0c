"""Packs of after an exchange or a revocation of the log's key, and packs that witnesses cosigned.

The packs are those of the tests of `verify.py`; here the page meets each of them too.
"""

import base64
import json
import struct
from collections.abc import Callable, Iterator

from reports.verifier import verify
from tests.acceptance.attacks.registry import (
    COULD_NOT_CHECK,
    VALID,
    Case,
    Means,
    attack,
)
from tests.reports.verifier import test_cosigned as cosigning
from tests.reports.verifier.packs import KEY, Json, LogKey, good
from tests.reports.verifier.test_log_key import (
    KEYS,
    NEW,
    THIRD,
    Told,
    exchanged,
    replaced,
    sealed_after_the_exchange,
)
from tests.reports.verifier.trees import canonical

STATEMENT, CHECKPOINT = "statement.dsse.json", "checkpoint.txt"
OTHER_LOG = LogKey.of(b"the log", "log.example/other")
WITNESS = cosigning.vkey(cosigning.WITNESS)
STRANGER = cosigning.vkey(LogKey.of(b"another witness", "witness.example/w2"))


def believed(body: Json, spans: list[verify.Span], index: int) -> None:
    """Take every entry about the key for true, whoever has signed it."""
    spans[-1] = spans[-1]._replace(until=index)
    spans.append(verify.Span(type(spans[-1].key).of(body["new"]), index))


def of_old(_told: Json, _name: str) -> list[verify.Span]:
    """Hold to the first key, whatever the entries about it say."""
    return [verify.Span(verify.Key.of(KEY.vkey), -1)]


def held_alone(_spans: list[verify.Span], held: verify.Key) -> verify.Key:
    return held


@attack(44, laxer={"check_key_event": believed})
def an_exchange_of_the_key_is_forged(_means: Means) -> Case:
    """Whoever has no old key writes an exchange to one of their own."""
    told = Told()
    told.rotate(KEY, NEW, NEW)
    return Case(told.pack(NEW), KEYS, "without the signature of")


@attack(45, laxer={"key_spans": of_old, "trusted_key": held_alone})
def a_revoked_key_goes_on_signing(_means: Means) -> Case:
    reason = "the key that you hold was revoked by entry"
    return Case(replaced().pack(KEY), reason=reason, verdict=COULD_NOT_CHECK)


@attack(8, without="witnesses")
def a_witness_saw_another_history(_means: Means) -> Case:
    draft = good(seed=1)
    saw = cosigning.line(good().files[CHECKPOINT].decode())
    draft.files[cosigning.NAME] = draft.files[CHECKPOINT] + saw.encode()
    reason = "has a signature that does not fit its text"
    return Case(draft.pack(), cosigning.NAME, reason, witnesses=(WITNESS,))


def cases() -> Iterator[tuple[str, Callable[[], Case]]]:
    """Yield what makes each case, with its name."""
    for make in KINDS:
        for name, case in make():
            yield f"key: {name}", lambda case=case: case  # type: ignore[misc]


def _good_keys() -> Iterator[tuple[str, Case]]:
    for name, key in (("old", KEY), ("new", NEW)):
        yield f"exchanged, {name}", Case(exchanged().pack(NEW), verdict=VALID, key=key.vkey)
        frozen = sealed_after_the_exchange().pack(NEW)
        yield f"sealed after it, {name}", Case(frozen, verdict=VALID, key=key.vkey)
    for name, key in (("first", KEY), ("second", NEW), ("third", THIRD)):
        told = exchanged()
        told.rotate(NEW, THIRD)
        yield f"exchanged twice, {name}", Case(told.pack(THIRD), verdict=VALID, key=key.vkey)
    told = Told()
    body = told.event("rotated", KEY, NEW, KEY, NEW)
    told.draft.log.append("note", "log", {})
    told.log(body, "key.retold")
    yield "told again", Case(told.pack(NEW), verdict=VALID)
    yield "replaced", Case(replaced().pack(NEW), verdict=VALID, key=NEW.vkey)
    told = exchanged()
    told.revoke(KEY, NEW)
    yield "revoked by its successor", Case(told.pack(NEW), verdict=VALID, key=NEW.vkey)
    told = exchanged()
    told.draft.continues = 5
    pack = told.pack(NEW)
    held = told.draft.log.checkpoint(KEY, size=5).encode()
    yield "from a log of the old key on", Case(pack, verdict=VALID, key=NEW.vkey)
    yield "from what was kept on", Case(pack, verdict=VALID, held=held)


def _forged() -> Iterator[tuple[str, Case]]:
    untold = exchanged().pack(NEW, told=False)
    yield "not told", Case(untold, STATEMENT, "is not signed by the log")
    for name, signers in (("old alone", (KEY,)), ("a stranger", (NEW, THIRD))):
        told = Told()
        told.rotate(KEY, NEW, *signers)
        yield f"signed by {name}", Case(told.pack(NEW), KEYS, "without the signature of")
    told = Told()
    told.log(told.event("rotated", KEY, NEW, KEY, NEW) | {"keeps_old": True})
    yield "an entry that was changed", Case(told.pack(NEW), KEYS, "does not fit its text")
    told = exchanged()
    reason = "which the log does not hold"
    yield "an entry that was never logged", Case(told.pack(NEW, postponed), KEYS, reason)
    told = exchanged()
    reason = "too many or too few hashes"
    yield "an entry without its proof", Case(told.pack(NEW, unproved), KEYS, reason)
    told = Told()
    body = told.event("rotated", KEY, NEW, KEY, NEW)
    told.draft.log.append("note", "log", {})
    told.log(body)
    reason = "in another place than it was made for"
    yield "an entry in another place", Case(told.pack(NEW), KEYS, reason)


def _broken() -> Iterator[tuple[str, Case]]:
    yield "no entry", Case(exchanged().pack(NEW, emptied), KEYS, "lacks something")
    yield "the second link missing", Case(broken(), KEYS, "which exchanges another key")
    told = Told()
    told.replace(KEY, NEW)
    yield "replaced though valid", Case(told.pack(NEW), KEYS, "exchanges another key")
    told = Told()
    told.revoke(KEY, THIRD)
    told.replace(KEY, NEW)
    reason = "which no key of the log has signed"
    yield "revoked by a stranger", Case(told.pack(NEW), KEYS, reason, key=NEW.vkey)
    told = exchanged()
    told.revoke(KEY, NEW)
    told.revoke(KEY, NEW)
    yield "revoked twice", Case(told.pack(NEW), KEYS, "revokes a key once more", key=NEW.vkey)


def _signed_by_others() -> Iterator[tuple[str, Case]]:
    pack = exchanged().pack(NEW)
    reason = "does not tell of the key that you hold"
    yield "a key that is not in the chain", Case(pack, KEYS, reason, key=THIRD.vkey)
    yield "the keys of another log", Case(pack, KEYS, "about another log", key=OTHER_LOG.vkey)
    pack = replaced().pack(KEY)
    reason = "is not signed by the log"
    yield "a revoked key signs", Case(pack, STATEMENT, reason, key=NEW.vkey)
    told = replaced()
    told.pack(NEW)
    told.draft.files[CHECKPOINT] = told.draft.log.checkpoint(KEY).encode()
    pack = told.draft.pack(NEW)
    yield "a revoked key signs the log", Case(pack, CHECKPOINT, reason, key=NEW.vkey)


def postponed(keys: Json) -> None:
    leaf = json.loads(keys["events"][0]["leaf"])
    leaf["recorded_at"] = "2026-07-02T10:00:00.000000Z"
    keys["events"][0]["leaf"] = canonical(leaf).decode()


def unproved(keys: Json) -> None:
    keys["events"][0]["proof"].pop()


def emptied(keys: Json) -> None:
    keys["events"].clear()


def broken() -> bytes:
    """A chain of three exchanges, of which the second is not told."""
    told, fourth = exchanged(), LogKey.of(b"a fourth key")
    told.rotate(NEW, THIRD)
    told.rotate(THIRD, fourth)
    return told.pack(fourth, lambda keys: keys["events"].pop(1))


def _open_keys() -> Iterator[tuple[str, Case]]:
    revoked = "was revoked by entry"
    pack = replaced().pack(NEW)
    yield "a key that was revoked", Case(pack, reason=revoked, verdict=COULD_NOT_CHECK)
    told = Told()
    told.revoke(KEY)
    pack = told.pack(KEY)
    yield "revoked and not replaced", Case(pack, reason=revoked, verdict=COULD_NOT_CHECK)
    told = exchanged()
    told.revoke(NEW)
    told.replace(NEW, THIRD)
    pack = told.pack(THIRD)
    yield "past a revocation", Case(pack, reason="cannot vouch", verdict=COULD_NOT_CHECK)
    pack = exchanged().pack(NEW, lambda keys: keys.update(format="countersign-keys/v2"))
    reason = "this verifier knows"
    yield "entries of a later format", Case(pack, reason=reason, verdict=COULD_NOT_CHECK)


def _good_witnesses() -> Iterator[tuple[str, Case]]:
    pack = cosigning.cosigned().pack()
    yield "a witness saw it", Case(pack, verdict=VALID, witnesses=(WITNESS,))
    yield "a witness of nobody", Case(pack, verdict=VALID)
    for name, one in (("another witness", pack), ("no witness", good().pack())):
        reason = "witness.example/w2 saw this log"
        case = Case(one, reason=reason, verdict=COULD_NOT_CHECK, witnesses=(STRANGER,))
        yield f"{name} saw it", case
    reason, key = "--witness", cosigning.WITNESS.vkey
    wrong = Case(pack, reason=reason, verdict=COULD_NOT_CHECK, witnesses=(key,))
    yield "a witness with the key of a log", wrong


def _bent_witnesses() -> Iterator[tuple[str, Case]]:
    note = good().files[CHECKPOINT].decode()
    blob = base64.b64encode(cosigning.key_id(cosigning.WITNESS) + bytes(12)).decode()
    short = f"— {cosigning.WITNESS.name} {blob}\n"
    later = cosigning.line(note)
    stamp = struct.pack(">Q", cosigning.SECONDS)
    raw = base64.b64decode(later.split(" ")[2])
    moved = raw.replace(stamp, struct.pack(">Q", cosigning.SECONDS + 1))
    dated = f"— {cosigning.WITNESS.name} {base64.b64encode(moved).decode()}\n"
    of_five = cosigning.line(good().log.checkpoint(size=5))
    for name, line, reason in (
        ("a cosignature of another size", of_five, "does not fit its text"),
        ("a cosignature at another time", dated, "does not fit its text"),
        ("a cosignature that is too short", short, "is not Ed25519"),
        ("words for a cosignature", "words\n", "with further signatures"),
        ("an empty line for a cosignature", "\n", "with further signatures"),
    ):
        pack = cosigning.cosigned(line).pack()
        yield name, Case(pack, cosigning.NAME, reason, witnesses=(WITNESS,))
    draft = good()
    older = draft.log.checkpoint(size=5)
    draft.files[cosigning.NAME] = (older + cosigning.line(older)).encode()
    reason = "is not checkpoint.txt with further signatures"
    yield "a cosigned checkpoint of another size", Case(draft.pack(), cosigning.NAME, reason)


KINDS = (
    *(_good_keys, _forged, _broken, _signed_by_others, _open_keys),
    *(_good_witnesses, _bent_witnesses),
)
