"""The head line of a register's sheet: written in full, read with a word on every column amiss."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from evidence import screening
from registers.errors import SheetError
from registers.registry import Register

REFERENCE, ACTIVE = "Reference", "Active"
_ALIKE = 0.5


def of(register: Register) -> list[str]:
    """Return the head line of a sheet."""
    return [REFERENCE, *(field.label for field in register.declared.fields), ACTIVE]


def places(register: Register, head: Sequence[object]) -> dict[str, int]:
    """Return where each field stands; SheetError names every column that is amiss.

    Each column has the name or the label of a field. Those of the key and the required ones must be
    there, the others may be missing.
    """
    known = _known(register)
    found: dict[str, int] = {}
    strange: list[tuple[int, str]] = []
    for place, cell in enumerate(_trimmed(head)):
        word = str(cell or "").strip()
        name = known.get(word.lower())
        if name is None:
            strange.append((place, word))
        elif name in found:
            raise SheetError(f"Column {place + 1}, {word!r}, is there twice. Remove one of them.")
        else:
            found[name] = place
    missing = [
        field.label
        for field in register.declared.fields
        if field.name not in found and field.required
    ]
    absent = [name for name in of(register) if known[name.lower()] not in found]
    problems = [_strange(place, word, absent) for place, word in strange]
    if missing and not strange:
        listed = ", ".join(repr(label) for label in missing)
        said = f"These columns are missing: {listed}. Were they renamed? Name them so again."
        problems.append(said)
    if problems:
        columns = ", ".join(of(register))
        raise SheetError(" ".join([*problems, f"The register has: {columns}."]))
    return found


def absent(register: Register, found: Mapping[str, int]) -> list[str]:
    """Return the labels of the fields that a sheet does not have."""
    return [field.label for field in register.declared.fields if field.name not in found]


def match(register: Register, head: Sequence[object]) -> int:
    """Return how many columns of a head line are known."""
    known = _known(register)
    return sum(str(cell or "").strip().lower() in known for cell in head)


def _known(register: Register) -> dict[str, str]:
    known = {REFERENCE.lower(): REFERENCE, ACTIVE.lower(): ACTIVE}
    for field in register.declared.fields:
        known[field.label.lower()] = known[field.name] = field.name
    return known


def _trimmed(head: Sequence[object]) -> Sequence[object]:
    """Return a head line without the empty cells at its end."""
    cells = list(head)
    while len(cells) > 1 and (cells[-1] is None or not str(cells[-1]).strip()):
        cells.pop()
    return cells


def _strange(place: int, word: str, absent: Sequence[str]) -> str:
    """Say that a column is unknown, and which one may be meant."""
    by_word = {label.lower(): label for label in absent}
    near = get_close_matches(word.lower(), by_word, n=1, cutoff=_ALIKE)
    if not near:
        near = [label for label in by_word if label in word.lower() or word.lower() in label][:1]
    hint = f" Did you mean {by_word[near[0]]!r}?" if near and word else ""
    # A sheet without a header has data here, which may be a secret.
    shown = "what looks like a secret" if screening.speaks(word) else repr(word[:40])
    return f"Column {place + 1}, {shown}, is no column of this register.{hint}"
