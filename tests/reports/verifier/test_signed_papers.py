"""Signed papers that are of another form, or contradict each other, are refused however signed."""

import base64
import json
from collections.abc import Iterator

import pytest

from tests.reports.verifier import packs
from tests.reports.verifier.attacks import Attack, Attacks, replace, resign
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import BUNDLE, KEY, PAYLOAD_TYPE, Draft, LogKey, good
from tests.reports.verifier.trees import canonical, sha256
from tests.reports.verifier.zips import zipped

CHECKPOINT, MANIFEST, STATEMENT = "checkpoint.txt", "manifest.json", "statement.dsse.json"
SUMS = "SHA256SUMS"
IMPOSTOR = LogKey.of(b"somebody else")
ATTACKS = Attacks()


def checkpoint(draft: Draft, **parts: object) -> str:
    """Write the text of the draft's checkpoint with some lines changed."""
    root = base64.b64encode(draft.log.root).decode()
    lines = {"origin": KEY.name, "size": len(draft.log.leaves), "root": root} | parts
    return "".join(f"{line}\n" for line in lines.values())


# --- The papers contradict each other -------------------------------------------------------------
@ATTACKS.on(MANIFEST, "says 'ENG-2026-1/1' where the signed papers say 'ENG-2026-1/2'")
def the_statement_is_of_another_pack(draft: Draft) -> None:
    draft.predicate["pack"] = "ENG-2026-1/2"


@ATTACKS.on(MANIFEST, "says 'ENG-2026-1' where the signed papers say 'ENG-2025-1'")
def the_statement_is_of_another_engagement(draft: Draft) -> None:
    draft.predicate["engagement"] = "ENG-2025-1"


@ATTACKS.on(MANIFEST, "where the signed papers say '2025")
def the_statement_was_sealed_at_another_time(draft: Draft) -> None:
    draft.predicate["sealed_at"] = "2025-11-21T10:00:00.000000Z"


@ATTACKS.on(MANIFEST, "says 'log.example/countersign' where the signed papers say 'elsewhere'")
def the_statement_is_of_another_log(draft: Draft) -> None:
    draft.predicate["origin"] = "elsewhere"


@ATTACKS.on(MANIFEST, "says 12 where the signed papers say 13")
def the_statement_gives_another_size_of_the_log(draft: Draft) -> None:
    draft.predicate["log_size"] = 13


@ATTACKS.on(MANIFEST, "where the signed papers say '0000")
def the_statement_gives_another_digest_of_the_manifest(draft: Draft) -> None:
    draft.predicate["manifest_sha256"] = "0" * 64


@ATTACKS.on(MANIFEST, "says 13 where the signed papers say 12")
def manifest_and_checkpoint_give_two_sizes(draft: Draft) -> None:
    draft.manifest["log"]["size"] = 13


@ATTACKS.on(MANIFEST, "says '0000")
def manifest_and_checkpoint_give_two_roots(draft: Draft) -> None:
    draft.manifest["log"]["root"] = "0" * 64


@ATTACKS.on(MANIFEST, "says 'elsewhere' where the signed papers say 'log.example/countersign'")
def manifest_and_statement_name_another_log_than_the_key(draft: Draft) -> None:
    draft.manifest["log"]["origin"] = "elsewhere"


# --- The statement --------------------------------------------------------------------------------
@ATTACKS.on(STATEMENT, "is of type 'https://example.com/other' where it must be")
def a_statement_of_another_kind_is_replayed(draft: Draft) -> None:
    draft.statement["predicateType"] = "https://example.com/other"


@ATTACKS.on(STATEMENT, "is signed, but is not a statement")
def a_statement_is_of_another_type(draft: Draft) -> None:
    draft.statement["_type"] = "https://in-toto.io/Statement/v0.1"


@ATTACKS.on(STATEMENT, "names a file twice")
def a_statement_gives_a_file_two_digests(draft: Draft) -> None:
    sealed = json.loads(base64.b64decode(json.loads(draft.seal()[STATEMENT])["payload"]))
    again = sealed["subject"][0] | {"digest": {"sha256": "0" * 64}}
    draft.statement["subject"] = [*sealed["subject"], again]


