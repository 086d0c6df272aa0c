"""The signature of what is told: an HMAC over the time and the body, so that nothing is replayed.

`Finix-Signature: timestamp=1772000000, sig=<hex>` where sig = HMAC-SHA256 of "<timestamp>:<body>",
keyed by the text of the secret. Receivers refuse a time that is more than five minutes away.
"""

import hmac
from hashlib import sha256

HEADER = "Finix-Signature"
PREVIOUS_HEADER = "Finix-Signature-Previous"


def header(body: bytes, *, secret: str, timestamp: int) -> str:
    """Return the header of a body that is sent at a time (in seconds since 1970)."""
    return f"timestamp={timestamp}, sig={_of(body, secret, timestamp)}"


def _of(body: bytes, secret: str, timestamp: int) -> str:
    return hmac.new(secret.encode(), f"{timestamp}:".encode() + body, sha256).hexdigest()
