"""scope.txt: the refs of all that the pack tells about, in the form that `--scope` takes."""

from collections.abc import Iterator

from reports.pack.extras import File
from reports.pack.frozen import Frozen

NAME = "scope.txt"


def files(frozen: Frozen) -> Iterator[File]:
    """Yield the list: items, records of sampling, findings and requests, each in its own order."""
    chosen = frozen.selection
    told = (chosen.items, chosen.samples, chosen.findings, chosen.requests)
    yield NAME, "".join(f"{one.ref}\n" for part in told for one in part).encode()
