"""What a sample may be said to show, and how large samples usually are.

Rules:
- The upper limit of the rate of deviations is one-sided, at a confidence in whole per cent.
- Where the population is 20 times the sample or larger it is Clopper and Pearson's: the rate at
  which so few deviations or fewer would be found with the probability that is left.
- Below, the sample is a good part of the population, and the limit is the exact one of the
  hypergeometric distribution: the largest number of deviations in the population at which so few
  or fewer would be found with more than the probability that is left.
- Every limit is rounded up to a tenth of a per cent, never down.
- No standard prescribes sizes; those proposed are common practice, and the auditor decides.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, comb, exp, lgamma, log, log1p

USUAL_CONFIDENCE = 90
_LARGE = 20
_HALVINGS = 60


class Frequency(StrEnum):
    """How often the control is applied, not how often its evidence is handed in."""

    PER_EVENT = "per_event"
    MANY_A_DAY = "many_a_day"
    DAILY = "daily"
    WEEKLY = "weekly"
    TWICE_MONTHLY = "twice_monthly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SEMI_ANNUAL = "semi_annual"
    ANNUAL = "annual"

    @property
    def words(self) -> str:
        """The frequency as people say it."""
        return _WORDS[self]


_WORDS = {
    Frequency.PER_EVENT: "On each occurrence",
    Frequency.MANY_A_DAY: "Many times a day",
    Frequency.DAILY: "Every day",
    Frequency.WEEKLY: "Every week",
    Frequency.TWICE_MONTHLY: "Twice a month",
    Frequency.MONTHLY: "Every month",
    Frequency.QUARTERLY: "Every quarter",
    Frequency.SEMI_ANNUAL: "Every half-year",
    Frequency.ANNUAL: "Every year",
}


@dataclass(frozen=True)
class Proposal:
    """The size that is usual for a population, and the range that firms use."""

    size: int
    least: int
    most: int


_BY_FREQUENCY = {
    Frequency.MANY_A_DAY: Proposal(40, 25, 60),
    Frequency.DAILY: Proposal(25, 15, 40),
    Frequency.WEEKLY: Proposal(5, 5, 15),
    Frequency.TWICE_MONTHLY: Proposal(5, 3, 8),
    Frequency.MONTHLY: Proposal(2, 2, 5),
    Frequency.QUARTERLY: Proposal(2, 2, 2),
    Frequency.SEMI_ANNUAL: Proposal(1, 1, 2),
    Frequency.ANNUAL: Proposal(1, 1, 1),
}


def proposed(frequency: Frequency, count: int) -> Proposal:
    """Return the usual size of a sample from `count` items; never more than there are."""
    found = _BY_FREQUENCY.get(frequency) or _per_event(count)
    return Proposal(*(min(number, count) for number in (found.size, found.least, found.most)))


@dataclass(frozen=True)
class Statement:
    """What so many deviations in a sample show of the population, at a confidence in per cent."""

    tested: int
    deviations: int
    count: int
    confidence: int = USUAL_CONFIDENCE

    @property
    def per_mille(self) -> int:
        """The upper limit of the rate of deviations in tenths of a per cent, rounded up."""
        if self.is_exact:
            return _up(1000 * self.most_deviations, self.count)
        return ceil(1000 * clopper_pearson(self.deviations, self.tested, self.confidence) - 1e-9)

    @property
    def is_exact(self) -> bool:
        """Whether the limit is that of the hypergeometric distribution."""
        return self.count < _LARGE * self.tested

    @property
    def most_deviations(self) -> int:
        """The upper limit as a number of items, where it is exact."""
        return hypergeometric(self.deviations, self.tested, self.count, self.confidence)

    def __str__(self) -> str:
        if not self.tested:
            return "Nothing was tested yet."
        found = f"{self.tested - self.deviations} of {self.tested} without exception"
        if self.tested == self.count:
            rate = _shown(_up(1000 * self.deviations, self.count))
            return f"{found}: every item was tested; the rate of deviations is {rate}."
        limit = _shown(self.per_mille)
        if self.is_exact:
            return (
                f"{found}: {self.confidence} % confidence that at most {self.most_deviations} "
                f"of the {self.count} items ({limit}) deviate."
            )
        return f"{found}: {self.confidence} % confidence that the rate is below {limit}."


def clopper_pearson(deviations: int, tested: int, confidence: int) -> float:
    """Return the one-sided upper limit of a rate after Clopper and Pearson (1934), 0 to 1."""
    if deviations >= tested:
        return 1.0
    left = 1 - confidence / 100
    low, high = deviations / tested, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _binomial_tail(deviations, tested, middle) > left:
            low = middle
        else:
            high = middle
    return high


def hypergeometric(deviations: int, tested: int, count: int, confidence: int) -> int:
    """Return the largest number of deviating items of `count` that the sample leaves possible.

    All arithmetic is in whole numbers, so a probability at the very limit is judged exactly.
    """
    samples = comb(count, tested)
    low, high = deviations, count - (tested - deviations)
    while low < high:
        middle = (low + high + 1) // 2
        if 100 * _ways(deviations, tested, count, middle) > (100 - confidence) * samples:
            low = middle
        else:
            high = middle - 1
    return low


def _per_event(count: int) -> Proposal:
    if count <= 10:
        return Proposal(count, min(5, count), count)
    if count <= 50:
        return Proposal(8, 5, 10)
    if count <= 250:
        return Proposal(15, 5, 25)
    return Proposal(25, 25, 60)


def _binomial_tail(most: int, tested: int, rate: float) -> float:
    """Return the probability of so many deviations or fewer, summed from its largest term down."""
    if rate >= 1:
        return 0.0
    ways = lgamma(tested + 1) - lgamma(most + 1) - lgamma(tested - most + 1)
    term = exp(ways + most * log(rate or 1e-300) + (tested - most) * log1p(-rate))
    total = 0.0
    for found in range(most, -1, -1):
        total += term
        term *= found * (1 - rate) / ((tested - found + 1) * (rate or 1e-300))
    return total


def _ways(most: int, tested: int, count: int, deviating: int) -> int:
    """Return in how many samples so many of the deviating items or fewer are found."""
    sound = count - deviating
    fewest = max(0, tested - sound)
    if fewest > most:
        return 0
    ways = comb(deviating, fewest) * comb(sound, tested - fewest)
    total = ways
    for found in range(fewest, min(most, deviating, tested)):
        ways = ways * (deviating - found) * (tested - found)
        ways //= (found + 1) * (sound - tested + found + 1)
        total += ways
    return total


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def _shown(per_mille: int) -> str:
    return f"{per_mille // 10}.{per_mille % 10} %"
