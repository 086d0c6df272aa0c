"""Keeps secrets as plain files of mode 0600: whoever is the service, or root, reads them."""

TITLE = "Files"


def identity() -> str:
    return "files of mode 0600"


def protect(_name: str, secret: bytes) -> bytes:
    return secret


def reveal(_name: str, kept: bytes) -> bytes:
    return kept


def problem() -> str:
    return ""
