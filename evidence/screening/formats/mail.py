"""Mails as files (RFC 5322): their parts, of which many are packed in letters (base64)."""

import email
import email.policy
import re
from io import BytesIO
from typing import BinaryIO

from evidence.screening.budget import UnreadableError
from evidence.screening.places import Into, within

READS_AS_IT_IS = True
_LARGEST = 64 * 1024**2
_FIRST = re.compile(
    rb"(?i)(?:return-path|received|delivered-to|from|date|message-id|mime-version):"
)
_ALSO = re.compile(rb"(?im)^(?:mime-version|content-type|content-transfer-encoding):")


def fits(head: bytes) -> bool:
    return bool(_FIRST.match(head) and _ALSO.search(head))


def look(source: BinaryIO, into: Into, place: str, depth: int) -> None:
    content = source.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        message = f"the mail is larger than {_LARGEST // 1024**2} MiB"
        raise UnreadableError(message)
    into.budget.spend(len(content))
    try:
        parts = list(email.message_from_bytes(content, policy=email.policy.compat32).walk())
    except (ValueError, LookupError, RecursionError, TypeError, AttributeError) as error:
        message = "it looks like a mail and is none that can be read"
        raise UnreadableError(message) from error
    for number, part in enumerate(parts, 1):
        plain = part.get_payload(decode=True)
        if isinstance(plain, bytes) and plain:
            into.packed(BytesIO(plain), within(place, f"part {number}"), depth + 1)
