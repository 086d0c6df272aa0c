"""Fingerprints of runs of eight words, by which copied sentences are known without keeping them.

The source documents are not ours to publish. `python -m tests.controls.shingles FOLDER` writes the
fingerprints of the texts of a folder; who has no such folder checks against the list that is here.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

WORDS = 8
DIGITS = 12
LIST = Path(__file__).with_name("source_shingles.txt")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


def shingles(text: str) -> Iterator[tuple[str, str]]:
    """Yield each run of eight words with its fingerprint; case and punctuation do not count."""
    plain = (
        unicodedata.normalize("NFKC", text).lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    words = _WORD.findall(plain)
    for start in range(len(words) - WORDS + 1):
        run = " ".join(words[start : start + WORDS])
        yield run, sha256(run.encode()).hexdigest()[:DIGITS]


def copied(text: str, known: frozenset[str]) -> list[str]:
    """Return the runs of eight words of a text whose fingerprints are known."""
    return [run for run, fingerprint in shingles(text) if fingerprint in known]


def known() -> frozenset[str]:
    """Return the fingerprints of the source documents."""
    return frozenset(LIST.read_text("ascii").split())


def write(texts: Iterable[str], path: Path) -> int:
    """Write the fingerprints of texts, eight to a line; return how many there are."""
    found = sorted({fingerprint for text in texts for _, fingerprint in shingles(text)})
    lines = [" ".join(found[start : start + 8]) for start in range(0, len(found), 8)]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return len(found)


if __name__ == "__main__":
    files = sorted(Path(sys.argv[1]).glob("*.txt"))
    sys.stdout.write(f"{write([file.read_text('utf-8') for file in files], LIST)} fingerprints\n")
