"""Attacks of those who hold the key: the bent pack is signed anew, and the log must tell.

Most of them bend a draft; the deeds are those of the tests of `verify.py`.
"""

import base64
import re
from collections.abc import Callable

from tests.acceptance.attacks.registry import Case, Make, Means, attack
from tests.reports.verifier import packs, zips
from tests.reports.verifier import test_binding as binding
from tests.reports.verifier import test_consistency as history
from tests.reports.verifier import test_insider_attacks as insider
from tests.reports.verifier import test_left_out as left_out
from tests.reports.verifier import test_sample_attacks as sampling
from tests.reports.verifier import test_signed_papers as papers
from tests.reports.verifier.attacks import resign
from tests.reports.verifier.packs import Draft
from tests.reports.verifier.test_insider_attacks import CHECKPOINT, FIRST, LEAF, MANIFEST

OTHER_BYTES = ("of these bytes as", "was logged with another description")
UNCOUNTED = ("where the pack has", "where the pack shows", "with other entries of it")
OTHER_PROOF = ("is not in the log", "has no proof of this place", "too many or too few")


def bent(bend: Callable[[Draft], object], file: str, reason: str) -> Make:
    """Make of something that an insider does to a draft an attack."""

    def make(means: Means) -> Case:
        draft = means.draft()
        bend(draft)
        return Case(draft.pack(), file, reason)

    make.__name__ = getattr(bend, "__name__", "bent")
    return make


def loose_note() -> re.Pattern[str]:
    """Return a form of a checkpoint that lets pass what stands for a number in other ways."""
    return re.compile(r"((\S+)\n(\S+)\n(\S+)\n)\n((?:— \S+ \S+\n)+)")


def to_anywhere(_hashed: bytes, _index: int, _size: int, _path: list[bytes]) -> bytes:
    """Climb without a look at the way, where verify.py counts its hashes first."""
    return b""


def backdated(draft: Draft) -> None:
    described = draft.item("EV-000001")["metadata"]
    described |= {"title": "As of January, collected in January"}


attack(6, overlooks=("was logged with another description",))(
    bent(backdated, LEAF, "was logged with another description")
)
attack(7, overlooks=OTHER_BYTES)(
    bent(insider.an_original_is_replaced, LEAF, "is no evidence of these bytes as EV-000001")
)
attack(15, overlooks=("was logged with another description",))(
    bent(insider.two_descriptions_are_swapped, LEAF, "was logged with another description")
)
attack(16, overlooks=OTHER_BYTES)(
    bent(
        insider.the_contents_of_two_items_are_swapped,
        LEAF,
        "is no evidence of these bytes as EV-000001",
    )
)


@attack(12, overlooks=("lacks what your scope names",))
def an_item_is_left_out(means: Means) -> Case:
    return Case(without_item(means), MANIFEST, "names: EV-000005", scope="EV-000001 EV-000005")


@attack(13, overlooks=("lacks what your scope names",))
def an_item_is_left_out_and_the_list_of_the_company_shortened(means: Means) -> Case:
    """Whatever list the company signs, the auditor's own is what counts."""
    return Case(without_item(means), MANIFEST, "names: EV-000005", scope="EV-000005\n")


def without_item(means: Means) -> bytes:
    draft = means.draft()
    item = draft.item("EV-000005")
    draft.manifest["items"].remove(item)
    leaves = [leaf[name] for leaf in item["leaves"] for name in ("path", "proof")]
    for name in (item["path"], *leaves):
        del draft.files[name]
    packs.finish(draft)
    return draft.pack()


def the_entries_of_two_items_are_swapped(draft: Draft) -> None:
    first, second = draft.item("EV-000001"), draft.item("EV-000002")
    first["leaves"], second["leaves"] = second["leaves"], first["leaves"]


attack(17, overlooks=(*OTHER_BYTES, "is a review of"))(
    bent(the_entries_of_two_items_are_swapped, "leaves/3.json", "of these bytes as EV-000001")
)
attack(27, overlooks=("names repeated or out of order",))(
    bent(papers.a_name_of_the_manifest_stands_twice, MANIFEST, "names repeated or out of order")
)
attack(31, overlooks=("is not signed by the log",))(
    bent(
        papers.the_checkpoint_is_signed_by_another_key_of_the_same_name,
        CHECKPOINT,
        "is not signed by the log",
    )
)
attack(32, overlooks=OTHER_PROOF)(
    bent(insider.two_proofs_are_swapped, LEAF, "has no proof of this place in the log")
)
attack(36, overlooks=("which is not listed as superseded", *UNCOUNTED))(
    bent(
        insider.a_replaced_version_is_hidden,
        "leaves/7.json",
        "replaced EV-000003, which is not listed as superseded",
    )
)


