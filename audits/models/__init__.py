"""Records of audits, one module per topic.

What is a fact is append-only, as the second migration of each topic says: triggers refuse UPDATE
and DELETE on packs, their files, access notes, what management writes, moves of dates, entries of
findings, and threads of requests.
"""

from audits.models.access import AccessNote
from audits.models.description import Assertion, AssertionSignature, DescriptionRevision
from audits.models.engagements import (
    BoundInvitation,
    Engagement,
    EngagementCategory,
    EngagementChange,
    EngagementMember,
    SubPeriod,
)
from audits.models.findings import Finding, FindingEntry, FindingScan, FindingStanding
from audits.models.organisations import (
    SubserviceOrganisation,
    UserEntityControl,
    UserEntityWording,
)
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
    "Assertion",
    "AssertionSignature",
    "BoundInvitation",
    "DescriptionRevision",
    "Engagement",
    "EngagementCategory",
    "EngagementChange",
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
    "SubPeriod",
    "SubserviceOrganisation",
    "UserEntityControl",
    "UserEntityWording",
]
