"""Records of audits, one module per topic.

Packs, their files and access notes are append-only: triggers refuse UPDATE and DELETE.
"""

from audits.models.access import AccessNote
from audits.models.engagements import Engagement, EngagementCategory, EngagementMember
from audits.models.packs import Pack, PackFile

__all__ = [
    "AccessNote",
    "Engagement",
    "EngagementCategory",
    "EngagementMember",
    "Pack",
    "PackFile",
]
