"""Looks at an endpoint's transport encryption by real handshakes."""

import http.client
import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509

from collectors.deadline import Deadline
from collectors.errors import SourceError, SourceUnreachableError
from collectors.wire import addresses
from collectors.wire.ripcord import RipCord
from evidence.population import Cell

SECONDS = 10.0
DEFAULT_PORT = 443
_REDIRECTS = {301, 302, 303, 307, 308}
_VERSIONS = {
    "tls_1_0": (ssl.TLSVersion.TLSv1, ssl.HAS_TLSv1),
    "tls_1_1": (ssl.TLSVersion.TLSv1_1, ssl.HAS_TLSv1_1),
    "tls_1_2": (ssl.TLSVersion.TLSv1_2, ssl.HAS_TLSv1_2),
    "tls_1_3": (ssl.TLSVersion.TLSv1_3, ssl.HAS_TLSv1_3),
}


@dataclass(frozen=True)
class Shown:
    """What the certificate of an endpoint says of itself."""

    subject: str
    issuer: str
    ends: datetime

    @classmethod
    def of(cls, der: bytes) -> "Shown":
        """Read a certificate in DER form (RFC 5280); ValueError where that cannot be done."""
        try:
            read = x509.load_der_x509_certificate(der)
            names = read.subject.rfc4514_string(), read.issuer.rfc4514_string()
            return cls(*names, read.not_valid_after_utc)
        except (ValueError, OverflowError, x509.InvalidVersion) as error:
            message = f"its certificate cannot be read: {error}"
            raise ValueError(message) from error


@dataclass
class Examined:
    """What one endpoint showed; None where it could not be learned."""

    host: str
    port: int
    reached: bool = False
    plain_http: str = "none"
    versions: dict[str, bool | None] | None = None
    certificate: Shown | None = None
    chain_valid: bool | None = None
    problem: str = ""

    def row(self, now: datetime) -> tuple[Cell, ...]:
        spoken = self.versions or dict.fromkeys(_VERSIONS)
        shown = self.certificate
        return (
            self.host,
            self.port,
            self.plain_http,
            *(spoken[name] for name in _VERSIONS),
            shown.subject if shown else None,
            shown.issuer if shown else None,
            shown.ends if shown else None,
            (shown.ends - now).days if shown else None,
            self.chain_valid,
            self.problem,
        )


def parse_endpoint(words: str) -> tuple[str, int]:
    """Return host and port of `host`, `host:port` or `[v6]:port`; ValueError for anything else."""
    parts = urlsplit(f"//{words.strip()}")
    try:
        port = parts.port or DEFAULT_PORT
    except ValueError as error:
        message = f"{words!r} has no usable port"
        raise ValueError(message) from error
    if not parts.hostname or parts.path or parts.username or parts.query or parts.fragment:
        message = f"{words!r} is no host name with a port"
        raise ValueError(message)
    return parts.hostname, port


def trusting(pem: str) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and those in a PEM text; ValueError."""
    context = ssl.create_default_context()
    if pem.strip():
        try:
            context.load_verify_locations(cadata=pem)
        except (ssl.SSLError, TypeError) as error:  # a TypeError for letters beyond ASCII
            message = "the text holds no certificate in PEM form"
            raise ValueError(message) from error
    return context


def examine(
    host: str, port: int, *, plain_port: int, trusted_ca: str, deadline: Deadline
) -> Examined:
    """Look at one endpoint; an endpoint that does not answer is a finding, not an error."""
    found = Examined(host, port)
    try:
        found.versions = {
            # None where this machine cannot speak the version itself.
            name: _speaks(host, port, version, deadline) if able else None
            for name, (version, able) in _VERSIONS.items()
        }
        found.reached = True
        found.plain_http = _plain_http(host, plain_port, deadline)
        if any(found.versions.values()):
            _look_at_certificate(found, trusted_ca, deadline)
        else:
            found.problem = "no TLS version is spoken"
    except (SourceError, OSError, ValueError) as error:
        found.problem = str(error)[:200]
    return found


def _speaks(host: str, port: int, version: ssl.TLSVersion, deadline: Deadline) -> bool:
    context = _tolerant()
    _set_versions(context, version, version)
    try:
        with _handshake(host, port, context, deadline):
            return True
    except (ssl.SSLError, ConnectionError):
        return False


def _look_at_certificate(found: Examined, trusted_ca: str, deadline: Deadline) -> None:
    with _handshake(found.host, found.port, _tolerant(), deadline) as spoken:
        shown = spoken.getpeercert(binary_form=True)
    found.certificate = Shown.of(shown) if shown else None
    trusted = trusting(trusted_ca)
    _set_versions(trusted, ssl.TLSVersion.TLSv1, ssl.TLSVersion.MAXIMUM_SUPPORTED)
    try:
        with _handshake(found.host, found.port, trusted, deadline):
            found.chain_valid = True
    except ssl.SSLCertVerificationError as error:
        found.chain_valid = False
        found.problem = error.verify_message


def _tolerant() -> ssl.SSLContext:
    """Return a context that accepts whatever is offered: it looks, it does not trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Level 0 lets this side offer what old servers speak; the point is to find them.
    context.set_ciphers("ALL:@SECLEVEL=0")
    _set_versions(context, ssl.TLSVersion.TLSv1, ssl.TLSVersion.MAXIMUM_SUPPORTED)
    return context


def _set_versions(context: ssl.SSLContext, lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> None:
    with warnings.catch_warnings():
        # Python warns of TLS 1.0 and 1.1; here they are spoken only to see who still does.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = lowest
        context.maximum_version = highest


@contextmanager
def _handshake(
    host: str, port: int, context: ssl.SSLContext, deadline: Deadline
) -> Iterator[ssl.SSLSocket]:
    with (
        _connected(host, port, deadline) as raw,
        context.wrap_socket(raw, server_hostname=host) as spoken,
    ):
        yield spoken


@contextmanager
def _connected(host: str, port: int, deadline: Deadline) -> Iterator[socket.socket]:
    """Yield a connected socket whose connection is cut after SECONDS, whatever is done with it."""
    cord = RipCord()
    seconds = deadline.left(at_most=SECONDS)
    try:
        with addresses.connect(host, port, timeout=seconds) as raw, cord.ready(seconds):
            cord.hold(raw)
            yield raw
    except ConnectionRefusedError as error:
        message = f"{host}:{port} refuses connections."
        raise SourceUnreachableError(message) from error
    except (OSError, http.client.HTTPException) as error:
        if not (cord.pulled or isinstance(error, TimeoutError)):
            raise
        message = f"{host}:{port} is silent."
        raise SourceUnreachableError(message) from error
    finally:
        cord.release()


def _plain_http(host: str, port: int, deadline: Deadline) -> str:
    """Return what a request without encryption meets: refused, redirected, open, or none."""
    connection = http.client.HTTPConnection(host, port)
    try:
        with _connected(host, port, deadline) as raw:
            connection.sock = raw
            connection.request("HEAD", "/", headers={"User-Agent": "Countersign"})
            answer = connection.getresponse()
            target = answer.getheader("Location", "")
    except SourceUnreachableError as error:
        return "refused" if isinstance(error.__cause__, ConnectionRefusedError) else "none"
    except (OSError, http.client.HTTPException):
        # It let us in and hung up: nothing is served without encryption.
        return "refused"
    to_https = answer.status in _REDIRECTS and target.lower().startswith("https://")
    return "redirected" if to_https else "open"
