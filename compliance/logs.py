"""What the processes of the house write as logs: one line each, and no secret in any of them.

Rules:
- Each line of each logger passes `conceal`: ours, Django's, Celery's, gunicorn's and those of
  libraries.
- The secrets of this installation's own settings are taken out wherever they stand.
- Of others, what is marked as a secret goes: tokens of ours, headers of authorisation, passwords in
  addresses, one-time links, fields named like secrets, private keys; and numbers of payment cards.
- Only the text of a record is written: objects that came along with it, such as a request, are not.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog

REMOVED = "[removed]"
CARD = "[card number]"
_NAMES = (
    r"(?:[\w.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credentials?|signature)|authorization|cookie|session(?:id)?|csrftoken|csrfmiddlewaretoken"
    r"|code|otp|pin|cvv|cvc)"
)
_VALUE = r"(?:'[^']*'|\"[^\"]*\"|[^\s,;&'\")}\]]+)"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL),
        REMOVED,
    ),
    (re.compile(r"\b(cs_[a-z]_)[A-Za-z0-9_-]{8,}"), rf"\1{REMOVED}"),
    (
        re.compile(r"\b(Bearer|Basic|Digest|Token)(\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
        rf"\1\2{REMOVED}",
    ),
    (re.compile(r"(://)[^/\s@'\"]+@"), rf"\1{REMOVED}@"),
    (re.compile(r"(/(?:welcome|calendar|sign|external/[^/\s'\"]+)/)[^/\s'\"]+"), rf"\1{REMOVED}"),
    (re.compile(r"(/password/reset/key/)[^/\s'\"]+"), rf"\1{REMOVED}"),
    (
        re.compile(r"(hooks\.[a-z.]+/|/services/|/hooks/|/webhook[a-z0-9]*/)[^\s'\"]+"),
        rf"\1{REMOVED}",
    ),
    (
        re.compile(rf"((?<![A-Za-z]){_NAMES}['\"]?\s*[=:]\s*){_VALUE}", re.IGNORECASE),
        rf"\1{REMOVED}",
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), REMOVED),
    (
        re.compile(r"\b(?:gh[opsu]_|github_pat_|xox[abprs]-|sk_live_|rk_live_|glpat-)[\w-]{10,}"),
        REMOVED,
    ),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), REMOVED),
)
_DIGITS = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
_SECRET_NAME = re.compile(rf"{_NAMES}\Z", re.IGNORECASE)
_SHORTEST_KNOWN = 6

EventDict = MutableMapping[str, Any]


def conceal(text: str, known: Iterable[str] = ()) -> str:
    """Return a text without what must not stand in a log; `known` are secrets word for word."""
    for secret in known:
        text = text.replace(secret, REMOVED)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return _DIGITS.sub(_without_card, text)


class Concealer:
    """A processor of structlog: takes secrets out of every value of an event."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        # The longest first, so that none is cut by a shorter one that it holds.
        fit = {word for word in known if len(word) >= _SHORTEST_KNOWN}
        self._known = tuple(sorted(fit, key=len, reverse=True))

    def __call__(self, _logger: object, _method: str, event: EventDict) -> EventDict:
        for name, value in event.items():
            if not name.startswith("_"):
                event[name] = self._clean(name, value)
        return event

    def _clean(self, name: str, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if _SECRET_NAME.fullmatch(name):
            return REMOVED
        if isinstance(value, Mapping):
            return {str(key): self._clean(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean("", inner) for inner in value]
        return conceal(str(value), self._known)


class ToStderr(logging.StreamHandler[TextIO]):
    """Writes to the standard error of the moment, which a supervisor or a test may have changed."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _render(_logger: object, _method: str, event: EventDict) -> str:
    """Write an event as one line, with a traceback below it where there is one."""
    head = f"{event.pop('timestamp')} {event.pop('level')} {event.pop('logger')}: "
    traceback = event.pop("exception", "")
    words = [str(event.pop("event"))]
    words += [f"{name}={value!r}" for name, value in event.items() if not name.startswith("_")]
    # A line end in what somebody sent must not look like a line of ours.
    line = head + " ".join(words).replace("\r", "\\r").replace("\n", "\\n")
    return f"{line}\n{traceback}" if traceback else line


def formatter(known: Iterable[str] = ()) -> logging.Formatter:
    """Return what turns records of any logger into lines without secrets."""
    before: list[Callable[..., Any]] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    made: logging.Formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            Concealer(known),
            _render,
        ],
    )
    return made


def config(*, level: str, known: Iterable[str] = ()) -> dict[str, Any]:
    """Return the logging configuration of a process: everything goes one way, through one handler.

    Loggers that come with handlers of their own lose them, for those would write past the rules.
    """
    through = {"handlers": [], "propagate": True}
    names = ("django", "django.server", "django.request", "celery", "gunicorn.error")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": formatter, "known": tuple(known)}},
        "handlers": {"stderr": {"()": ToStderr, "formatter": "lines"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            **{name: dict(through) for name in names},
            # A library that writes whole addresses, queries too, into its lines of level INFO.
            "httpx2": {**through, "level": "WARNING"},
            "gunicorn.access": {**through, "level": "WARNING"},
        },
    }


def configure_structlog() -> None:
    """Send what is logged by structlog itself through the same handler."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _without_card(found: "re.Match[str]") -> str:
    digits = [int(sign) for sign in found[0] if sign.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    is_card = 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
    return CARD if is_card and any(digits) else found[0]
