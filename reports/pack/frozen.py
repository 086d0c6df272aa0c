"""A frozen pack with all that its papers are made from."""

from collections.abc import Sequence
from dataclasses import dataclass

from audits.models import Pack
from audits.pack_stamps import Stamps
from audits.selection import Selection
from reports.pack.samples import Recorded


@dataclass(frozen=True)
class Frozen:
    """A pack with what it froze, its time-stamps, and its records of sampling."""

    pack: Pack
    selection: Selection
    stamps: Stamps
    records: Sequence[Recorded] = ()
