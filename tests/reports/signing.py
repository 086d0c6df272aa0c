"""Certificates of the tests' own, and what pyHanko says of a signed PDF."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NAME = "Acme Payments, sealing of packs"
_PLAIN = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def pyhanko(name: str) -> Any:
    """A module of pyHanko; without it the test is skipped, or fails where CI is set."""
    try:
        return import_module(name)
    except ImportError:
        message = "pyHanko is missing: install the extra `signing`."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@dataclass(frozen=True)
class Issuer:
    """A certificate authority in a folder, and what it issued there."""

    folder: Path
    days: int = 30
    starts: datetime = datetime.now(UTC) - timedelta(days=1)

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def issue(self, *, is_elliptic: bool = False, passphrase: str = "") -> "Issuer":
        """Make a root, and a key with its certificate for signing documents."""
        root_key = ec.generate_private_key(ec.SECP256R1())
        root_name = _named("Test root")
        root = (
            self._begun(root_name, root_name, root_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        key: Any = (
            ec.generate_private_key(ec.SECP256R1())
            if is_elliptic
            else rsa.generate_private_key(65537, 2048)
        )
        own = (
            self._begun(_named(NAME), root_name, key.public_key())
            .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        sealed: Any = serialization.NoEncryption()
        if passphrase:
            sealed = serialization.BestAvailableEncryption(passphrase.encode())
        self.key.touch(mode=0o600)
        self.key.write_bytes(key.private_bytes(*_PLAIN, sealed))
        pem = serialization.Encoding.PEM
        self.certificate.write_bytes(own.public_bytes(pem) + root.public_bytes(pem))
        self.root.write_bytes(root.public_bytes(pem))
        return self

    def _begun(self, name: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.starts)
            .not_valid_after(self.starts + timedelta(days=self.days))
        )

    def use(self, settings: Any) -> None:
        """Let this installation sign covers with it."""
        settings.PDF_SIGNING_KEY = str(self.key)
        settings.PDF_SIGNING_CERTIFICATE = str(self.certificate)


def judged(pdf: bytes, root: Path, *, time_stamps: Path | None = None) -> Any:
    """What pyHanko says of the one signature of a PDF, trusting a root."""
    reader = pyhanko("pyhanko.pdf_utils.reader").PdfFileReader(BytesIO(pdf))
    load = pyhanko("pyhanko.keys").load_cert_from_pemder
    context = pyhanko("pyhanko_certvalidator").ValidationContext
    (signature,) = reader.embedded_signatures
    return pyhanko("pyhanko.sign.validation").validate_pdf_signature(
        signature,
        context(trust_roots=[load(str(root))], allow_fetching=False),
        ts_validation_context=(
            context(trust_roots=[load(str(time_stamps))], allow_fetching=False)
            if time_stamps
            else None
        ),
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(**chosen: bool) -> x509.KeyUsage:
    known = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: chosen.get(name, False) for name in known})