def a_file_is_counted_for_two_items(draft: Draft) -> None:
    """The second item has its own description, but stands on the file and entries of the first."""
    first, second = draft.item("EV-000001"), draft.item("EV-000005")
    gone = [second["path"]] + [one[n] for one in second["leaves"] for n in ("path", "proof")]
    for name in gone:
        del draft.files[name]
    ref = second["ref"]
    second |= first | {"ref": ref}


BLIND = ("in another folder", "is listed with", "of these bytes as", "is a review of")
attack(37, overlooks=(*BLIND, *UNCOUNTED))(
    bent(a_file_is_counted_for_two_items, MANIFEST, "puts EV-000005 in another folder")
)
attack(38, sums_only=True)(
    bent(
        insider.a_file_is_planted_and_signed,
        "evidence/EV-000001/planted.csv",
        "belongs to no item of the manifest",
    )
)
attack(39, overlooks=("is not the file listed for", "was logged with another description"))(
    bent(insider.the_manifest_lists_another_size, FIRST, "is not the file listed for EV-000001")
)
attack(40, overlooks=("is of type",))(
    bent(
        papers.a_statement_of_another_kind_is_replayed,
        "statement.dsse.json",
        "is of type 'https://example.com/other' where it must be",
    )
)
attack(47, overlooks=OTHER_PROOF, laxer={"climb": to_anywhere})(
    bent(insider.a_proof_has_a_hash_more, LEAF, "too many or too few hashes")
)
attack(47, overlooks=OTHER_PROOF)(
    bent(insider.a_proof_has_a_hash_less, LEAF, "too many or too few hashes")
)
attack(47, overlooks=(*OTHER_PROOF, "is not the last entry"), laxer={"climb": to_anywhere})(
    bent(insider.the_log_is_cut_short_of_its_entries, LEAF, "is numbered beyond the end of the log")
)


@attack(49, laxer={"NOTE": loose_note()})
def the_size_has_leading_zeros(means: Means) -> Case:
    draft = means.draft()
    resign(draft, papers.checkpoint(draft, size="0012"))
    return Case(draft.pack(), CHECKPOINT, "is not the signed checkpoint of a log")


@attack(49, laxer={"exact": int})
def a_number_is_larger_than_programs_read_alike(_means: Means) -> Case:
    """Read by a program that rounds, it is the number before it."""
    (pack,) = (pack for name, pack, _ in papers.numbered() if name == "the first too large")
    return Case(pack, MANIFEST, papers.TOO_LARGE)


@attack(49, laxer={"unbase64": base64.b64decode})
def the_root_is_written_in_another_base64(means: Means) -> Case:
    draft = means.draft()
    papers.the_root_is_written_in_another_base64(draft)
    reason = "holds base64 in another than its one canonical form"
    return Case(draft.pack(), CHECKPOINT, reason)


# --- Logs that were rewritten, cut or grew --------------------------------------------------------
@attack(8, overlooks=("has another root than yours",))
def the_history_of_the_log_is_rewritten(means: Means) -> Case:
    held = means.draft().log.checkpoint().encode()
    reason = "has another root than yours: the history of the log was rewritten"
    return Case(packs.good(seed=1).pack(), CHECKPOINT, reason, held=held)


@attack(9, without="held")
def the_log_is_truncated(means: Means) -> Case:
    """The last entries are gone, and with them the item that they were about."""
    draft = means.draft()
    held = draft.log.checkpoint().encode()
    del draft.log.leaves[-2:]
    draft.manifest["items"].pop()
    kept = ("evidence/EV-000005/", "leaves/", "proofs/")
    draft.files = {name: text for name, text in draft.files.items() if not name.startswith(kept)}
    packs.finish(draft)
    return Case(draft.pack(), CHECKPOINT, "is older than yours of 12 entries", held=held)


@attack(10, without="held")
def the_log_is_shorter_than_the_one_that_was_held(means: Means) -> Case:
    later = means.draft().log
    later.leaves.append(later.leaves[0])
    held = later.checkpoint().encode()
    return Case(means.pack, CHECKPOINT, "is older than yours of 13 entries", held=held)


@attack(41, without="held")
def an_old_pack_is_shown_as_the_present_one(means: Means) -> Case:
    return the_log_is_shorter_than_the_one_that_was_held(means)


@attack(41, overlooks=("it is not the one you asked for",))
def an_old_pack_is_shown_in_place_of_the_one_that_was_asked_for(means: Means) -> Case:
    pack = binding.bound("granite whistle 12").pack()
    return Case(pack, MANIFEST, "was sealed for another nonce", nonce=binding.NONCE)


