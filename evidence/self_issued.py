"""The built-in time-stamp authority (RFC 3161): self-issued, it proves nothing against ourselves.

It lets everybody rehearse the way of a time-stamp, from the pack to `openssl ts -verify`, before an
authority from outside is named. Its key lies beside the other keys; whoever runs the installation
can set its clock, so what it states is never held against what others state.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import import_module
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from django.utils import timezone

from evidence import key_files
from evidence.errors import SealError
from evidence.log_models import TimeStamp
from evidence.models import Checkpoint

cms: Any
tsp: Any
try:
    cms, tsp = import_module("asn1crypto.cms"), import_module("asn1crypto.tsp")
except ImportError:  # The extra `signing` is not installed.
    cms = tsp = None

MEANING = "issued by the company itself: proves nothing against it"
KEY = "self-issued.pem"
_POLICY = "2.25.329800735698586629295641978511506172918"
_NAME = "Self-issued: proves nothing against the company itself"
_YEARS = timedelta(days=3653)


def is_offered() -> bool:
    """Say whether packs get a token from here: only where no authority from outside is named."""
    return bool(settings.SELF_ISSUED_TIME_STAMPS and not settings.TIME_STAMP_URLS and tsp)


def obtain(signed: Checkpoint) -> None:
    """Stamp a checkpoint once, where that is offered; raises SealError for a key that is unfit."""
    if not is_offered() or signed.time_stamps.filter(authority=TimeStamp.SELF_ISSUED).exists():
        return
    # A token states whole seconds; a second that has not begun yet would be a lie.
    now = timezone.now()
    at = now.replace(microsecond=0)
    given = {"token": answer(signed.note.encode(), at), "stated_at": at, "received_at": now}
    # Two workers may write one pack; the token that came first is the one that is kept.
    TimeStamp.objects.get_or_create(
        checkpoint=signed, authority=TimeStamp.SELF_ISSUED, defaults=given
    )


def answer(text: bytes, at: datetime) -> bytes:
    """Return the answer of the authority (TimeStampResp, DER) that a text existed at a time."""
    key, certificate = _signer()
    known = cms.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
    stated = tsp.TSTInfo(_stated(text, at)).dump()
    content = cms.EncapsulatedContentInfo(
        {"content_type": "tst_info", "content": cms.ParsableOctetString(stated)}
    )
    signed = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": content,
        "certificates": [known],
        "signer_infos": [_signed(stated, key, known)],
    }
    token = {"content_type": "signed_data", "content": cms.SignedData(signed)}
    raw: bytes = tsp.TimeStampResp(
        {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo(token)}
    ).dump()
    return raw


def _signed(stated: bytes, key: ec.EllipticCurvePrivateKey, known: Any) -> Mapping[str, Any]:
    """Sign what is stated, its kind and the certificate in one (RFC 5652, RFC 5816)."""
    own = {"certs": [{"cert_hash": sha256(known.dump()).digest()}]}
    told = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [sha256(stated).digest()]},
            {"type": "signing_certificate_v2", "values": [own]},
        ]
    )
    place = {"issuer": known.issuer, "serial_number": known.serial_number}
    return {
        "version": "v1",
        "sid": {"issuer_and_serial_number": place},
        "digest_algorithm": {"algorithm": "sha256"},
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signed_attrs": told,
        "signature": key.sign(told.dump(), ec.ECDSA(hashes.SHA256())),
    }


_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _stated(text: bytes, at: datetime) -> Mapping[str, Any]:
    imprint = {
        "hash_algorithm": {"algorithm": "sha256"},
        "hashed_message": sha256(text).digest(),
    }
    return {
        "version": "v1",
        "policy": _POLICY,
        "message_imprint": imprint,
        "serial_number": secrets.randbits(64),
        "gen_time": at.astimezone(UTC),
    }


def _signer() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """Return key and certificate, which lie in one file so that they always belong together."""
    found = key_files.secret(KEY, _made)
    key = serialization.load_pem_private_key(found, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SealError(f"{KEY} holds no key of the curve P-256. Move it away; a new one is made.")
    return key, x509.load_pem_x509_certificate(found)


def _made() -> bytes:
    key, now = ec.generate_private_key(ec.SECP256R1()), timezone.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    usage = x509.KeyUsage(**{name: name == "digital_signature" for name in _USAGES})
    stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    serial = x509.random_serial_number()
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), serial)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _YEARS)
        .add_extension(usage, critical=True)
        .add_extension(stamping, critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret + certificate.public_bytes(serialization.Encoding.PEM)
