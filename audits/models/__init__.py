"""Records of audits, one module per topic.

What is a fact is append-only, as the second migration of each topic says: triggers refuse UPDATE
and DELETE on packs, their files, access notes, entries of findings, and threads of requests.
"""

from audits.models.access import AccessNote
from audits.models.engagements import Engagement, EngagementCategory, EngagementMember
from audits.models.findings import Finding, FindingEntry, FindingScan, FindingStanding
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
    "Finding",
    "FindingEntry",
    "FindingScan",
    "FindingStanding",
    "Pack",
    "PackFile",
    "RequestEntry",
    "RequestImport",
    "Side",
]
