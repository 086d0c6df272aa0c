"""A real SMTP server on the loopback that keeps what it was given, or refuses while it is full."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from pytest_django import Settings


class Sink:
    """Keeps what a real SMTP server was given; refuses while it is `full`."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.full = False

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        if self.full:
            return "452 Requested action not taken: insufficient system storage"
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Message accepted for delivery"


@contextmanager
def listening(settings: Settings) -> Iterator[Sink]:
    """Serve on a free port, with the settings of the installation leading there."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = Sink()
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    try:
        yield kept
    finally:
        server.stop()
