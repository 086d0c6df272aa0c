"""Records of audits, one module per topic.

Packs, their files, access notes and the threads of requests are append-only: triggers refuse
UPDATE and DELETE.
"""

from audits.models.access import AccessNote
from audits.models.engagements import Engagement, EngagementCategory, EngagementMember
from audits.models.packs import Pack, PackFile
from audits.models.requests import (
    AnswerItem,
    EvidenceRequest,
    RequestEntry,
    RequestImport,
    Side,
)

__all__ = [
    "AccessNote",
    "AnswerItem",
    "Engagement",
    "EngagementCategory",
    "EngagementMember",
    "EvidenceRequest",
    "Pack",
    "PackFile",
    "RequestEntry",
    "RequestImport",
    "Side",
]
