"""Whether an answer to a buyer is backed by evidence: a pure function of how its evidence stands.

Rules:
- An answer that names kinds of evidence is backed when every one of them is proven: its newest item
  was accepted, passed its checks, is not too old, and covers a day of the window.
- Too old is judged today, or on the last day of a window that is over: what covers later days says
  nothing of it.
- An answer that names controls only is backed when each of them has at least one such kind, and no
  kind of it is contradicted.
- An answer that names neither is not backed, whatever it says: "no" is a claim like any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from readiness.standing import Backing, Standing

NOT_BACKED = "not backed by evidence"


@dataclass(frozen=True)
class Backed:
    """What stands behind an answer on a day."""

    evidence: tuple[str, ...] = ()
    """References of the items that show it."""
    as_of: date | None = None
    """The earliest of the days up to which these items cover."""
    lacks: tuple[str, ...] = ()
    """Why it is not backed, in words; empty where it is."""

    @property
    def is_backed(self) -> bool:
        return not self.lacks


@dataclass(frozen=True)
class Ground:
    """What is known of the evidence on a day (today, or the last of a window), and the window."""

    standings: Mapping[str, Standing]
    """By the slug of the expectation."""
    today: date
    window: tuple[date, date] | None = None

    def lack(self, standing: Standing) -> str:
        """Say why an expectation does not count; empty where it does."""
        if said := standing.lack(self.today):
            return f"{standing.control} {standing.title}: {said}"
        item = standing.item
        if self.window and item:
            first, last = self.window
            if item.covers_to < first or (item.covers_from or item.covers_to) > last:
                return f"{standing.control} {standing.title}: {item.ref} lies outside of the window"
        return ""

    @property
    def of_controls(self) -> Mapping[str, Sequence[Standing]]:
        found: dict[str, list[Standing]] = {}
        for standing in self.standings.values():
            found.setdefault(standing.control, []).append(standing)
        return found


def backed(controls: Sequence[str], kinds: Sequence[str], ground: Ground) -> Backed:
    """Return what stands behind an answer that names these controls and kinds of evidence."""
    if not controls and not kinds:
        return Backed(lacks=("it names no control and no kind of evidence",))
    if kinds:
        wanted = [ground.standings[slug] for slug in kinds if slug in ground.standings]
        lacks = [f"{slug} is not asked for" for slug in kinds if slug not in ground.standings]
        lacks += filter(None, map(ground.lack, wanted))
    else:
        wanted = [one for ref in controls for one in ground.of_controls.get(ref, ())]
        lacks = list(_of_controls(controls, ground))
    proven = [one.item for one in wanted if one.item and not ground.lack(one)]
    return Backed(
        tuple(sorted(item.ref for item in proven)),
        min((item.covers_to for item in proven), default=None),
        tuple(lacks),
    )


def _of_controls(controls: Sequence[str], ground: Ground) -> Iterator[str]:
    for ref in controls:
        standings = ground.of_controls.get(ref, ())
        for one in standings:
            if one.backing(ground.today) is Backing.CONTRADICTED:
                yield ground.lack(one)
        if not any(not ground.lack(one) for one in standings):
            yield f"{ref}: no evidence that is accepted and fresh"