@ATTACKS.on(STATEMENT, "lacks something")
def a_statement_names_no_files(draft: Draft) -> None:
    draft.statement["subject"] = None


@ATTACKS.on("README.txt", "is in the pack, but is not signed")
def a_statement_leaves_a_file_out(draft: Draft) -> None:
    sealed = json.loads(base64.b64decode(json.loads(draft.seal()[STATEMENT])["payload"]))
    draft.statement["subject"] = [
        subject for subject in sealed["subject"] if subject["name"] != "README.txt"
    ]


@ATTACKS.on("ghost.csv", "is signed, but is not in the pack")
def a_statement_names_a_file_that_is_not_there(draft: Draft) -> None:
    sealed = json.loads(base64.b64decode(json.loads(draft.seal()[STATEMENT])["payload"]))
    ghost = {"name": "ghost.csv", "digest": {"sha256": "0" * 64}}
    draft.statement["subject"] = [*sealed["subject"], ghost]


@ATTACKS.on("README.txt", "is not the file that was signed")
def a_statement_gives_another_algorithm(draft: Draft) -> None:
    sealed = json.loads(base64.b64decode(json.loads(draft.seal()[STATEMENT])["payload"]))
    for subject in sealed["subject"]:
        if subject["name"] == "README.txt":
            subject["digest"] = {"sha256": "README", "sha512": "0" * 128}
    draft.statement["subject"] = sealed["subject"]


# --- The checksums --------------------------------------------------------------------------------
@ATTACKS.on(SUMS, "is not the list of the signed digests")
def the_checksums_leave_a_file_out(draft: Draft) -> None:
    draft.files[SUMS] = b"".join(draft.seal()[SUMS].splitlines(keepends=True)[1:])


@ATTACKS.on(SUMS, "is not the list of the signed digests")
def the_checksums_give_another_digest(draft: Draft) -> None:
    digest = sha256(draft.files["README.txt"])
    draft.files[SUMS] = draft.seal()[SUMS].replace(digest.encode(), b"0" * 64)


@ATTACKS.on(SUMS, "is not the list of the signed digests")
def the_checksums_name_more(draft: Draft) -> None:
    draft.files[SUMS] = draft.seal()[SUMS] + b"0" * 64 + b"  more.csv\n"


# --- The checkpoint -------------------------------------------------------------------------------
@ATTACKS.on(CHECKPOINT, "has a signature that does not fit its text")
def the_checkpoint_is_edited(draft: Draft) -> None:
    replace(draft, CHECKPOINT, b"\n12\n", b"\n13\n")


@ATTACKS.on(CHECKPOINT, "is not signed by the log")
def the_checkpoint_is_signed_by_another_key_of_the_same_name(draft: Draft) -> None:
    resign(draft, checkpoint(draft), IMPOSTOR)


@ATTACKS.on(CHECKPOINT, "has a signature that does not fit its text")
def the_checkpoint_is_signed_by_a_key_that_borrows_the_id(draft: Draft) -> None:
    text = checkpoint(draft)
    blob = KEY.key_id + IMPOSTOR.private.sign(text.encode())
    line = f"— {KEY.name} {base64.b64encode(blob).decode()}\n"
    draft.files[CHECKPOINT] = f"{text}\n{line}".encode()


@ATTACKS.on(CHECKPOINT, "has a signature that does not fit its text")
def one_of_two_signatures_of_the_log_is_bad(draft: Draft) -> None:
    other = base64.b64encode(KEY.key_id + KEY.private.sign(b"another text\n")).decode()
    draft.files[CHECKPOINT] += f"— {KEY.name} {other}\n".encode()


@ATTACKS.on(CHECKPOINT, "is not signed by the log")
def the_checkpoint_is_of_another_log(draft: Draft) -> None:
    resign(draft, checkpoint(draft, origin="log.example/other"))


