"""Entries to test with: for every register one good entry, typed as a person would type it."""

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from registers import entries, registry
from registers.models import Entry
from registers.registry import Register

GOOD: dict[str, dict[str, Any]] = {
    "access_exceptions": {
        "person": "eve@example.org",
        "system": "Ledger database",
        "access": "read",
        "reason": "Search for a lost payout.",
        "approved_by": "alice@example.org",
        "approved_on": "2026-10-01",
        "ends_on": "2026-10-15",
    },
    "acknowledgements": {
        "policy": "Information security",
        "version": "3",
        "person": "eve@example.org",
        "asked_on": "2026-10-01",
        "until": "2026-10-31",
    },
    "assurance_documents": {
        "document": "SOC 2 report",
        "period": "2025",
        "issued_by": "Audit LLP",
        "issued_on": "2026-01-05",
        "valid_until": "2027-01-31",
        "owner": "alice@example.org",
    },
    "buyer_answers": {
        "question": "Do all people with access to production use a second factor?",
        "answer": "Yes, the sign-in refuses who has none.",
        "topic": "access",
        "why_unproven": "The collector is being set up.",
        "written_by": "alice@example.org",
        "read_by": "eve@example.org",
        "read_on": "2026-10-01",
        "read_again": "2027-10-01",
        "public": "no",
    },
    "changes": {
        "number": "OPS-12",
        "title": "New limit at the load balancer",
        "kind": "normal",
        "system": "Load balancer",
        "author": "eve@example.org",
        "approved_by": "alice@example.org",
        "deployed_on": "2026-10-02",
        "tests": "In the test environment.",
        "way_back": "Set the old limit.",
        "touches_processing": "no",
    },
    "corrective_actions": {
        "title": "Alert on missing settlement files",
        "cause": "INC-4",
        "owner": "eve@example.org",
        "opened_on": "2026-10-02",
        "due_on": "2026-11-02",
    },
    "document_releases": {
        "document": "SOC 2 report",
        "period": "2025",
        "company": "Shop GmbH",
        "person": "buyer@shop.example",
        "released_by": "alice@example.org",
        "released_on": "2026-01-11",
        "ends_on": "2026-03-01",
    },
    "incidents": {
        "number": "IN-4",
        "title": "Payouts were an hour late",
        "severity": "medium",
        "kind": "processing",
        "owner": "eve@example.org",
        "noticed_on": "2026-09-30",
    },
    "ndas": {
        "company": "Shop GmbH",
        "signed_by": "Bo Buyer",
        "signed_on": "2026-01-10",
        "ends_on": "2027-01-10",
        "place": "Contract 77",
    },
    "policies": {
        "title": "Information security",
        "version": "3",
        "owner": "eve@example.org",
        "approved_by": "alice@example.org",
        "approved_on": "2026-01-05",
        "effective_from": "2026-02-01",
        "next_review": "2027-01-05",
    },
    "provider_attestations": {
        "provider": "Cloud AG",
        "service": "Hosted payment page",
        "standing": "compliant",
        "standard": "PCI DSS 4.0.1",
        "attested_on": "2026-03-01",
        "agreement": "Contract 12",
        "checked_before": "2025-02-01",
        "own_duties": "12.8.1 to 12.8.5",
        "provider_duties": "3, 4, 6.4.3",
        "owner": "eve@example.org",
    },
    "risks": {
        "title": "The only settlement bank stops its service",
        "owner": "eve@example.org",
        "likelihood": "2",
        "impact": "5",
        "treatment": "reduce",
        "plan": "Contract with a second bank.",
        "judged_on": "2026-05-01",
        "next_review": "2027-05-01",
    },
    "service_accounts": {
        "system": "Processor",
        "name": "settlement reader",
        "fingerprint": "9f86d081884c7d65",
        "kind": "API token",
        "owner": "eve@example.org",
        "purpose": "Reads settlement files",
        "scopes": "settlements:read files:read",
        "environment": "production",
        "rotate_by": "2026-12-31",
    },
    "user_controls": {
        "vendor": "Cloud AG",
        "kind": "SOC 2 Type 2",
        "period_to": "2026-06-30",
        "number": "1",
        "asks": "Take away the access of people who leave.",
        "applies": "no",
        "how": "We have no accounts there.",
    },
    "vendor_reports": {
        "vendor": "Cloud AG",
        "kind": "SOC 2 Type 2",
        "period_from": "2025-07-01",
        "period_to": "2026-06-30",
        "opinion": "unmodified",
    },
    "vendors": {
        "name": "Cloud AG",
        "service": "Machines and network",
        "criticality": "important",
        "owner": "eve@example.org",
        "holds_customer_data": "yes",
        "holds_card_data": "no",
        "uptime_commitment": "99.95",
        "next_review": "2027-01-31",
    },
    "vulnerabilities": {
        "number": "CVE-2026-1",
        "title": "Old TLS library",
        "source": "scan",
        "severity": "high",
        "system": "Gateway",
        "owner": "eve@example.org",
        "found_on": "2026-10-01",
        "due_on": "2026-10-20",
    },
}

NEEDED: dict[str, tuple[str, ...]] = {
    "document_releases": ("assurance_documents", "ndas"),
    "user_controls": ("vendor_reports",),
}
"""The registers whose good entry must be there before that of a register."""


@dataclass
class Book:
    """One register, and who keeps it."""

    register: Register
    keeper: User

    @property
    def good(self) -> dict[str, Any]:
        return GOOD[self.register.slug]

    def prepare(self) -> None:
        """Add what an entry of this register must name."""
        for slug in NEEDED.get(self.register.slug, ()):
            if not Entry.objects.filter(register=slug).exists():
                entries.add(registry.get(slug), given=GOOD[slug], by=self.keeper)

    def add(self, **changed: Any) -> Entry:
        self.prepare()
        return entries.add(self.register, given={**self.good, **changed}, by=self.keeper)

    def change(self, entry: Entry, *, reason: str = "It was wrong.", **changed: Any) -> Entry:
        given = {**entry.values, **changed}
        return entries.change(
            entry, register=self.register, given=given, by=self.keeper, reason=reason
        )
