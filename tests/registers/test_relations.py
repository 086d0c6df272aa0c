"""What entries name is there, and shown from both sides; required links lead to what stands."""

from datetime import date
from typing import Any

import pytest

from accounts.models import User
from evidence.models import LedgerEntry
from registers import entries, headings, registry, relations, sheets
from registers.errors import ChangedMeanwhileError, EntryError
from registers.models import Entry, Relation
from registers.sheets import Deed
from tests.audits.world import World, hand_in_staff
from tests.registers.books import GOOD, Book

pytestmark = pytest.mark.django_db


@pytest.fixture
def releases(alice: User, var_dir: Any) -> Book:
    return Book(registry.get("document_releases"), alice)


def nda(book: Book) -> Entry:
    book.prepare()
    return Entry.objects.get(register="ndas")


def other(book: Book, slug: str, entry: Entry, **changed: Any) -> Entry:
    return Book(registry.get(slug), book.keeper).change(entry, **changed)


def test_a_release_is_logged_and_shown_with_its_document_and_nda(releases: Book) -> None:
    release = releases.add()
    leaf = release.versions.get().ledger_entry
    assert (leaf.kind, leaf.subject) == ("register.entry", "register:document_releases/REL-1")
    document, agreement = relations.named_by(releases.register, release)
    assert document.entry
    assert agreement.entry
    assert [document.entry.ref, agreement.entry.ref] == ["DOC-1", "NDA-1"]
    for entry in (document.entry, agreement.entry):
        assert list(relations.naming_entry(entry)) == [release]


@pytest.mark.parametrize(
    ("of_nda", "of_release", "named", "problem"),
    [
        ({"company": "Other AG"}, {}, "company", "There is no NDA 'Shop GmbH'"),
        ({"signed_on": "2026-01-12"}, {}, "released_on", "signed on 2026-01-12 only"),
        ({"ends_on": "2026-01-10"}, {}, "company", "ended on 2026-01-10"),
        ({"ends_on": "2026-02-01"}, {}, "ends_on", "the access cannot last longer"),
        ({}, {"period": "2019"}, "document", "There is no assurance document"),
        (
            {},
            {"released_on": "2027-02-01", "ends_on": "2027-02-02"},
            "document",
            "handed out until 2027-01-31 only",
        ),
    ],
)
def test_without_an_nda_that_holds_nothing_is_released(
    releases: Book, of_nda: dict[str, str], of_release: dict[str, str], named: str, problem: str
) -> None:
    agreement = nda(releases)
    if of_nda:
        other(releases, "ndas", agreement, **of_nda)
    before = LedgerEntry.objects.count()
    with pytest.raises(EntryError) as refused:
        releases.add(**of_release)
    assert problem in refused.value.problems[named]
    assert not Entry.objects.filter(register="document_releases").exists()
    assert LedgerEntry.objects.count() == before


def test_a_retired_nda_counts_no_longer(releases: Book) -> None:
    entries.retire(nda(releases), register=registry.get("ndas"), by=releases.keeper, reason="Left.")
    with pytest.raises(EntryError, match="NDA-1 Shop GmbH is retired"):
        releases.add()


def test_a_release_cannot_be_changed_beyond_its_nda(releases: Book) -> None:
    release = releases.add()
    with pytest.raises(EntryError, match="the access cannot last longer"):
        releases.change(release, ends_on="2027-02-01")


def test_an_import_of_releases_is_held_to_the_same_ndas(releases: Book) -> None:
    agreement = nda(releases)
    head = headings.of(releases.register)
    fields = releases.register.fields
    lines = [
        (number, ["", *({**releases.good, "company": name}.get(each, "") for each in fields), ""])
        for number, name in ((2, "Shop GmbH"), (3, "Nobody"))
    ]
    plan = sheets.plan(releases.register, head=head, lines=lines)
    assert [line.deed for line in plan.lines] == [Deed.ADD, Deed.REFUSED]
    assert "D3: There is no NDA 'Nobody'" in plan.lines[1].problem
    fit = sheets.plan(releases.register, head=head, lines=lines[:1])
    entries.retire(agreement, register=registry.get("ndas"), by=releases.keeper, reason="Left.")
    with pytest.raises(ChangedMeanwhileError):
        sheets.carry_out(fit, by=releases.keeper, reason="Old log.")


def test_a_risk_is_shown_with_its_controls_and_evidence_from_both_sides(
    alice: User, world: World
) -> None:
    item = hand_in_staff(world, date(2026, 6, 1))
    book = Book(registry.get("risks"), alice)
    risk = book.add(controls=world.access.ref.lower(), evidence=item.ref.lower())
    assert risk.values["evidence"] == item.ref
    assert list(relations.naming(Relation.CONTROL, world.access.ref)) == [risk]
    assert list(relations.naming(Relation.EVIDENCE, item.ref)) == [risk]
    book.change(risk, evidence="")
    assert not relations.naming(Relation.EVIDENCE, item.ref).exists()
    assert list(relations.naming(Relation.CONTROL, world.access.ref)) == [risk]


