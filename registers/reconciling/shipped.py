"""The rule sets that come with the house: checks that run on the engine of reconciliations.

One file in `rule_sets/` is one: being there is all that it takes. The first line of its comment is
its title, the rest says what it finds. A reconciliation starts from one as it stands, or from a
copy that names the columns of its own files.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from evidence.reconcile import rules as rule_files
from evidence.reconcile.rules import RuleSet
from registers.errors import ReconcilingError

FOLDER = Path(__file__).parent / "rule_sets"


@dataclass(frozen=True)
class Shipped:
    """One rule set of the house."""

    slug: str
    title: str
    about: str
    text: str
    rules: RuleSet


@cache
def known() -> dict[str, Shipped]:
    """Return all of them by slug, in the order of their titles."""
    found = [_read(path) for path in FOLDER.glob("*.yaml")]
    return {each.slug: each for each in sorted(found, key=lambda each: each.title)}


def get(slug: str) -> Shipped:
    """Return one; ReconcilingError where there is none of this name."""
    try:
        return known()[slug]
    except KeyError:
        raise ReconcilingError(f"No rule set is called {slug[:60]}.") from None


def _read(path: Path) -> Shipped:
    text = path.read_text(encoding="utf-8")
    said = [line[1:].strip() for line in text.splitlines() if line.startswith("#")]
    title, *about = said
    return Shipped(path.stem, title, " ".join(about), text, rule_files.read(path))
