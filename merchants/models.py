"""Merchants of a platform, the forms by which they attest to their PCI duties, and what is signed.

What was answered and signed is append-only: triggers refuse UPDATE and DELETE.
"""

from merchants.api_models import (
    ApiUser,
    Delivery,
    DeliveryAttempt,
    Event,
    ExternalLink,
    File,
    Prospect,
    Webhook,
)
from merchants.form_models import (
    ComplianceForm,
    FormAnswer,
    FormChange,
    FormFile,
    FormTemplate,
    SignatureRecord,
    SigningLink,
    TakenForm,
)
from merchants.party_models import Application, Environment, Merchant
from merchants.support_models import AsvScan, LineSupport, OfficialText
from merchants.tag_models import Tag

__all__ = [
    "ApiUser",
    "Application",
    "AsvScan",
    "ComplianceForm",
    "Delivery",
    "DeliveryAttempt",
    "Environment",
    "Event",
    "ExternalLink",
    "File",
    "FormAnswer",
    "FormChange",
    "FormFile",
    "FormTemplate",
    "LineSupport",
    "Merchant",
    "OfficialText",
    "Prospect",
    "SignatureRecord",
    "SigningLink",
    "Tag",
    "TakenForm",
    "Webhook",
]
