"""Entries: each deed is checked, kept as a version, and leaves a leaf without personal data."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from controls.append_only import unguarded
from evidence.models import LedgerEntry
from registers import entries, registry
from registers.errors import (
    ChangedMeanwhileError,
    DoubleEntryError,
    EntryError,
    NotAllowedError,
    RegistersError,
)
from registers.models import Entry, EntryVersion
from tests import cast
from tests.registers.books import GOOD, Book

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slug", sorted(GOOD))
def test_every_register_takes_its_good_entry(slug: str, alice: User) -> None:
    book = Book(registry.get(slug), alice)
    entry = book.add()
    assert entry.ref == f"{book.register.declared.prefix}-1"
    assert set(entry.values) == set(book.register.fields)
    with pytest.raises(DoubleEntryError, match=entry.ref):
        book.add()


def test_an_entry_is_kept_with_its_version_and_leaf(book: Book) -> None:
    entry = book.add()
    version = entry.versions.get()
    assert (entry.version, version.number, version.values) == (1, 1, entry.values)
    assert (entry.due_on, entry.title) == (date(2027, 1, 31), "Cloud AG")
    assert entry.values["uptime_commitment"] == "99.95"
    leaf = version.ledger_entry
    assert (leaf.kind, leaf.subject) == ("register.entry", "register:vendors/VEN-1")
    assert "Cloud" not in leaf.leaf
    assert "eve@" not in leaf.leaf


@pytest.mark.parametrize(
    ("slug", "changed", "named"),
    [
        ("vendors", {"name": ""}, "name"),
        ("vendors", {"owner": "eve"}, "owner"),
        ("vendors", {"criticality": "critical", "incident_contact": "x"}, "alternative"),
        ("vendors", {"holds_card_data": "yes", "holds_customer_data": "no"}, "holds_customer_data"),
        ("vendors", {"service": "card 4111 1111 1111 1111"}, "service"),
        ("vendors", {"controls": "AC-999"}, "controls"),
        ("vendor_reports", {"period_to": "2025-01-01"}, "period_to"),
        ("vendor_reports", {"exceptions": "One."}, "exceptions_assessed"),
        ("vendor_reports", {"reviewed_on": "2026-07-01"}, "reviewed_by"),
        ("service_accounts", {"fingerprint": "a secret that is plain"}, "fingerprint"),
        (
            "service_accounts",
            {"created_on": "2026-05-01", "expires_on": "2026-04-01"},
            "expires_on",
        ),
        ("access_exceptions", {"approved_by": "eve@example.org"}, "approved_by"),
        ("access_exceptions", {"ends_on": "2026-09-01"}, "ends_on"),
        ("incidents", {"began_on": "2026-10-01"}, "noticed_on"),
        ("incidents", {"solved_on": "2026-09-01"}, "solved_on"),
        ("incidents", {"severity": "high", "solved_on": "2026-10-01"}, "review_due"),
        ("incidents", {"reviewed_on": "2026-10-09"}, "cause"),
        ("policies", {"effective_from": "2026-01-01"}, "effective_from"),
        ("policies", {"approved_by": "eve@example.org"}, "approved_by"),
        ("risks", {"likelihood": "6"}, "likelihood"),
        ("risks", {"treatment": "accept"}, "accepted_by"),
        ("risks", {"plan": ""}, "plan"),
        ("vulnerabilities", {"due_on": "2026-12-01"}, "due_on"),
        ("vulnerabilities", {"gone_on": "2026-09-01", "proof": "x"}, "gone_on"),
        ("vulnerabilities", {"gone_on": "2026-10-05"}, "proof"),
        ("corrective_actions", {"done_on": "2026-10-05"}, "proof"),
        ("changes", {"approved_by": "eve@example.org"}, "approved_by"),
        ("changes", {"kind": "emergency"}, "approved_after"),
        ("changes", {"touches_processing": "yes"}, "processing_note"),
        ("assurance_documents", {"valid_until": "2026-01-01"}, "valid_until"),
        ("document_releases", {"ends_on": "2026-01-01"}, "ends_on"),
        ("ndas", {"ends_on": "2026-01-01"}, "ends_on"),
        ("user_controls", {"how": ""}, "how"),
        ("user_controls", {"applies": "yes"}, "controls"),
        ("user_controls", {"vendor": "Nobody"}, "vendor"),
        ("risks", {"evidence": "EV-000999"}, "evidence"),
        (
            "risks",
            {"treatment": "accept", "accepted_by": "x@example.org", "accepted_until": "2027-06-01"},
            "accepted_until",
        ),
        ("provider_attestations", {"attested_on": ""}, "attested_on"),
        (
            "provider_attestations",
            {"standing": "none yet", "attested_on": "", "follow_up": "We asked."},
            "next_look",
        ),
        ("provider_attestations", {"valid_until": "2026-02-01"}, "valid_until"),
        ("provider_attestations", {"valid_until": "2027-04-01"}, "valid_until"),
        ("provider_attestations", {"looked_at_on": "2026-04-01"}, "looked_at_by"),
        ("provider_attestations", {"standing": "non-compliant"}, "follow_up"),
        ("vendor_reports", {"bridge_letter_until": "2026-05-01"}, "bridge_letter_until"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(
    slug: str, changed: dict[str, Any], named: str, alice: User
) -> None:
    book = Book(registry.get(slug), alice)
    book.prepare()
    before = LedgerEntry.objects.count()
    with pytest.raises(EntryError) as refused:
        book.add(**changed)
    assert named in refused.value.problems
    assert not Entry.objects.filter(register=slug).exists()
    assert LedgerEntry.objects.count() == before


def test_a_change_is_the_next_version_and_the_first_stays(book: Book) -> None:
    entry = book.change(book.add(), service="Machines only", next_review="2027-03-31")
    assert (entry.version, entry.due_on) == (2, date(2027, 3, 31))
    newest, oldest = entry.versions.all()
    assert newest.reason == "It was wrong."
    assert oldest.values["service"] == "Machines and network"


def test_a_change_that_changes_nothing_leaves_nothing(book: Book) -> None:
    entry = book.add()
    size = LedgerEntry.objects.count()
    assert book.change(entry, reason="").version == 1
    assert LedgerEntry.objects.count() == size


def test_a_change_needs_a_reason(book: Book) -> None:
    entry = book.add()
    with pytest.raises(RegistersError, match="Say why"):
        book.change(entry, reason=" ", service="Other")


def test_nobody_overwrites_what_somebody_else_has_just_changed(book: Book) -> None:
    entry = book.add()
    stale = Entry.objects.get(pk=entry.pk)
    book.change(entry, service="Machines only")
    with pytest.raises(ChangedMeanwhileError):
        book.change(stale, service="Network only")
    assert Entry.objects.get().values["service"] == "Machines only"


def test_a_change_cannot_take_the_key_of_another(book: Book) -> None:
    book.add()
    other = book.add(name="Bank")
    with pytest.raises(DoubleEntryError, match="VEN-1"):
        book.change(other, name="CLOUD ag")


def test_an_entry_is_retired_and_brought_back_with_reasons(book: Book) -> None:
    entry = entries.retire(
        book.add(), register=book.register, by=book.keeper, reason="Contract ended."
    )
    assert not entry.is_active
    with pytest.raises(DoubleEntryError, match="bring it back"):
        book.add()
    with pytest.raises(RegistersError, match="is retired already"):
        entries.retire(entry, register=book.register, by=book.keeper, reason="Again.")
    back = entries.bring_back(entry, register=book.register, by=book.keeper, reason="New contract.")
    assert (back.is_active, back.version) == (True, 3)
    assert [version.is_active for version in back.versions.all()] == [True, False, True]


def test_strangers_change_nothing(book: Book) -> None:
    entry = book.add()
    reviewer, register = cast.person("reviewer"), book.register
    deeds: tuple[Callable[[], Entry], ...] = (
        lambda: entries.add(register, given={**book.good, "name": "Bank"}, by=reviewer),
        lambda: entries.change(entry, register=register, given=book.good, by=reviewer, reason="x"),
        lambda: entries.retire(entry, register=register, by=reviewer, reason="x"),
        lambda: entries.bring_back(entry, register=register, by=reviewer, reason="x"),
    )
    for deed in deeds:
        with pytest.raises(NotAllowedError):
            deed()
    assert EntryVersion.objects.count() == 1


def test_versions_are_append_only(book: Book) -> None:
    version = book.add().versions.get()
    assert unguarded(connection, ["registers_entryversion"]) == []
    with pytest.raises(DatabaseError), transaction.atomic():
        EntryVersion.objects.filter(pk=version.pk).update(at=timezone.now())
