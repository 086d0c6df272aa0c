"""Records of audits, one module per topic.

Packs, their files and access notes, what management writes, and moves of dates are append-only:
triggers refuse UPDATE and DELETE.
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
from audits.models.organisations import (
    SubserviceOrganisation,
    UserEntityControl,
    UserEntityWording,
)
from audits.models.packs import Pack, PackFile

__all__ = [
    "AccessNote",
    "Assertion",
    "AssertionSignature",
    "BoundInvitation",
    "DescriptionRevision",
    "Engagement",
    "EngagementCategory",
    "EngagementChange",
    "EngagementMember",
    "Pack",
    "PackFile",
    "SubPeriod",
    "SubserviceOrganisation",
    "UserEntityControl",
    "UserEntityWording",
]
