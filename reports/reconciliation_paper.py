"""What the papers of reconciled days and months share: amounts, times, and how they are kept."""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from evidence import intake
from evidence.models import Evidence, IntakeKey
from evidence.reconcile.amounts import written
from evidence.reconcile.currencies import EXPONENTS
from reports import pdf_engine

KINDS = ("xlsx", "pdf")
_SHORT = 500_000
"""Letters of HTML: some thirty pages, whose memory a warm engine may keep for a while."""


def money(amount: object, currency: str) -> str:
    """Return minor units as people write them: 12.50 EUR."""
    if not currency:
        return "no amount"
    return f"{written(int(str(amount)), EXPONENTS.get(currency, 0))} {currency}"


def moment(at: datetime) -> str:
    """Return a time as papers write it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def printed(html: str, name: str, folder: Path) -> tuple[Path, str]:
    """Write a paper as PDF, or as HTML where the engine's libraries are missing; with its type."""
    if pdf_engine.missing_libraries():
        path = folder / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        return path, "text/html"
    path = folder / f"{name}.pdf"
    path.write_bytes(_rendered(html, sha256(name.encode()).digest()[:16]))
    return path, "application/pdf"


def _rendered(html: str, identifier: bytes) -> bytes:
    """Render a short paper in the engine that is warm, a long one in a process of its own."""
    if len(html) <= _SHORT:
        return pdf_engine.warm.render(html, identifier=identifier)
    with pdf_engine.Engine() as engine:
        engine.begin(html, identifier=identifier)
        return engine.result()


def kept(sender: str, key: str) -> Evidence | None:
    """Return the paper that was kept under a key before."""
    found = IntakeKey.objects.filter(sender=sender, key=key).select_related("evidence").first()
    return found.evidence if found else None


def stored(sent: intake.Submission, *, sender: str) -> Evidence:
    """Keep a paper; a second call with its key finds it."""
    return intake.receive(sent, actor=sender)


def unwritten(sender: str, signatures: Iterable[int]) -> list[int]:
    """Return those of some signatures of which a paper is not written yet, the oldest first."""
    keys = {key_of(sender, each, kind): each for each in signatures for kind in KINDS}
    known = IntakeKey.objects.filter(sender=sender, key__in=keys).values_list("key", flat=True)
    return sorted({keys[key] for key in {*keys} - {*known}})


def key_of(sender: str, signature: int, kind: str) -> str:
    """Return the key under which a paper of a signature is kept."""
    return f"{sender}:{signature}:{kind}"
