"""What must hold before a start; each failure is one sentence that says what to do."""

import errno
import os
import socket
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, connection

from evidence import keys, stores
from evidence.errors import SealError, StoreError
from evidence.models import BlobKey
from reports import pdf_signature
from reports.errors import CoverSealError


def database() -> None:
    """Raise CommandError where the database does not answer."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        raise CommandError(
            f"The database does not answer ({reason}). Check that it runs and that DATABASE_URL"
            " names it."
        ) from error


def key_files() -> None:
    """Raise CommandError where another user of the machine could read a key, or where the key that
    shall sign covers cannot."""
    try:
        keys.refuse_open_files()
        if settings.PDF_SIGNING_KEY:
            pdf_signature.signer()
    except (SealError, CoverSealError) as error:
        raise CommandError(str(error)) from error


def store() -> None:
    """Raise CommandError where the store of evidence cannot be used, or is not set up for it."""
    try:
        problem = stores.current().problem(is_starting=True)
    except StoreError as error:
        problem = str(error)
    if problem:
        raise CommandError(problem)


def store_of_files() -> None:
    """Raise CommandError where what is stored lies in another kind of store than STORE_URL names.

    A version is what S3 gave a file; a folder gives none.
    """
    is_folder = str(settings.STORE_URL).startswith("file:")
    kept = BlobKey.objects.exclude(key_id="")
    if (kept.exclude(version="") if is_folder else kept.filter(version="")).exists():
        raise CommandError(
            "Files of this installation lie in another store than STORE_URL names. Set it back, or"
            " move them: back up with the former one, restore with the new one (docs/how-to)."
        )


def port(listen: str) -> None:
    """Raise CommandError where the web server could not listen at this address."""
    host, number = address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            # As the web server does it: a port whose last connections linger counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, number))
    except OSError as error:
        other = "set LISTEN to another address, as in LISTEN=127.0.0.1:8001."
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {number} of {host} is in use. Stop the program that uses it, or {other}"
            ) from error
        cause = os.strerror(error.errno) if error.errno else str(error)
        raise CommandError(f"Nobody can listen at {listen} ({cause}); {other}") from error


def address(listen: str) -> tuple[str, int]:
    """Return host and port of the setting LISTEN; raises CommandError."""
    try:
        url = urlsplit(f"//{listen}")
        host, number = url.hostname, url.port
    except ValueError:
        host = number = None
    if not host or not number:
        raise CommandError(
            f"LISTEN is {listen!r}; set it to an address and a port, as in 127.0.0.1:8000."
        )
    return host, number
