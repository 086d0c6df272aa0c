"""Records of audits, one module per topic.

Packs, their files, access notes, findings and their entries are append-only: triggers refuse UPDATE
and DELETE.
"""

from audits.models.access import AccessNote
from audits.models.engagements import Engagement, EngagementCategory, EngagementMember
from audits.models.findings import Finding, FindingEntry, FindingScan, FindingStanding
from audits.models.packs import Pack, PackFile

__all__ = [
    "AccessNote",
    "Engagement",
    "EngagementCategory",
    "EngagementMember",
    "Finding",
    "FindingEntry",
    "FindingScan",
    "FindingStanding",
    "Pack",
    "PackFile",
]