FORMS = {
    "the_size_has_leading_zeros": {"size": "007"},
    "the_size_is_negative": {"size": "-7"},
    "the_size_is_signed": {"size": "+7"},
    "the_size_has_other_digits": {"size": "\u0661"},
    "the_size_is_too_long": {"size": "1" * 19},
    "the_root_is_short": {"root": base64.b64encode(bytes(31)).decode()},
    "the_root_is_long": {"root": base64.b64encode(bytes(33)).decode()},
    "a_line_is_missing": {"origin": "log.example/countersign\n1"},
    "an_extension_line_is_added": {"more": "extension"},
}


@pytest.mark.parametrize("parts", FORMS.values(), ids=FORMS)
def test_it_refuses_a_checkpoint_of_another_form(
    verified: Verifier, parts: dict[str, object]
) -> None:
    draft = good()
    resign(draft, checkpoint(draft, **parts))
    outcome = verified(draft.pack())
    assert outcome.refuses(CHECKPOINT, "is not the signed checkpoint of a log"), outcome


@ATTACKS.on(CHECKPOINT, "holds base64 in another than its one canonical form")
def the_root_is_written_in_another_base64(draft: Draft) -> None:
    root = base64.b64encode(draft.log.root).decode()
    other = root[:-2] + chr(ord(root[-2]) + 1) + "="
    assert base64.b64decode(other) == draft.log.root
    resign(draft, checkpoint(draft, root=other))


@ATTACKS.on(CHECKPOINT, "is not the signed checkpoint of a log")
def the_checkpoint_has_no_signature(draft: Draft) -> None:
    draft.files[CHECKPOINT] = checkpoint(draft).encode() + b"\n"


@ATTACKS.on(CHECKPOINT, "is not the signed checkpoint of a log")
def the_checkpoint_has_other_line_endings(draft: Draft) -> None:
    draft.files[CHECKPOINT] = draft.files[CHECKPOINT].replace(b"\n", b"\r\n")


# --- The manifest ---------------------------------------------------------------------------------
def written(draft: Draft, old: bytes, new: bytes) -> None:
    """Write the manifest by hand, so that it may be of another form."""
    content = canonical(draft.manifest)
    assert old in content
    draft.files[MANIFEST] = content.replace(old, new, 1)


@ATTACKS.on(MANIFEST, "is JSON with names repeated or out of order")
def a_name_of_the_manifest_stands_twice(draft: Draft) -> None:
    written(draft, b'"status":', b'"status":"current","status":')


@ATTACKS.on(MANIFEST, "is JSON with names repeated or out of order")
def the_names_of_the_manifest_are_out_of_order(draft: Draft) -> None:
    written(draft, b'"ref":"EV-000001"', b'"z":1,"ref":"EV-000001"')


@ATTACKS.on(MANIFEST, "is not canonical JSON at character")
def the_manifest_has_a_space_more(draft: Draft) -> None:
    written(draft, b'"items":', b'"items": ')


@ATTACKS.on(MANIFEST, "is not canonical JSON at character")
def the_manifest_escapes_more_than_it_must(draft: Draft) -> None:
    written(draft, b"Example Payments", b"\\u0045xample Payments")


@ATTACKS.on(MANIFEST, "is not canonical JSON at character")
def the_manifest_holds_a_fraction(draft: Draft) -> None:
    written(draft, b'"row_count":1', b'"row_count":1.0')


@ATTACKS.on(MANIFEST, "is not canonical JSON at character")
def the_manifest_holds_no_number(draft: Draft) -> None:
    written(draft, b'"row_count":1', b'"row_count":NaN')


@ATTACKS.on(MANIFEST, "is not canonical JSON at character")
def the_manifest_holds_a_number_with_a_leading_zero(draft: Draft) -> None:
    written(draft, b'"row_count":1', b'"row_count":-0')


@ATTACKS.on(MANIFEST, "is not canonical JSON at character")
def the_manifest_starts_with_a_byte_order_mark(draft: Draft) -> None:
    draft.files[MANIFEST] = b"\xef\xbb\xbf" + canonical(draft.manifest)


@ATTACKS.on(MANIFEST, "Extra data")
def the_manifest_goes_on_behind_its_end(draft: Draft) -> None:
    draft.files[MANIFEST] = canonical(draft.manifest) + b"{}"


