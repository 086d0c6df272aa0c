"""What the entry of a pack counts, gathered from its manifest by other code than the product's."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.reports.verifier.trees import sha256


def entries_body(told: dict[str, Any]) -> dict[str, Any]:
    """Return what the entry of the pack says of samples, and of all other entries named in it."""
    rest = {key: value for key, value in told.items() if key != "seal"}
    places = sorted(set(named(rest)))
    return {
        "samples": dict(Counter(sample["kind"] for sample in told["samples"])),
        "entries": len(places),
        "entries_sha256": sha256("".join(f"{place}\n" for place in places).encode()),
    }


def named(told: object) -> Iterator[int]:
    """Yield the index of every entry that is named somewhere in a value."""
    if isinstance(told, dict):
        if {"index", "path", "proof"} <= told.keys():
            yield told["index"]
        told = list(told.values())
    for one in told if isinstance(told, list) else ():
        yield from named(one)
