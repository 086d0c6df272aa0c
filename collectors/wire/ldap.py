"""How collectors ask a directory over LDAP (RFC 4511): bound, page by page, never followed away.

The library makes its own connections, so the address is looked at before a credential is sent.
Referrals are not followed: they would carry our password to another server.
"""

import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field, SecretStr

from collectors.base import Ask, SourceSettings
from collectors.errors import (
    ProgramMissingError,
    SourceDeniedError,
    SourceNonsenseError,
    SourceRefusedError,
    SourceUnreachableError,
)
from collectors.wire import addresses

try:
    import ldap3
    from ldap3.core.exceptions import LDAPExceptionError
except ImportError:  # The extra "ldap" is not installed.
    ldap3 = None
    LDAPExceptionError = OSError

SECRETS = ("userPassword", "unicodePwd", "sambaNTPassword", "pwdHistory", "krbPrincipalKey")
_PAGED = "1.2.840.113556.1.4.319"
_PER_PAGE = 500
_SILENCE_SECONDS = 20
_SUCCESS, _SIZE_LIMIT, _NO_SUCH_OBJECT = 0, 4, 32
_REFUSED = {7, 8, 13, 48, 49, 50, 53}
# Active Directory counts hundreds of nanoseconds since 1601.
_FILE_TIME_ZERO = datetime(1601, 1, 1, tzinfo=UTC)
_NEVER = {0, 0x7FFF_FFFF_FFFF_FFFF}
_LONGEST_FILE_TIME = 19


class LdapSettings(SourceSettings):
    """An account that may read the branch of the people and groups, and nothing else."""

    host: str = Field(title="Host", description="Name of the server.", max_length=253)
    port: int = Field(
        default=636, title="Port", description="636, or 389 with StartTLS.", ge=1, le=65535
    )
    encryption: Literal["tls", "start_tls", "none"] = Field(
        default="tls",
        title="Encryption",
        description="From the first byte, after StartTLS, or none (on the machine itself only).",
    )
    trusted_ca: str = Field(
        default="",
        title="Certificate authority",
        description="PEM of the authority of the server's certificate. Empty: the usual ones.",
        max_length=20_000,
    )
    bind_dn: str = Field(
        title="Account", description="Distinguished name of the account that reads."
    )
    password: SecretStr = Field(title="Password", description="Password of that account.")
    base: str = Field(
        title="Base", description="Branch to read, such as ou=people,dc=example,dc=com."
    )


@dataclass(frozen=True)
class Entry:
    """One entry of the directory; names of attributes are taken in any case."""

    dn: str
    values: Mapping[str, Sequence[bytes]]

    def all(self, name: str) -> list[str]:
        return [value.decode(errors="replace") for value in self.values.get(name.lower(), ())]

    def text(self, *names: str) -> str | None:
        """Return the first value of the first of these attributes that is there."""
        return next((value for name in names for value in self.all(name) if value), None)

    def number(self, name: str) -> int:
        told = self.text(name) or "0"
        if not told.lstrip("-").isdecimal():
            raise SourceNonsenseError(f"The directory gives {name} of an entry that is no number.")
        return int(told)

    def moment(self, *names: str) -> datetime | None:
        """Read generalized time (RFC 4517 section 3.3.13), or the file time of Active Directory."""
        told = self.text(*names)
        return None if told is None else _moment(told)


@contextmanager
def opened(ask: Ask[LdapSettings]) -> Iterator["Directory"]:
    """Connect and sign in; raises SourceUnreachableError, SourceDeniedError, SourceRefusedError."""
    if ldap3 is None:
        raise ProgramMissingError("LDAP needs the extra 'ldap': install countersign[ldap].")
    chosen = ask.settings
    addresses.refuse_trap_host(chosen.host)
    seconds = max(1, int(ask.deadline.left(at_most=_SILENCE_SECONDS)))
    connection = ldap3.Connection(
        _server(chosen, seconds),
        user=chosen.bind_dn,
        password=chosen.password.get_secret_value(),
        read_only=True,
        auto_referrals=False,
        receive_timeout=seconds,
    )
    try:
        _connect(connection, chosen)
        yield Directory(ask, connection)
    finally:
        _hang_up(connection)


