"""tokens/: what time-stamp authorities say of the checkpoint of a pack (RFC 3161)."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from audits.pack_stamps import Stamps
from evidence import self_issued
from evidence.log_models import TimeStamp
from reports.pack.spool import Spool

_UNFIT = re.compile(r"[^A-Za-z0-9.-]+")


def listed(stamps: Stamps) -> list[dict[str, str]]:
    """Return how the manifest names the tokens."""
    told = []
    for path, one in _named(stamps):
        about = {"self_issued": self_issued.MEANING} if one.proves_nothing else {}
        told.append({"authority": one.authority, "path": path, **about})
    return told


def lay(spool: Spool, stamps: Stamps) -> None:
    """Lay down the tokens as the authorities gave them."""
    for path, one in _named(stamps):
        spool.add(path, bytes(one.token))


def _named(stamps: Stamps) -> Iterator[tuple[str, TimeStamp]]:
    for number, one in enumerate(stamps.tokens, 1):
        host = urlsplit(one.authority).hostname or one.authority
        slug = _UNFIT.sub("-", host).strip(".-")[:60] or "authority"
        yield f"tokens/{slug}-{number}.tsr", one
