"""Which lines a person means: by state, reviewer and words, or one by one; found by an index."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TypeVar

from django.db.models import Q, QuerySet

from registers.models import Campaign, CampaignLine

BATCH = 500
NOBODY = "nobody"
FOLLOWED = "followed"
"""Every line whose decision needs a proof."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Choice:
    """What narrows the lines of a campaign; empty words narrow nothing."""

    state: str = ""
    reviewer: str = ""
    """The number of a person, or NOBODY."""
    decision: str = ""
    words: str = ""
    numbers: tuple[int, ...] = ()

    @property
    def asked(self) -> Mapping[str, str]:
        """The words of an address that ask for the same."""
        asked = {
            "state": self.state,
            "reviewer": self.reviewer,
            "decision": self.decision,
            "q": self.words,
        }
        return {name: value for name, value in asked.items() if value}


def lines(campaign: Campaign, choice: Choice) -> QuerySet[CampaignLine]:
    """Return the chosen lines of a campaign by their numbers."""
    found = CampaignLine.objects.filter(campaign=campaign).order_by("number")
    if choice.numbers:
        found = found.filter(number__in=choice.numbers)
    if choice.state in CampaignLine.State.values:
        found = found.filter(state=choice.state)
    if choice.reviewer == NOBODY:
        found = found.filter(reviewer=None)
    elif choice.reviewer.isdecimal() and len(choice.reviewer) <= 18:
        found = found.filter(reviewer=int(choice.reviewer))
    if choice.decision == FOLLOWED:
        found = found.exclude(decision__in=["", CampaignLine.Decision.KEEP])
    elif choice.decision in CampaignLine.Decision.values:
        found = found.filter(decision=choice.decision)
    if choice.words:
        meant = Q()
        for field in ("key", "label", "person", "rights"):
            meant |= Q(**{f"{field}__icontains": choice.words})
        found = found.filter(meant)
    return found


def digest_of(chosen: Iterable[CampaignLine]) -> str:
    """Return the digest of lines as they were shown: of their numbers, states and reviewers."""
    found = sha256()
    for line in chosen:
        found.update(f"{line.number}:{line.state}:{line.decision}:{line.reviewer_id};".encode())
    return found.hexdigest()


def batches(many: Sequence[_T]) -> Iterator[list[_T]]:
    """Yield a sequence in pieces that every database takes as one list."""
    rest = iter(many)
    while batch := list(islice(rest, BATCH)):
        yield batch
