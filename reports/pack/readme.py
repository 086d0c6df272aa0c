"""README.txt: what the pack is and how to verify it, in plain words."""

from collections.abc import Iterator
from textwrap import fill

from audits.coverage import SHORTFALL
from audits.models import Pack
from audits.selection import Selection
from evidence import keys, ledger
from reports import demonstration
from reports.pack import cover
from reports.pack.tables import visible

NAME = "README.txt"
_WIDTH = 78


def content(pack: Pack, selection: Selection, *, cover_name: str) -> bytes:
    """Return the text, wrapped for a terminal."""
    return "\n".join(_lines(pack, selection, cover_name)).encode()


def _lines(pack: Pack, selection: Selection, cover_name: str) -> Iterator[str]:
    yield from _heading(pack, selection)
    yield from _contents(cover_name)
    yield from _verification()
    yield from ("", "What this cannot show", "---------------------", "")
    yield _wrapped(
        "Signatures show that nothing was changed since it was recorded. They do not show that a "
        "source told the truth, nor what nobody ever recorded. Judge these by shortfall.csv, which "
        "names what was expected and did not come, by the record of how each list was made (in "
        "manifest.json and index.xlsx), and by your own tests. A time-stamp whose name begins with "
        "self-issued comes from the company itself: it proves nothing against the company."
    )
    yield ""


def _heading(pack: Pack, selection: Selection) -> Iterator[str]:
    about = selection.about
    title = f"Evidence pack {pack.ref} of {visible(selection.organisation)}"
    short = sum(selection.totals.get(state, 0) for state in SHORTFALL)
    yield from (title, "=" * min(len(title), _WIDTH), "")
    if demonstration.label():
        yield from (_wrapped(demonstration.label().upper()), "")
    yield _wrapped(
        f"{about.type}: {visible(about.title)}. Observed from {about.window_from} to "
        f"{about.window_to}. Sealed at {ledger.stamp(pack.sealed_at)}. {len(selection.items)} "
        f"items. {sum(selection.totals.values())} occurrences of evidence were expected; {short} "
        "of them fell short and are listed, with the reason, in shortfall.csv."
    )


def _contents(cover_name: str) -> Iterator[str]:
    yield from ("", "What is in it", "-------------", "")
    for name, words in _CONTENTS:
        yield f"  {cover_name if name == cover.PDF else name:<26}{words}"
    if cover_name == cover.HTML:
        yield ""
        yield _wrapped(
            "This pack has cover.html in the place of cover.pdf, because the machine that made it "
            "lacked the libraries of the PDF engine. It says the same."
        )


def _verification() -> Iterator[str]:
    yield from ("", "How to verify it", "----------------", "")
    yield _wrapped(
        "You need Python 3.9 or later, verify.py, and the verifier key of the log named "
        f"{keys.log_origin()}. Take both from another channel than this pack: whoever could "
        "change the pack could change what lies inside it. The key is one line of text that starts "
        "with the name of the log."
    )
    yield from ("", "  python3 -I verify.py PACK.zip --key 'VERIFIER KEY'", "")
    yield _wrapped(
        "If you gave a nonce when you asked for the pack, add --nonce 'YOUR NONCE': an older pack "
        "that is shown again is then refused."
    )
    yield ""
    yield _wrapped(
        "It works offline and ends with 0 (valid), 1 (invalid) or 2 (could not check). It checks "
        "that every file is the one that was signed, that no file was added or left out, that each "
        "item is bound by an entry of the log, and that the log is the one that was signed. The "
        "plain digests can be checked with other tools too: unpack, then run"
    )
    yield from ("", "  sha256sum -c SHA256SUMS", "")
    yield _wrapped(
        "Keep checkpoint.txt. Given to the verifier with a later pack (--held-checkpoint), it "
        "shows whether the log was cut short or rewritten since."
    )


_CONTENTS = (
    (cover.PDF, "what was expected, what came, what fell short"),
    ("index.xlsx", "every item: period, source, reviews, checks"),
    ("index.csv", "its list of items as plain text"),
    ("scope.txt", "the names of all that is in here, for --scope"),
    ("shortfall.csv", "what was missed, late, partial or failing, and why"),
    ("requests.csv", "what the auditors asked for, and what became of it"),
    ("requests.json", "every thread for programs, bound by the log"),
    ("findings.csv", "deviations, and all that was done about each"),
    ("findings.json", "the same for programs, bound by the log"),
    ("evidence/", "the items, as they were received, byte for byte"),
    ("tables/", "tables in canonical form, where that differs"),
    ("populations/, draws/", "what was sealed and drawn; draws are repeated"),
    ("worksheets/", "what the auditors tested and found, entry by entry"),
    ("reversetests/", "items looked up, and rows taken to their source"),
    ("walkthroughs/", "one item of a control followed from end to end"),
    ("manifest.json", "the same as the index, for programs"),
    ("oscal/", "controls, tests and findings in the form of NIST"),
    ("leaves/, proofs/", "entries of the log, and proofs that it holds them"),
    ("checkpoint.txt", "the signed size and root of the log"),
    ("checkpoint.cosigned.txt", "if it is here: the same, signed by witnesses too"),
    ("keys.json", "if it is here: how the log's key was exchanged"),
    ("consistency.json", "the proof that it continues the log of before"),
    ("tokens/", "what time-stamp authorities say of it (RFC 3161)"),
    ("statement.dsse.json", "the signed list of all files (in-toto, DSSE)"),
    ("statement.sigstore.json", "the same as a Sigstore bundle, for cosign"),
    ("SHA256SUMS", "digests of all files, for sha256sum"),
    ("verify.py", "the verifier; a copy for convenience"),
)


def _wrapped(text: str) -> str:
    return fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
