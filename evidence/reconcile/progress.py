"""How far a run is, in hundredths: reading by bytes, then one step for each part of the rules.

Whoever listens may raise, and so stop a run that is another worker's by now.
"""

from collections.abc import Callable

Tell = Callable[[int, int, str], None]
"""Hears how much of how much is done, and what comes next."""

WHOLE = 100
_READ = 45


def quiet(_done: int, _total: int, _note: str) -> None:
    """Tell nobody."""


class Steps:
    """Turns bytes and parts into hundredths that never go back."""

    def __init__(self, tell: Tell, parts: int) -> None:
        self._tell = tell
        self._parts = max(parts, 1)
        self._begun = 0

    def read(self, done: int, total: int, note: str) -> None:
        """Hear how many bytes of the files were read."""
        self._tell(_READ * done // max(total, 1), WHOLE, note)

    def begin(self, note: str) -> None:
        """Hear that the next part begins; those before it are done."""
        done = _READ + (WHOLE - _READ) * self._begun // self._parts
        self._begun += 1
        self._tell(min(done, WHOLE), WHOLE, note)
