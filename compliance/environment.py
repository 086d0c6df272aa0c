"""Typed readers of environment variables; a wrong value stops the start and says what to set."""

import ipaddress
import os
import re
import secrets
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import holidays
from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_LEAST_TOKEN = 24
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Return a variable, or the content of the file that NAME_FILE points to."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            message = f"{name}_FILE points to {path}, which cannot be read: {error.strerror}."
            raise ImproperlyConfigured(message) from error
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool) -> bool:
    """Return a yes/no variable."""
    raw = text(name, "yes" if default else "no").lower()
    if raw in _TRUE:
        return True
    if raw in _FALSE:
        return False
    message = f"{name} is {raw!r}; set it to yes or no."
    raise ImproperlyConfigured(message)


def whole(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Return a whole number that is not below `least` and not above `most`."""
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        value = least - 1
    if value < least:
        message = f"{name} is {raw!r}; set it to a whole number of at least {least}."
        raise ImproperlyConfigured(message)
    if most is not None and value > most:
        message = f"{name} is {raw!r}; set it to a whole number of at most {most}."
        raise ImproperlyConfigured(message)
    return value


def choice(name: str, default: str, known: tuple[str, ...]) -> str:
    """Return one of the known words."""
    value = text(name, default)
    if value not in known:
        message = f"{name} is {value!r}; set it to {' or '.join(known)}."
        raise ImproperlyConfigured(message)
    return value


def several(name: str, default: str, known: tuple[str, ...]) -> frozenset[str]:
    """Return some of the known words, by comma; `none` for none of them."""
    given = set(words(name, default)) - {"none"}
    unknown = sorted(given - set(known))
    if unknown:
        message = f"{name} holds {unknown[0]!r}; set it to some of {', '.join(known)}, or to none."
        raise ImproperlyConfigured(message)
    return frozenset(given)


def wholes(name: str, default: str) -> frozenset[int]:
    """Return a comma-separated list of whole numbers, none below zero."""
    given = words(name, default)
    if all(word.isdecimal() and len(word) < 5 for word in given):
        return frozenset(map(int, given))
    message = f"{name} is {text(name, default)!r}; set it to whole numbers as in {default}."
    raise ImproperlyConfigured(message)


def webhook(name: str, *, is_private: bool) -> str:
    """Return the address of a chat's webhook; it is a secret, so no message repeats it."""
    given = text(name)
    if not given:
        return ""
    try:
        parts = urlsplit(given)
        fits = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    schemes = {"https", "http"} if is_private else {"https"}
    if not fits or parts.scheme not in schemes or parts.username or parts.fragment:
        message = (
            f"{name} is not an address that begins with https://, has a host, and names no user."
            " Set it to the one that the chat gave you, or leave it out."
        )
        raise ImproperlyConfigured(message)
    return given


def oscal_version(name: str, default: str) -> str:
    """Return a version of OSCAL whose documents we can write: 1.1 or 1.2, any patch."""
    value = text(name, default)
    if re.fullmatch(r"1\.[12]\.[0-9]{1,2}", value):
        return value
    message = f"{name} is {value!r}; set it to a version of OSCAL as in 1.2.1 or 1.1.3."
    raise ImproperlyConfigured(message)


def token(name: str) -> str:
    """Return a secret word that a program shows; one that could be guessed is refused."""
    value = text(name)
    if value and len(value) < _LEAST_TOKEN:
        message = f"{name} is too short; set it to at least {_LEAST_TOKEN} random letters."
        raise ImproperlyConfigured(message)
    return value


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without empty members."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def days(name: str) -> frozenset[date]:
    """Return a comma-separated list of days in ISO 8601."""
    try:
        return frozenset(date.fromisoformat(word) for word in words(name))
    except ValueError as error:
        message = f"{name} holds {text(name)!r}; set it to days as in 2026-12-24,2026-12-31."
        raise ImproperlyConfigured(message) from error


def holiday_calendar(country: str, region: str) -> tuple[str, str]:
    """Return country and region whose public holidays are no business days; empty for none."""
    code, part = text(country).upper(), text(region).upper()
    if not code and not part:
        return "", ""
    known = holidays.list_supported_countries()
    if code not in known:
        message = (
            f"{country} is {code!r}, for which no holidays are known; set it to a code of two"
            " letters as in DE or US, or leave it and "
            f"{region} out."
        )
        raise ImproperlyConfigured(message)
    if part and part not in known[code]:
        regions = ", ".join(known[code]) or "none"
        message = f"{region} is {part!r}; of {code} these are known: {regions}."
        raise ImproperlyConfigured(message)
    return code, part


def folder(path: Path) -> Path:
    """Return a folder of the installation, made if it is missing."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        writable = os.access(path, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        message = (
            f"The folder {path} cannot be written. Give it to the user who starts Countersign,"
            " or set VAR_DIR to another folder."
        )
        raise ImproperlyConfigured(message)
    return path


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings of the database that a URL names."""
    try:
        return dict(dj_database_url.parse(text(name, default), conn_max_age=600))
    except ValueError as error:
        # The URL itself is not repeated, because it may hold a password.
        message = (
            f"{name} is not the address of a database. Set it as in"
            " postgres://user:password@host:5432/name, or leave it out to use SQLite."
        )
        raise ImproperlyConfigured(message) from error


def secret(name: str, *, kept_in: Path) -> str:
    """Return a secret; one that was never given is made once and kept in a file of mode 0600."""
    given = text(name)
    if given:
        return given
    try:
        return kept_in.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    kept_in.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    value = secrets.token_urlsafe(48)
    partial = kept_in.with_name(f".{kept_in.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value)
    try:
        # A hard link fails when another process was first, so that both end up with one secret.
        os.link(partial, kept_in)
    except FileExistsError:
        value = kept_in.read_text(encoding="ascii").strip()
    finally:
        partial.unlink()
    return value


def needed(name: str, *, because: str) -> str:
    """Return a variable that another one makes necessary."""
    value = text(name)
    if not value:
        message = f"{name} is empty, but {because}; set both or neither."
        raise ImproperlyConfigured(message)
    return value


def is_address(host: str | None) -> bool:
    """Say whether a host is written as an IP address rather than as a name."""
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True
