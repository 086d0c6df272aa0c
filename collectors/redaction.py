"""Takes secrets out of words before they are shown, logged or stored."""

import re
from collections.abc import Iterable

MARK = "[removed]"
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")
_SHORTEST = 4


def redact(words: str, secrets: Iterable[str] = ()) -> str:
    """Return the words without the given secrets and without any user:password in an address."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        # Shorter ones would tear holes into common words and hide nothing.
        if len(secret) >= _SHORTEST:
            words = words.replace(secret, MARK)
    return _USERINFO.sub("", words)
