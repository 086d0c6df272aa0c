"""What a step of a check of the log says: what is wrong, how much it looked at, where to go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What is not as it must be: about what, in a sentence."""

    subject: str
    sentence: str


@dataclass(frozen=True)
class Step:
    """What one step found, how many things it looked at, where the next begins ("" = none)."""

    problems: Sequence[Problem]
    looked: int
    following: str = ""


Stage = Callable[[str, int], Step]
