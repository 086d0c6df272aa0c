"""Records of audits, one module per topic.

Packs, their files, access notes, sealed populations, draws and work sheets are append-only:
triggers refuse UPDATE and DELETE.
"""

from audits.models.access import AccessNote
from audits.models.engagements import Engagement, EngagementCategory, EngagementMember
from audits.models.packs import Pack, PackFile
from audits.models.populations import SealedPopulation
from audits.models.samples import (
    Draw,
    SampleAttribute,
    SampleItem,
    SampleResult,
    WorkSheetEntry,
)

__all__ = [
    "AccessNote",
    "Draw",
    "Engagement",
    "EngagementCategory",
    "EngagementMember",
    "Pack",
    "PackFile",
    "SampleAttribute",
    "SampleItem",
    "SampleResult",
    "SealedPopulation",
    "WorkSheetEntry",
]
