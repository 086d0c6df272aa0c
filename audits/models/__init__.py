"""Records of audits, one module per topic.

What is a fact is append-only, as the second migration of each topic says: triggers refuse UPDATE
and DELETE on packs, their files, access notes, what management writes, moves of dates, changes of
occurrences, entries of findings, threads of requests, sealed populations, draws, work sheets,
reverse tests, walkthroughs, and what buyers asked for and were given.
"""

from audits.models.access import AccessNote
from audits.models.buyers import (
    BuyerAgreement,
    BuyerDecision,
    BuyerDocument,
    BuyerGrant,
    BuyerHandOut,
    BuyerLink,
    BuyerRequest,
    BuyerRevocation,
    TrustSwitch,
)
from audits.models.calendar import HolidayCalendar
from audits.models.changes import OccurrenceChange
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
from audits.models.packs import Pack, PackAsk, PackCover, PackFile, PackStamps
from audits.models.populations import PopulationPart, SealedPopulation
from audits.models.requests import (
    AnswerItem,
    EvidenceRequest,
    RequestEntry,
    RequestImport,
    Side,
)
from audits.models.reverse_tests import ReverseEntry, ReverseTest
from audits.models.samples import (
    Draw,
    SampleAttribute,
    SampleItem,
    SampleResult,
    WorkSheetEntry,
)
from audits.models.walkthroughs import Walkthrough

__all__ = [
    "AccessNote",
    "AnswerItem",
    "Assertion",
    "AssertionSignature",
    "BoundInvitation",
    "BuyerAgreement",
    "BuyerDecision",
    "BuyerDocument",
    "BuyerGrant",
    "BuyerHandOut",
    "BuyerLink",
    "BuyerRequest",
    "BuyerRevocation",
    "DescriptionRevision",
    "Draw",
    "Engagement",
    "EngagementCategory",
    "EngagementChange",
    "EngagementMember",
    "EvidenceRequest",
    "Finding",
    "FindingEntry",
    "FindingScan",
    "FindingStanding",
    "HolidayCalendar",
    "OccurrenceChange",
    "Pack",
    "PackAsk",
    "PackCover",
    "PackFile",
    "PackStamps",
    "PopulationPart",
    "RequestEntry",
    "RequestImport",
    "ReverseEntry",
    "ReverseTest",
    "SampleAttribute",
    "SampleItem",
    "SampleResult",
    "SealedPopulation",
    "Side",
    "SubPeriod",
    "SubserviceOrganisation",
    "TrustSwitch",
    "UserEntityControl",
    "UserEntityWording",
    "Walkthrough",
    "WorkSheetEntry",
]
