"""Finds the kinds of campaigns: one module in registers/campaign_kinds/ each; its name is its slug.

A kind is data: what it is called, what its evidence counts for, and by which names the columns that
it needs usually go.
"""

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field

from registers import campaign_kinds
from registers.errors import CampaignError, DeclarationError

ROLES: Mapping[str, str] = {
    "key": "What tells two rows apart",
    "label": "What people call it",
    "person": "Whose access it is",
    "owner": "Who answers for it",
    "system": "System",
    "rights": "Rights or scopes",
    "secret": "Changes with the secret",
    "ended": "Says that it has ended",
}
"""What a column of a population may mean to a campaign."""
SEVERAL = frozenset({"key", "person", "ended"})
"""Meanings that several columns may have."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a kind of campaign says of itself."""

    title: str
    line: str
    """What one line is, in the singular, such as "account"."""
    purpose: str
    area: str
    expectations: tuple[str, ...]
    """Slugs of the expectations that its evidence counts for."""
    usual: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The usual names of columns by what they mean (see ROLES), the best one first."""
    slug: str = ""


@functools.cache
def kinds() -> Mapping[str, Kind]:
    """Return every kind by its slug; DeclarationError."""
    found: dict[str, Kind] = {}
    for module in sorted(pkgutil.iter_modules(campaign_kinds.__path__), key=lambda one: one.name):
        place = f"{campaign_kinds.__name__}.{module.name}"
        declared = getattr(importlib.import_module(place), "KIND", None)
        found[module.name] = inspected(module.name, declared)
    return found


def inspected(slug: str, declared: object) -> Kind:
    """Return the kind that a file declares, with its slug; DeclarationError."""
    if not isinstance(declared, Kind):
        raise DeclarationError(f"registers/campaign_kinds/{slug}.py: KIND = Kind(...) is missing.")
    if unknown := sorted(set(declared.usual).difference(ROLES)):
        raise DeclarationError(f"registers/campaign_kinds/{slug}.py: unknown in usual: {unknown}.")
    return Kind(**{**vars(declared), "slug": slug})


def get(slug: str) -> Kind:
    """Return one kind; CampaignError."""
    try:
        return kinds()[slug]
    except KeyError:
        raise CampaignError(
            f"There is no kind of campaign {slug!r}; known are {', '.join(kinds())}."
        ) from None
