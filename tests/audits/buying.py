"""A buyer's way through the trust page, deed by deed: offered, asked, approved, mailed."""

from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import pikepdf

from accounts import journal
from accounts.access import actor
from accounts.models import User
from audits.buyers import asking, deciding, documents, handing, page
from audits.buyers.asking import Seen, Visitor
from audits.models import BuyerDecision, BuyerDocument, BuyerRequest
from evidence import intake
from evidence.models import Evidence
from tests import cast
from tests.evidence import items

NDA = "You keep to yourself what you read.\n\nYou show it to nobody else."
SEEN = Seen("127.0.0.1", "Tests/1.0")
DANA = Visitor("Dana Buyer", "Bright & Co", "dana@bright.example", "We review our vendors.")


def pdf(*, pages: int = 2) -> bytes:
    """A PDF with empty pages."""
    document, file = pikepdf.new(), BytesIO()
    for _ in range(pages):
        document.add_blank_page(page_size=(595, 842))
    document.save(file, deterministic_id=True)
    return file.getvalue()


def uploaded(by: User, **changes: Any) -> Evidence:
    """A PDF that a person handed in."""
    given: dict[str, Any] = {
        "content": pdf(),
        "filename": "policy.pdf",
        "media_type": "application/pdf",
        "title": "Security policy",
        "evidence_type": "policy",
        "kind": "document",
        "source_system": "the wiki",
        "covers_from": date(2026, 1, 1),
        "covers_to": date(2026, 10, 31),
        "prepared_by": by,
    }
    return intake.receive(items.submission(**{**given, **changes}), actor=actor(by))


@dataclass
class Market:
    """An open page with one document on offer, and what may happen at it."""

    alice: User
    admin: User
    document: BuyerDocument

    @classmethod
    def opened(cls, alice: User) -> "Market":
        admin = cast.person("administrator")
        page.turn(is_open=True, contact="trust@example.org", by=admin)
        page.write_agreement(NDA, by=admin)
        item = uploaded(alice)
        made = documents.offer(item, title="Security policy of 2026", content=pdf(), by=alice)
        return cls(alice, admin, made)

    def ask(self, visitor: Visitor = DANA, *, digest: str = "") -> BuyerRequest:
        accepted = digest or journal.digest(NDA)
        return asking.ask(visitor, wanted=[self.document.pk], agreement_sha256=accepted, seen=SEEN)

    def approve(self, request: BuyerRequest, **changes: Any) -> BuyerDecision:
        given: dict[str, Any] = {"keys": [self.document.pk], "days": 14, "downloads": 2, **changes}
        return deciding.approve(request, by=self.alice, **given)

    def linked(self, **changes: Any) -> tuple[BuyerDecision, str]:
        """An approved request and the secret of its link."""
        decision = self.approve(self.ask(), **changes)
        return decision, handing.new_secret(decision)


def addresses(alice: User) -> dict[str, object]:
    """A real thing for each parameter of an address; the page itself is closed by its setting."""
    market = Market.opened(alice)
    asked = market.ask()
    market.approve(asked)
    return {
        "admin/audits/buyerrequest/<str:key>": asked.pk,
        "admin/trust/documents/<int:pk>": market.document.pk,
        "admin/trust/requests/<int:pk>": asked.pk,
        "trust/documents/<str:secret>": "not-a-secret-of-ours",
        "trust/documents/<str:secret>/<int:key>": 1,
    }
