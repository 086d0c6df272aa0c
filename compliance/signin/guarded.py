"""Asks the provider of the single sign-on at no address that a trap could have."""

import os
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from evidence import addresses
from evidence.errors import AddressError


class _Looking:
    """Looks at whom it has connected to before a byte is sent, TLS included."""

    def _new_conn(self) -> Any:
        connected = super()._new_conn()  # type: ignore[misc]
        try:
            addresses.refuse(connected.getpeername()[0], addresses.SIGN_ON)
        except AddressError:
            connected.close()
            raise
        return connected


class _Plain(_Looking, HTTPConnection):
    """Over HTTP, as a provider on the same machine may be asked."""


class _Tls(_Looking, HTTPSConnection):
    """Over TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


def guard(session: Session) -> Session:
    """Have every connection of a session looked at; no proxy of the environment takes its place."""
    session.trust_env = False
    # Who issues the certificates of one's own network may still be said there.
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter())
    return session
