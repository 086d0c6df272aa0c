"""The staff door with all its pages: importing this module registers them."""

from compliance.staff import (
    audits,
    collectors,
    controls,
    coverage,
    dashboard,
    engagements,
    evidence,
    handing_in,
    handing_out,
    jobs,
    occurrences,
    packs,
    people,
    review,
    sources,
    tokens,
)
from compliance.staff.site import site

__all__ = ["site"]

# Each of them registers its pages by being imported.
ROOMS = (
    audits,
    collectors,
    controls,
    coverage,
    dashboard,
    engagements,
    evidence,
    handing_in,
    handing_out,
    jobs,
    occurrences,
    packs,
    people,
    review,
    sources,
    tokens,
)
