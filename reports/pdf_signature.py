"""Signs PDF papers (PAdES B-B, or B-T with a time-stamp), in a short-lived process of its own.

The signature certifies the paper: nothing may be changed afterwards. It shows nowhere on a page, so
that the paper stays what it is (PDF/A, PDF/UA). The library of the field, pyHanko, brings a web
client along and comes with the extra `signing`; apart, it costs a worker nothing.
"""

import importlib
import json
import stat
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from django.conf import settings

from evidence import addresses
from evidence.errors import AddressError
from reports.errors import CoverSealError

FIELD = "Countersign"
_ROOT = Path(__file__).resolve().parents[1]
_MODULE = "reports.pdf_signature"
_SECONDS = 120
_SAID = 500


def signed(pdf: bytes) -> bytes:
    """Return a PDF with a certifying signature; CoverSealError."""
    try:
        addresses.refuse_named(settings.PDF_SIGNING_TSA, addresses.ANCHORS)
    except AddressError as error:
        raise CoverSealError(str(error)) from error
    head = {
        "key": settings.PDF_SIGNING_KEY,
        "certificate": settings.PDF_SIGNING_CERTIFICATE,
        "passphrase": settings.PDF_SIGNING_PASSPHRASE,
        "time_stamps": settings.PDF_SIGNING_TSA,
    }
    try:
        ran = subprocess.run(  # noqa: S603  # our own module, and nothing from outside
            [sys.executable, "-m", _MODULE],
            cwd=_ROOT,
            input=json.dumps(head).encode() + b"\n" + pdf,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CoverSealError(
            f"Signing the cover took longer than {_SECONDS} seconds. Is {settings.PDF_SIGNING_TSA}"
            " there?"
        ) from None
    if ran.returncode:
        # The last line of the traceback names the error; those before are the library's affair.
        words = ran.stderr.decode(errors="replace").strip().rpartition("\n")[2][-_SAID:]
        raise CoverSealError(f"The cover could not be signed. The library said: {words}")
    return ran.stdout


def signer() -> str:
    """Return the name in the certificate that signs; CoverSealError says what is wrong with it."""
    if find_spec("pyhanko") is None:
        raise CoverSealError("Install the extra `signing`, or leave PDF_SIGNING_KEY out.")
    path = Path(settings.PDF_SIGNING_KEY)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes()
        certificates = x509.load_pem_x509_certificates(
            Path(settings.PDF_SIGNING_CERTIFICATE).read_bytes()
        )
        passphrase = settings.PDF_SIGNING_PASSPHRASE.encode() or None
        key = load_pem_private_key(content, passphrase)
    except OSError as error:
        raise CoverSealError(f"{error.filename} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise CoverSealError(
            "PDF_SIGNING_KEY and PDF_SIGNING_CERTIFICATE must be PEM files of a private key and its"
            f" certificate: {error}"
        ) from error
    if mode & 0o077:
        raise CoverSealError(
            f"{path} can be read by others ({mode:04o}), so it is no secret any more. Find out who "
            f"could read it, then: chmod 600 {path}"
        )
    return _fit(key, certificates[0])


def _fit(key: Any, certificate: x509.Certificate) -> str:
    plain = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*plain) != certificate.public_key().public_bytes(*plain):
        raise CoverSealError(
            "The first certificate in PDF_SIGNING_CERTIFICATE is not that of PDF_SIGNING_KEY."
        )
    if not certificate.not_valid_before_utc <= datetime.now(UTC) < certificate.not_valid_after_utc:
        raise CoverSealError(
            f"The certificate for covers is valid from {certificate.not_valid_before_utc:%Y-%m-%d} "
            f"to {certificate.not_valid_after_utc:%Y-%m-%d}. Renew it, or leave PDF_SIGNING_KEY out"
            " and covers are not signed."
        )
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def main() -> None:
    """Sign what standard input holds: a line of JSON, then the PDF."""
    line, pdf = sys.stdin.buffer.read().split(b"\n", 1)
    head = json.loads(line)
    # Imported only here: it comes with an extra, and needs a second.
    fields, signers, timestamps, incremental_writer = (
        importlib.import_module(f"pyhanko.{name}")
        for name in (
            "sign.fields",
            "sign.signers",
            "sign.timestamps",
            "pdf_utils.incremental_writer",
        )
    )
    authority = head["time_stamps"]
    signature = signers.PdfSignatureMetadata(
        field_name=FIELD,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES,
        md_algorithm="sha256",
    )
    made = signers.sign_pdf(
        incremental_writer.IncrementalPdfFileWriter(BytesIO(pdf)),
        signature,
        signer=_signer(signers, head),
        timestamper=timestamps.HTTPTimeStamper(authority) if authority else None,
    )
    sys.stdout.buffer.write(made.getvalue())


def _signer(signers: Any, head: dict[str, str]) -> Any:
    keys = importlib.import_module("pyhanko.keys")
    registry = importlib.import_module("pyhanko_certvalidator.registry")
    own, *issuers = keys.load_certs_from_pemder([head["certificate"]])
    key = keys.load_private_key_from_pemder(
        head["key"], passphrase=head["passphrase"].encode() or None
    )
    return signers.SimpleSigner(
        signing_cert=own,
        signing_key=key,
        cert_registry=registry.SimpleCertificateStore.from_certs(issuers),
    )


if __name__ == "__main__":
    main()