@ATTACKS.on(MANIFEST, "lacks something")
def the_manifest_lacks_its_items(draft: Draft) -> None:
    del draft.manifest["items"]


@ATTACKS.on(MANIFEST, "lacks something")
def an_item_lacks_its_ref(draft: Draft) -> None:
    del draft.item("EV-000001")["ref"]


@ATTACKS.on(MANIFEST, "lacks something")
def an_item_is_a_word(draft: Draft) -> None:
    draft.manifest["items"].append("EV-000009")


@ATTACKS.on(MANIFEST, "lacks something")
def an_item_has_a_number_for_a_path(draft: Draft) -> None:
    draft.item("EV-000001")["path"] = 7


@ATTACKS.on(MANIFEST, "is of type 'another' where it must be")
def the_manifest_is_of_another_format(draft: Draft) -> None:
    draft.manifest["format"] = "another"


@ATTACKS.each()
def test_it_refuses_papers_that_do_not_fit(
    verified: Verifier, attack: Attack, file: str, reason: str
) -> None:
    draft = good()
    attack(draft)
    outcome = verified(draft.pack())
    assert outcome.refuses(file, reason), outcome


def test_it_refuses_a_statement_signed_as_something_else(verified: Verifier) -> None:
    pack = zipped(good().seal(KEY, "application/json"))
    assert verified(pack).refuses(STATEMENT, "is signed, but is not a statement")


def test_it_refuses_a_signature_over_the_payload_alone(verified: Verifier) -> None:
    """DSSE signs the type along with the payload; a bare signature must not pass."""
    files = good().seal()
    envelope = json.loads(files[STATEMENT])
    payload = base64.b64decode(envelope["payload"])
    envelope["signatures"][0]["sig"] = base64.b64encode(KEY.private.sign(payload)).decode()
    outcome = verified(zipped(files | {STATEMENT: canonical(envelope)}))
    assert outcome.refuses(STATEMENT, "does not fit its text")


def test_a_second_signature_of_somebody_else_does_no_harm(verified: Verifier) -> None:
    files = good().seal()
    envelope = json.loads(files[STATEMENT])
    payload = base64.b64decode(envelope["payload"])
    envelope["signatures"] += IMPOSTOR.envelope(payload, PAYLOAD_TYPE)["signatures"]
    signed = canonical(envelope)
    outcome = verified(zipped(files | {STATEMENT: signed, BUNDLE: packs.bundled(signed)}))
    assert outcome.verdict == "VALID"


def test_a_cosignature_of_a_witness_does_no_harm(verified: Verifier) -> None:
    draft = good()
    witness = LogKey.of(b"witness", "witness.example").note(checkpoint(draft)).splitlines()[-1]
    packs.finish(draft, draft.log.checkpoint() + witness + "\n")
    assert verified(draft.pack()).verdict == "VALID"


# --- Numbers that programs do not read alike ------------------------------------------------------
TOO_LARGE = "holds a number too large to be read alike everywhere"
EDGE = 2**53 - 1
NUMBERS = {
    "the largest": (str(EDGE), True),
    "the smallest": (str(-EDGE), True),
    "the first too large": (str(EDGE + 1), False),
    "the first too small": (str(-EDGE - 1), False),
    "of 17 digits": ("1" * 17, False),
    "of 5,000 digits": ("9" * 5000, False),
}


def numbered() -> Iterator[tuple[str, bytes, str]]:
    """Yield packs whose manifest has one number more, under a name that nobody looks at."""
    for name, (digits, is_good) in NUMBERS.items():
        draft = good()
        draft.manifest["zz"] = 0
        told = canonical(draft.manifest).replace(b'"zz":0', f'"zz":{digits}'.encode())
        draft.files["manifest.json"] = told
        yield name, draft.pack(), "VALID" if is_good else "INVALID"


def test_numbers_that_programs_round_are_refused(verified: Verifier) -> None:
    for name, pack, verdict in numbered():
        outcome = verified(pack)
        assert outcome.verdict == verdict, name
        assert verdict == "VALID" or outcome.refuses("manifest.json", TOO_LARGE), outcome
