"""Certificates of AWS Certificate Manager with their keys and their end."""

import re
from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import OwnedSettings
from collectors.wire.aws import Place
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Certificates of AWS",
    asks="Which certificates does every region hold, what uses them, whose are they, and when do "
    "they end?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    columns={
        "certificate_id": "text",
        "system_name": "text",
        "names": "text",
        "used_by": "text",
        "owner": "text",
        "key_type": "text",
        "key_bits": "integer",
        "ends_on": "date",
        "renews_itself": "boolean",
        "status": "text",
        "collected_on": "date",
    },
    completeness="Every certificate of every kind of key until there is no next page, in every "
    "region; left out are those that were never issued, and those that ended and serve nothing.",
    permission=aws.allow(
        "acm:ListCertificates", "acm:DescribeCertificate", "acm:ListTagsForCertificate"
    ),
    schedule="10 4 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = OwnedSettings
# Unless they are named, ACM leaves out all but the commonest keys.
_KEYS = [
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
]
_ISSUED = ["ISSUED", "INACTIVE", "EXPIRED"]


def collect(ask: Ask[OwnedSettings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="acm",
        query="ListCertificates of all kinds of keys; for each DescribeCertificate and "
        "ListTagsForCertificate",
        more={"owner_tag": ask.settings.owner_tag},
    )


def _rows(ask: Ask[OwnedSettings], place: Place) -> Iterator[Row]:
    listed = place.items(
        "list_certificates",
        "CertificateSummaryList",
        CertificateStatuses=_ISSUED,
        Includes={"keyTypes": _KEYS},
    )
    for each in listed:
        arn = each.text("CertificateArn")
        told = place.ask("describe_certificate", CertificateArn=arn).part("Certificate")
        users, names = told.value("InUseBy"), told.value("SubjectAlternativeNames")
        if told.text("Status") == "EXPIRED" and not users:
            continue
        tags = place.ask("list_tags_for_certificate", CertificateArn=arn).parts("Tags")
        kind, bits = _key(told.text("KeyAlgorithm"))
        yield (
            arn,
            f"AWS {place.account}",
            "; ".join(names if isinstance(names, list) else [told.text("DomainName")]),
            "; ".join(users if isinstance(users, list) else []) or None,
            aws.tag(tags, ask.settings.owner_tag),
            kind,
            bits,
            told.maybe_day("NotAfter"),
            told.maybe_text("RenewalEligibility") == "ELIGIBLE",
            told.text("Status"),
            ask.now.astimezone(ask.zone).date(),
        )


def _key(algorithm: str) -> tuple[str, int | None]:
    """Return the kind of a key and its bits: ACM writes RSA_2048, RSA-2048 and EC_secp384r1."""
    kind = "rsa" if algorithm.upper().startswith("RSA") else "ec"
    bits = re.search(r"[0-9]{3,4}", algorithm)
    return kind, int(bits[0]) if bits else None
