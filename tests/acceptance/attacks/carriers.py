"""Attacks of whoever carries a pack and cannot sign: bytes, names, members and signatures."""

import base64
import json
import re
import struct
import warnings
import zipfile

from tests.acceptance.attacks.registry import Case, Means, attack
from tests.reports.verifier import packs, trees
from tests.reports.verifier import test_carrier_attacks as carrier
from tests.reports.verifier.packs import BUNDLE, KEY, LogKey, good
from tests.reports.verifier.test_carrier_attacks import (
    FIRST,
    IMPOSTOR,
    NOT_SIGNED,
    STATEMENT,
    UNFIT,
    with_sums,
)
from tests.reports.verifier.test_container import (
    bend_compression,
    bend_mode,
    of_another_checksum,
)
from tests.reports.verifier.trees import canonical
from tests.reports.verifier.zips import zipped

ORDER = 2**252 + 27742317777372353535851937790883648493
UNSIGNED = "is in the pack, but is not signed"


def enveloped(means: Means, envelope: bytes, key: LogKey = KEY) -> bytes:
    """Put another envelope into the pack, and the same one into its bundle."""
    return zipped(means.files | {STATEMENT: envelope, BUNDLE: packs.bundled(envelope, key)})


def with_file(means: Means, name: str, content: bytes = b"x") -> bytes:
    """Add a file and sum it up, as anybody can."""
    return zipped(with_sums(means.files | {name: content}))


@attack(1, overlooks=("is not the file that was signed",))
def a_byte_is_flipped(means: Means) -> Case:
    flipped = carrier.flipped(means.files[FIRST], 3)
    return Case(zipped(means.files | {FIRST: flipped}), FIRST, NOT_SIGNED)


@attack(2, sums_only=True)
def a_byte_is_flipped_and_the_checksums_are_recomputed(means: Means) -> Case:
    flipped = carrier.flipped(means.files[FIRST], 3)
    return Case(zipped(with_sums(means.files | {FIRST: flipped})), FIRST, NOT_SIGNED)


def with_items(means: Means, name: str) -> Case:
    change = {"pop": lambda items: items.pop(), "reverse": lambda items: items.reverse()}[name]
    files = with_sums(means.files | {"manifest.json": carrier.manifest(change)})
    return Case(zipped(files), "manifest.json", NOT_SIGNED)


@attack(3, sums_only=True)
def a_row_is_deleted(means: Means) -> Case:
    return with_items(means, "pop")


@attack(4, sums_only=True)
def the_rows_are_reordered(means: Means) -> Case:
    return with_items(means, "reverse")


@attack(5, sums_only=True)
def everything_is_signed_by_another_key(means: Means) -> Case:
    return Case(means.draft().pack(IMPOSTOR), STATEMENT, "is not signed by the log")


@attack(11, sums_only=True)
def the_file_of_an_item_is_removed(means: Means) -> Case:
    files = with_sums(carrier.without(means.files, FIRST))
    return Case(zipped(files), FIRST, "is signed, but is not in the pack")


@attack(14, sums_only=True)
def an_unsigned_file_is_added(means: Means) -> Case:
    name = "evidence/EV-000001/more.csv"
    return Case(zipped(means.files | {name: b"x"}), name, UNSIGNED)


def named(means: Means, name: str, reason: str = "could lead out of its folder") -> Case:
    return Case(with_file(means, name), name, reason)


@attack(18, sums_only=True)
def a_name_leads_upwards(means: Means) -> Case:
    return named(means, "evidence/../../escape.csv")


@attack(19, sums_only=True)
def a_name_is_absolute(means: Means) -> Case:
    return named(means, "/etc/passwd")


@attack(20, sums_only=True)
def a_name_has_backslashes(means: Means) -> Case:
    return named(means, "evidence\\EV-000001\\x.csv")