def test_a_link_that_is_not_required_may_lead_nowhere_yet(alice: User) -> None:
    report = Book(registry.get("vendor_reports"), alice).add(vendor="cloud ag")
    (named,) = relations.named_by(registry.get("vendor_reports"), report)
    assert (named.words, named.entry) == ("cloud ag", None)
    vendor = Book(registry.get("vendors"), alice).add()
    assert list(relations.naming_entry(vendor)) == [report]


def test_what_a_vendor_asks_of_us_is_tied_to_our_controls(alice: User, world: World) -> None:
    book = Book(registry.get("user_controls"), alice)
    asked = book.add(applies="yes", controls=world.access.ref)
    report = Entry.objects.get(register="vendor_reports")
    assert list(relations.naming_entry(report)) == [asked]
    assert list(relations.naming(Relation.CONTROL, world.access.ref)) == [asked]


def test_every_link_leads_to_the_key_of_its_register() -> None:
    for register in registry.registers().values():
        for link in register.declared.links:
            assert len(link.fields) == len(registry.get(link.register).declared.key), register.slug


@pytest.mark.parametrize(
    ("slug", "changed", "due"),
    [
        ("vulnerabilities", {"due_on": "", "severity": "critical"}, date(2026, 10, 16)),
        ("vulnerabilities", {"due_on": "", "severity": "low"}, date(2027, 3, 30)),
        ("vulnerabilities", {"gone_on": "2026-10-09", "proof": "Retest 4"}, None),
        ("corrective_actions", {"done_on": "2026-10-09", "proof": "EV-000001"}, None),
        ("acknowledgements", {"read_on": "2026-10-09"}, None),
        ("incidents", {"review_due": "2026-10-20"}, date(2026, 10, 20)),
        (
            "incidents",
            {"review_due": "2026-10-20", "reviewed_on": "2026-10-19", "cause": "A typing error."},
            None,
        ),
        (
            "risks",
            {
                "treatment": "accept",
                "accepted_by": "alice@example.org",
                "accepted_until": "2026-08-01",
            },
            date(2026, 8, 1),
        ),
        ("service_accounts", {"expires_on": "2026-12-01"}, date(2026, 12, 1)),
    ],
)
def test_the_clock_runs_to_the_earliest_day_until_it_is_done(
    slug: str, changed: dict[str, str], due: date | None, alice: User
) -> None:
    assert Book(registry.get(slug), alice).add(**changed).due_on == due


def test_a_weakness_found_on_the_last_day_there_is_stays_readable(alice: User) -> None:
    book = Book(registry.get("vulnerabilities"), alice)
    assert book.add(found_on="9999-12-31", due_on="").due_on is None


@pytest.mark.parametrize(
    "written",
    [
        "9f86d081884c7d65",
        "sha256:9f86d081884c7d65",
        "SHA256:" + "aB3+" * 10 + "abc",
        ":".join(["9F"] * 20),
        "sk_live_…4242",
        "AKIA...",
        "****1234",
    ],
)
def test_fingerprints_are_taken(written: str, alice: User) -> None:
    Book(registry.get("service_accounts"), alice).add(fingerprint=written)


@pytest.mark.parametrize(
    ("field", "secret"),
    [
        ("fingerprint", "9f86d081884c7d659a2feaa0c55ad015"),
        ("fingerprint", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("fingerprint", "correct horse battery staple"),
        ("fingerprint", "sk_live_" + "a1B2" * 6),
        ("name", "xoxb-" + "a1B2" * 8),
        ("name", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"),
        ("owner", "sk_live_" + "a1B2" * 6),
        ("created_on", "ghp_" + "a1B2" * 9),
        ("environment", "4111 1111 1111 1111"),
    ],
)
def test_a_pasted_secret_is_refused_and_not_repeated(field: str, secret: str, alice: User) -> None:
    book = Book(registry.get("service_accounts"), alice)
    with pytest.raises(EntryError) as refused:
        book.add(**{field: secret})
    assert field in refused.value.problems
    assert field in refused.value.withheld
    assert secret not in str(refused.value)
    assert secret[:12] not in str(refused.value)
    given = {**GOOD["service_accounts"], field: secret}
    lines = [(2, ["", *(given.get(name, "") for name in book.register.fields), ""])]
    plan = sheets.plan(book.register, head=headings.of(book.register), lines=lines)
    assert plan.lines[0].deed is Deed.REFUSED
    assert secret not in f"{plan.lines[0]!r}"


def test_a_card_number_in_a_cell_of_numbers_is_seen(alice: User) -> None:
    register = registry.get("risks")
    given = {**GOOD["risks"], "likelihood": 4111111111111111.0}
    _, problems = entries.read(register, given)
    assert "card number" in problems["likelihood"]
