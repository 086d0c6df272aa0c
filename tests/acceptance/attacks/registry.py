"""What an attack is: how a good pack is bent, what the auditor holds, and what must be said of it.

The numbers are those of the list of attacks in the documentation of the log. An attack also says
which weaker verifier falls for it, because an attack that nobody would fall for proves nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.reports.verifier.packs import KEY, Draft, good
from tests.reports.verifier.zips import zipped

VALID, INVALID, COULD_NOT_CHECK = "VALID", "INVALID", "COULD NOT CHECK"


@dataclass(frozen=True)
class Case:
    """A pack as it reaches the auditor, what the auditor holds, and what a verifier must say."""

    pack: bytes = field(repr=False)
    file: str = ""
    reason: str = ""
    verdict: str = INVALID
    key: str = KEY.vkey
    held: bytes | None = None
    scope: str | None = None
    nonce: str | None = None
    request: str | None = None
    not_before: str | None = None
    witnesses: tuple[str, ...] | None = None


class Means:
    """What an attacker starts from: a good pack, and for an insider the way it was made."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = good().seal()

    @property
    def pack(self) -> bytes:
        return zipped(self.files)

    def draft(self) -> Draft:
        """Return the pack before it is sealed; sealing it again signs it with the real key."""
        return good()


@dataclass(frozen=True)
class Weakness:
    """A verifier that falls for an attack.

    Either one that only compares the digests of SHA256SUMS, or a copy of verify.py that overlooks
    some reasons to refuse, has something laxer in the place of a part, or is not given a thing that
    the auditor holds.
    """

    compares_sums_only: bool = False
    overlooks: tuple[str, ...] = ()
    laxer: Mapping[str, object] = field(default_factory=dict)
    without: str = ""


@dataclass(frozen=True)
class Attack:
    """One attack of the list."""

    number: int
    name: str
    make: Callable[[Means], Case]
    weakness: Weakness | None


ATTACKS: list[Attack] = []

Make = Callable[[Means], Case]


def attack(
    number: int,
    *,
    sums_only: bool = False,
    overlooks: tuple[str, ...] = (),
    laxer: Mapping[str, object] | None = None,
    without: str = "",
) -> Callable[[Make], Make]:
    """Enter an attack under its number, with the weakness that it needs."""
    weakness = Weakness(sums_only, overlooks, laxer or {}, without)

    def enter(make: Make) -> Make:
        name = f"{number:02}-{make.__name__.replace('_', '-')}"
        assert name not in {one.name for one in ATTACKS}
        # A good pack that is refused needs no weakness; every other attack has one.
        real = sums_only or overlooks or laxer or without
        ATTACKS.append(Attack(number, name, make, weakness if real else None))
        return make

    return enter