@attack(21, sums_only=True)
def a_name_stands_twice(means: Means) -> Case:
    """Most programs show the last of the two, some the first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pack = zipped([(FIRST, b"another content"), *sorted(means.files.items())])
    return Case(pack, "the pack", "two files of one name")


@attack(22, sums_only=True)
def two_names_differ_only_in_case(means: Means) -> Case:
    return Case(with_file(means, FIRST.upper()), "the pack", "differ only in case")


@attack(23, sums_only=True)
def a_name_is_not_normalised(means: Means) -> Case:
    return named(means, "evidence/U\u0308bersicht.pdf", "invisible or ambiguous")


@attack(24, sums_only=True)
def a_member_is_a_link(means: Means) -> Case:
    def only_first(info: zipfile.ZipInfo) -> None:
        if info.filename == FIRST:
            bend_mode(info)

    return Case(zipped(means.files, only_first), "the pack", "not as a plain file")


@attack(25, sums_only=True)
def bytes_stand_before_the_zip(means: Means) -> Case:
    return Case(b"MZ polyglot " + means.pack, "the pack", "not as a plain file")


@attack(26, sums_only=True)
def bytes_stand_behind_the_zip(means: Means) -> Case:
    end = means.pack[:-2] + struct.pack("<H", 4) + b"more"
    return Case(end, "the pack", "hides something around its directory")


@attack(28, sums_only=True)
def the_signature_is_removed(means: Means) -> Case:
    pack = enveloped(means, carrier.envelope(signatures=[]))
    return Case(pack, STATEMENT, "is not signed by the log")


@attack(29, overlooks=("has a signature that does not fit its text",))
def the_statement_is_edited_under_its_signature(means: Means) -> Case:
    """The payload names another file digest, and the file is swapped to fit."""
    files = with_sums(means.files | {"README.txt": b"All is well.\n"})
    statement = json.loads(base64.b64decode(json.loads(files[STATEMENT])["payload"]))
    for subject in statement["subject"]:
        subject["digest"]["sha256"] = trees.sha256(files[subject["name"]])
    payload = base64.b64encode(canonical(statement)).decode()
    means.files = files
    pack = enveloped(means, carrier.envelope(payload=payload))
    return Case(pack, STATEMENT, UNFIT)


@attack(30, overlooks=("does not fit its text", "is signed, but is not a statement"))
def the_payload_type_is_changed(means: Means) -> Case:
    changed = carrier.envelope(payloadType="application/json")
    return Case(enveloped(means, changed), STATEMENT, UNFIT)


@attack(33, sums_only=True)
def the_statement_is_of_another_pack(means: Means) -> Case:
    other = good(period="2026-02").seal()[STATEMENT]
    return Case(zipped(means.files | {STATEMENT: other}), FIRST, UNSIGNED)


@attack(35, sums_only=True)
def a_pack_of_another_log_is_presented(means: Means) -> Case:
    other = LogKey.of(b"the log", "log.example/other")
    return Case(means.pack, STATEMENT, "is not signed by the log", key=other.vkey)


def of_identity() -> LogKey:
    """Return a key whose public half is the neutral point, for which anybody can sign anything."""
    return Neutral(LogKey.of(b"nobody").private)


class Neutral(LogKey):
    @property
    def public(self) -> bytes:
        return b"\1" + bytes(31)


@attack(46, overlooks=("has low order",))
def the_key_has_low_order(means: Means) -> Case:
    """Zero times the base point is the neutral point: one signature fits every text."""
    neutral, forged = of_identity(), b"\1" + bytes(63)
    draft = means.draft()
    note = draft.files["checkpoint.txt"].decode()
    blob = base64.b64encode(neutral.key_id + forged).decode()
    signed = re.sub("— .*\n", f"— {neutral.name} {blob}\n", note)
    for name, content in draft.files.items():
        draft.files[name] = content.replace(note.encode(), signed.encode())
    files = draft.seal()
    envelope = json.loads(files[STATEMENT])
    sig = base64.b64encode(forged).decode()
    envelope["signatures"] = [{"keyid": neutral.key_id.hex(), "sig": sig}]
    means.files = files
    pack = enveloped(means, canonical(envelope), neutral)
    verdict = "COULD NOT CHECK"
    return Case(pack, reason="low order", verdict=verdict, key=neutral.vkey)


@attack(46, overlooks=("has a signature that is not Ed25519",))
def a_signature_gets_a_second_form(means: Means) -> Case:
    """The order of the group added to the scalar fits the equation as well."""

    def heavier(signed: bytes) -> bytes:
        scalar = int.from_bytes(signed[32:], "little") + ORDER
        return signed[:32] + scalar.to_bytes(32, "little")

    pack = enveloped(means, carrier.signature(heavier))
    return Case(pack, STATEMENT, "has a signature that is not Ed25519")


@attack(49, laxer={"unbase64": base64.b64decode})
def the_statement_is_written_in_another_base64(means: Means) -> Case:
    changed = carrier.envelope(payload=carrier.payload(lambda _: None) + "\n")
    pack = enveloped(means, changed)
    return Case(pack, STATEMENT, "holds base64 in another than its one canonical form")


@attack(50, sums_only=True)
def a_member_unpacks_to_a_bomb(means: Means) -> Case:
    def only_first(info: zipfile.ZipInfo) -> None:
        if info.filename == FIRST:
            bend_compression(info)

    bomb = zipped(with_sums(means.files | {FIRST: bytes(20_000_000)}), only_first)
    assert len(bomb) < 200_000
    return Case(bomb, "the pack", "not as a plain file")


def as_encrypted(means: Means) -> bytes:
    place = means.pack.index(b"PK\1\2") + 8
    return means.pack[:place] + b"\1\0" + means.pack[place + 2 :]


@attack(50, overlooks=("not as a plain file", "contradicts the ZIP"))
def a_member_is_marked_as_encrypted(means: Means) -> Case:
    return Case(as_encrypted(means), "the pack", "not as a plain file")


@attack(50, overlooks=("tells another checksum",))
def the_zip_tells_a_checksum_that_is_not_that_of_its_file(_means: Means) -> Case:
    """Programs that unpack it call the file damaged; some leave it out."""
    return Case(of_another_checksum(), FIRST, "the ZIP tells another checksum (CRC-32)")


@attack(50)
def a_zip_within_the_pack_is_only_bytes(means: Means) -> Case:
    draft = means.draft()
    packs.add(draft, "EV-000006", "nested.zip", means.pack)
    packs.finish(draft)
    return Case(draft.pack(), verdict="VALID")


@attack(53, sums_only=True)
def a_name_is_turned_around(means: Means) -> Case:
    return named(means, "evidence/gpj.\u202eexe.csv", "invisible or ambiguous")


@attack(53, sums_only=True)
def a_name_steers_the_terminal(means: Means) -> Case:
    return named(means, "evidence/\x1b]0;owned\x07.csv", "invisible or ambiguous")


@attack(54, sums_only=True)
def line_endings_are_changed(means: Means) -> Case:
    changed = means.files[FIRST].replace(b"\r\n", b"\n")
    return Case(zipped(with_sums(means.files | {FIRST: changed})), FIRST, NOT_SIGNED)