class Directory:
    """An open connection; every page that comes is noted in the trail."""

    def __init__(self, ask: Ask[LdapSettings], connection: Any) -> None:
        self._ask = ask
        self._connection = connection

    def entries(self, base: str, chosen: str, attributes: Sequence[str]) -> Iterator[Entry]:
        """Yield the entries below a base that a filter chooses."""
        cookie: bytes | None = None
        seen: set[bytes] = set()
        while cookie is None or cookie:
            page = self._search(base, chosen, attributes, paged_size=_PER_PAGE, paged_cookie=cookie)
            controls = self._connection.result.get("controls") or {}
            cookie = controls.get(_PAGED, {}).get("value", {}).get("cookie") or b""
            if cookie in seen:
                raise SourceNonsenseError("The directory leads back to a page that was read.")
            seen.add(cookie)
            yield from page

    def look_up(
        self, base: str, chosen: str, attributes: Sequence[str], *, below: bool = False
    ) -> Entry | None:
        """Return the base, or an entry below it; None where there is none.

        Not in pages: a server keeps the place of one paged search for each connection.
        """
        scope = ldap3.SUBTREE if below else ldap3.BASE
        found = self._search(base, chosen, attributes, search_scope=scope)
        return found[0] if found else None

    def _search(
        self, base: str, chosen: str, attributes: Sequence[str], **options: Any
    ) -> list[Entry]:
        self._ask.deadline.left()
        try:
            self._connection.search(base, chosen, attributes=list(attributes), **options)
        except (LDAPExceptionError, OSError) as error:
            raise _unreachable(self._ask.settings) from error
        self._judge(base, may_lack="search_scope" in options)
        told = self._connection.response or []
        found = [each for each in told if "raw_attributes" in each]
        if len(found) < len(told):
            self._ask.trail.lacks("The directory refers to another server, which was not asked.")
        self._ask.trail.saw(_bytes_of(found), asked=f"search {base} {chosen}")
        return [_entry(each) for each in found]

    def _judge(self, base: str, *, may_lack: bool) -> None:
        code = self._connection.result["result"]
        said = self._connection.result["description"]
        if code == _SIZE_LIMIT:
            self._ask.trail.lacks("The directory stopped at its size limit; raise it for us.")
        elif code in _REFUSED:
            raise SourceDeniedError(f"The directory refuses to show {base}: {said}.")
        elif code != _SUCCESS and not (may_lack and code == _NO_SUCH_OBJECT):
            raise SourceRefusedError(f"The directory did not search {base}: {said}.")


def system(ask: Ask[LdapSettings]) -> str:
    """Name the source system as evidence shows it."""
    return f"LDAP {ask.settings.host}"


def escaped(value: str) -> str:
    """Return a value as it may stand in a filter (RFC 4515 section 3)."""
    return "".join(f"\\{ord(char):02x}" if char in "*()\\\0" else char for char in value)


def _server(chosen: LdapSettings, seconds: int) -> Any:
    return ldap3.Server(
        chosen.host,
        port=chosen.port,
        use_ssl=chosen.encryption == "tls",
        tls=None if chosen.encryption == "none" else _tls(chosen),
        get_info=ldap3.NONE,
        connect_timeout=seconds,
        allowed_referral_hosts=[],
    )


def _tls(chosen: LdapSettings) -> Any:
    """Let the standard library check certificate and name; the library's own way is deprecated."""
    context = ssl.create_default_context(cadata=chosen.trusted_ca.strip() or None)

    def wrap(connection: Any, do_handshake: bool = True) -> None:  # noqa: ARG001
        connection.socket = context.wrap_socket(connection.socket, server_hostname=chosen.host)

    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED)
    tls.wrap_socket = wrap
    return tls


def _connect(connection: Any, chosen: LdapSettings) -> None:
    """Connect, look at the address, encrypt, and only then show the password."""
    try:
        connection.open(read_server_info=False)
        addresses.refuse_trap(connection.socket.getpeername()[0])
        if chosen.encryption == "start_tls" and not connection.start_tls(read_server_info=False):
            raise SourceRefusedError("The directory does not offer StartTLS.")
        bound = connection.bind(read_server_info=False)
    except (LDAPExceptionError, OSError) as error:
        raise _unreachable(chosen) from error
    if not bound:
        said = connection.result["description"]
        raise SourceDeniedError(f"The directory refused our account: {said}. Renew the password.")


def _hang_up(connection: Any) -> None:
    """Close the connection; the library leaves a socket open whose handshake failed."""
    with suppress(LDAPExceptionError, OSError):
        connection.unbind()
    if connection.socket is not None:
        connection.socket.close()


def _unreachable(chosen: LdapSettings) -> SourceUnreachableError:
    return SourceUnreachableError(
        f"The directory {chosen.host}:{chosen.port} could not be reached, broke off, or showed a "
        "certificate that is not trusted. It will be asked again."
    )


def _entry(told: Mapping[str, Any]) -> Entry:
    return Entry(
        told["dn"], {name.lower(): values for name, values in told["raw_attributes"].items()}
    )


def _bytes_of(found: Sequence[Mapping[str, Any]]) -> bytes:
    """Write a page down for its digest: the protocol's own bytes are the library's."""
    told = [
        [each["dn"], sorted((n, [v.hex() for v in vs]) for n, vs in each["raw_attributes"].items())]
        for each in found
    ]
    return json.dumps(told).encode()


def _moment(told: str) -> datetime | None:
    try:
        if told.lstrip("-").isdecimal() and len(told) > 14 and len(told) <= _LONGEST_FILE_TIME:
            number = int(told)
            ticks = timedelta(microseconds=number // 10)
            return None if number in _NEVER else _FILE_TIME_ZERO + ticks
        if told == "0":
            return None
        whole = told.replace(",", ".").partition(".")[0].rstrip("Z")
        return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise SourceNonsenseError("The directory gives a time of an entry that is none.") from error