@attack(41, overlooks=("it may be an old one",))
def a_pack_from_before_the_fieldwork_is_shown(means: Means) -> Case:
    reason = "it may be an old one"
    return Case(means.pack, MANIFEST, reason, not_before="2026-11-22")


@attack(41, overlooks=("logged with another nonce_sha256",))
def an_old_pack_is_signed_again_for_a_new_nonce(_means: Means) -> Case:
    draft = binding.bound("granite whistle 12")
    draft.manifest["bound_to"]["nonce"] = binding.NONCE
    reason = "was logged with another nonce_sha256 than the pack has"
    return Case(draft.pack(), "leaves/11.json", reason, nonce=binding.NONCE)


@attack(8, overlooks=("has another root than yours",))
def the_history_is_rewritten_and_proved_from_its_new_beginning(_means: Means) -> Case:
    held = history.continued().log.checkpoint(size=5).encode()
    rewritten = packs.good(seed=1)
    rewritten.continues = 5
    packs.finish(rewritten)
    reason = "the history of the log was rewritten"
    return Case(rewritten.pack(), CHECKPOINT, reason, held=held)


@attack(34, overlooks=("too many or too few hashes", "does not lead from"))
def the_proof_from_the_pack_before_is_left_out(_means: Means) -> Case:
    draft = history.continued(4)
    history.tell(draft, proof=[])
    return Case(draft.pack(), history.NAME, "too many or too few hashes")


@attack(51, overlooks=("that a spreadsheet would run",))
def a_cell_of_a_list_is_a_formula(means: Means) -> Case:
    draft = means.draft()
    index = draft.seal()["index.csv"]
    draft.files["index.csv"] = index.replace(b"Title of EV-000001", b"=HYPERLINK(A1)")
    return Case(draft.pack(), "index.csv", "has a cell that a spreadsheet would run")


@attack(48)
def a_node_is_passed_off_as_a_leaf(means: Means) -> Case:
    draft = means.draft()
    insider.a_node_of_the_tree_is_passed_off_as_a_leaf(draft)
    return Case(draft.pack(), "leaves/0.json", "is not in the log")


@attack(34)
def the_log_has_grown_and_nothing_shows_that_it_goes_on(means: Means) -> Case:
    held = means.draft().log.checkpoint(size=5).encode()
    reason = "that the log continues yours of 5 entries"
    return Case(means.pack, reason=reason, verdict="COULD NOT CHECK", held=held)


# --- Samples and reviews --------------------------------------------------------------------------
def sampled(bend: Callable[[Draft], object], file: str, reason: str) -> Make:
    def make(_means: Means) -> Case:
        draft = sampling.sampled()
        bend(draft)
        return Case(draft.pack(), file, reason)

    make.__name__ = getattr(bend, "__name__", "sampled")
    return make


attack(59, overlooks=("one is missing", "is not in the pack before it"))(
    sampled(sampling.the_first_draw_is_hidden, "draws/P1-D2.json", "one is missing")
)


def shortened(bend: Callable[[Draft], object], reason: str) -> Make:
    def make(_means: Means) -> Case:
        draft = left_out.told()
        bend(draft)
        return Case(draft.pack(), left_out.SEAL, reason)

    make.__name__ = bend.__name__
    return make


for bend, _, told in left_out.ATTACKS.rows:
    attack(59, overlooks=UNCOUNTED)(shortened(bend, told))
NEVER_DRAWN = ("other rows than the seed", "not the draw that was logged", "which was not drawn")
attack(59, overlooks=NEVER_DRAWN)(
    sampled(
        sampling.another_row_is_chosen_and_logged,
        "draws/P1-D1.json",
        "names other rows than the seed draws",
    )
)
attack(63, overlooks=("was decided by the preparer",))(
    bent(
        insider.an_item_is_reviewed_by_its_preparer, "leaves/2.json", "was decided by the preparer"
    )
)


@attack(62, overlooks=("was logged with another description",))
def evidence_is_dated_anew(means: Means) -> Case:
    draft = means.draft()
    described = draft.item("EV-000002")["metadata"]
    described |= {"covers_to": "2026-12-31"}
    reason = "was logged with another description"
    return Case(draft.pack(), "leaves/3.json", reason)


@attack(67, overlooks=("is not the file that was signed",))
def the_verifier_in_the_pack_is_replaced(means: Means) -> Case:
    forged = zips.zipped(means.files | {"verify.py": b"print('VALID')\n"})
    return Case(forged, "verify.py", "is not the file that was signed")
