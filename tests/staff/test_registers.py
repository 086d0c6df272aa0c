"""Registers in the staff door: read by all staff, changed by those who keep them."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from evidence.models import Evidence
from registers import entries, headings, incoming, registry, sheets
from registers.models import Entry
from registers.registry import Register
from tests import cast
from tests.audits.world import World, hand_in_staff
from tests.registers.books import GOOD
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

VENDORS = "vendors"


@pytest.fixture
def vendors() -> Register:
    return registry.get(VENDORS)


@pytest.fixture
def cloud(vendors: Register, alice: User) -> Entry:
    return entries.add(vendors, given=GOOD[VENDORS], by=alice)


def send(who: Desk, page: str, *args: Any, **data: Any) -> Any:
    return who.client.post(desk.url(page, *args), data)


def walked(who: Desk, query: str = "", *, pages: int) -> list[int]:
    """The numbers on all pages of a list, which must end with the page that is said."""
    seen: list[int] = []
    for page in range(1, pages + 1):
        shown = who.client.get(desk.url("register", VENDORS) + query)
        seen += [row.entry.number for row in shown.context["shown"]]
        query = shown.context["next"]
        assert bool(query) is (page < pages)
    return seen


def test_all_registers_are_there_with_what_needs_attention(alices: Desk, cloud: Entry) -> None:
    Entry.objects.filter(pk=cloud.pk).update(due_on="2026-01-01")
    text = alices.text("registers")
    for register in registry.registers().values():
        assert register.declared.title in text
    assert "1 review due" in text


def test_an_empty_register_says_what_to_do(alices: Desk) -> None:
    assert "Add the first vendor" in alices.text("register", VENDORS)
    assert "No date of this register has passed." in alices.text("register", VENDORS, view="due")
    assert "Nothing was retired" in alices.text("register", VENDORS, view="retired")


def test_a_list_is_searched_and_narrowed(alices: Desk, cloud: Entry, vendors: Register) -> None:
    entries.add(vendors, given={**GOOD[VENDORS], "name": "Bank"}, by=alices.user)
    Entry.objects.filter(pk=cloud.pk).update(due_on="2026-01-01")
    assert "Bank" in alices.text("register", VENDORS)
    assert "Bank" not in alices.text("register", VENDORS, q="cloud")
    by_reference = alices.text("register", VENDORS, q=cloud.ref.lower())
    assert ("Cloud AG" in by_reference, "Bank" in by_reference) == (True, False)
    due = alices.text("register", VENDORS, view="due")
    assert ("Cloud AG" in due, "Bank" in due) == (True, False)
    assert "Nothing fits" in alices.text("register", VENDORS, q="nobody\0")


def test_an_entry_is_added(alices: Desk, vendors: Register) -> None:
    answer = send(alices, "entry_add", VENDORS, **GOOD[VENDORS])
    assert answer.status_code == 302
    entry = Entry.objects.get()
    assert answer.url == desk.url("entry", VENDORS, entry.number)
    assert entry.values["name"] == "Cloud AG"


def test_what_does_not_fit_stands_beside_its_field_and_nothing_is_lost(alices: Desk) -> None:
    wrong = {**GOOD[VENDORS], "owner": "eve", "criticality": "critical"}
    answer = send(alices, "entry_add", VENDORS, **wrong)
    form = answer.context["form"]
    assert "no e-mail address" in str(form.errors["owner"])
    assert form["service"].value() == "Machines and network"
    again = send(alices, "entry_add", VENDORS, **{**wrong, "owner": "eve@example.org"})
    assert "the vendor is critical" in str(again.context["form"].errors["alternative"])
    assert not Entry.objects.exists()


def test_an_entry_is_changed_with_a_reason_and_shows_its_history(
    alices: Desk, cloud: Entry
) -> None:
    page = alices.get("entry_change", VENDORS, 1)
    form = page.context["form"]
    sent = {bound.name: bound.value() for bound in form if bound.value() is not None}
    changed = {**sent, "service": "Machines only", "why": "They closed the network."}
    assert send(alices, "entry_change", VENDORS, 1, **changed).status_code == 302
    text = alices.text("entry", VENDORS, 1)
    for said in ("They closed the network.", "Machines and network Machines only", "Version 2"):
        assert said in text
    stale = send(alices, "entry_change", VENDORS, 1, **{**changed, "service": "Else"})
    assert "Somebody else has changed this" in words(stale)


def test_an_entry_is_retired_and_brought_back(alices: Desk, cloud: Entry) -> None:
    gone = alices.post("entry_retire", VENDORS, 1, follow=True, reason="Contract ended.")
    assert "VEN-1 is retired" in told(gone)
    assert "Cloud AG" in alices.text("register", VENDORS, view="retired")
    refused = alices.post("entry_back", VENDORS, 1, follow=True, reason=" ")
    assert "Say why" in told(refused)
    back = alices.post("entry_back", VENDORS, 1, follow=True, reason="New contract.")
    assert "stands again" in told(back)


def test_the_export_can_be_imported_again(alices: Desk, cloud: Entry, vendors: Register) -> None:
    answer = alices.get("register_csv", VENDORS)
    assert "attachment" in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(content))
    plan = sheets.plan(vendors, head=head, lines=enumerate(rows, 2))
    assert [line.deed for line in plan.lines] == ["same"]


def test_the_excel_sheet_can_be_imported_again(
    alices: Desk, cloud: Entry, vendors: Register, tmp_path: Path
) -> None:
    answer = alices.get("register_xlsx", VENDORS)
    assert "attachment" in answer["Content-Disposition"]
    path = tmp_path / "vendors.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))
    with incoming.opened(path, vendors, name=path.name) as sheet:
        plan = sheets.plan(vendors, head=sheet.head, lines=sheet.lines)
    assert [line.deed for line in plan.lines] == ["same"]


def test_a_pasted_secret_is_not_sent_back(alices: Desk) -> None:
    secret = "9f86d081884c7d659a2feaa0c55ad015"
    page = send(
        alices,
        "entry_add",
        "service_accounts",
        **{**GOOD["service_accounts"], "fingerprint": secret},
    )
    assert "This is no fingerprint" in words(page)
    assert secret not in page.content.decode()
    assert "settlement reader" in page.content.decode()


def test_entries_that_belong_together_lead_to_each_other(alices: Desk, cloud: Entry) -> None:
    report = entries.add(
        registry.get("vendor_reports"), given=GOOD["vendor_reports"], by=alices.user
    )
    vendor = alices.get("entry", VENDORS, cloud.number)
    assert desk.url("entry", "vendor_reports", report.number) in vendor.content.decode()
    begun = next(place for _, place in vendor.context["adding"] if "vendor_reports" in place)
    assert alices.client.get(begun).context["form"]["vendor"].value() == "Cloud AG"
    page = alices.get("entry", "vendor_reports", report.number).content.decode()
    assert desk.url("entry", VENDORS, cloud.number) in page
    entries.add(
        registry.get("vendor_reports"),
        given={**GOOD["vendor_reports"], "vendor": "Nobody"},
        by=alices.user,
    )
    assert "Nobody is not in Vendors" in alices.text("entry", "vendor_reports", 2)


def test_a_risk_is_seen_at_its_control_and_its_evidence(alices: Desk, world: World) -> None:
    item = hand_in_staff(world, date(2026, 6, 1))
    given = {**GOOD["risks"], "controls": world.access.ref, "evidence": item.ref}
    risk = entries.add(registry.get("risks"), given=given, by=alices.user)
    for name, key in (
        ("controls_control_change", world.access.pk),
        ("evidence_evidence_change", item.pk),
    ):
        page = alices.get(name, key).content.decode()
        assert desk.url("entry", "risks", risk.number) in page
        assert desk.url(name, key) in alices.get("entry", "risks", risk.number).content.decode()


@pytest.mark.django_db
def test_the_status_page_of_a_vendor_becomes_a_source(vendors: Register, var_dir: Path) -> None:
    root = desk.at(cast.person("administrator"))
    given = {**GOOD[VENDORS], "status_page": "https://status.cloud.example"}
    cloud = entries.add(vendors, given=given, by=root.user)
    page = root.get("entry", VENDORS, cloud.number)
    assert "Nobody watches its status page yet." in words(page)
    form = root.client.get(page.context["watch"]).context["form"]
    assert form["setting_url"].value() == "https://status.cloud.example"
    sent = {bound.html_name: bound.value() for bound in form if bound.value() is not None}
    made = root.client.post(page.context["watch"], {**sent, "environment": "production"})
    assert made.status_code == 302, words(made)
    assert "watched by Status page of Cloud AG" in root.text("entry", VENDORS, cloud.number)
    reader = desk.at(cast.person("executive"))
    entries.change(
        cloud,
        register=vendors,
        given={**cloud.values, "status_page": "https://other.example"},
        by=root.user,
        reason="Moved.",
    )
    assert not reader.get("entry", VENDORS, cloud.number).context["watch"]


@pytest.fixture
def policy(alices: Desk) -> Entry:
    return entries.add(registry.get("policies"), given=GOOD["policies"], by=alices.user)


def test_a_policy_is_read_and_counted(alices: Desk, policy: Entry) -> None:
    assert "Nobody was asked" in alices.text("entry", "policies", 1)
    asked = alices.post("policy_ask", 1, follow=True, until="2099-01-31")
    assert "0 of 1 have read version 3" in words(asked)
    assert "Say until which day" in told(alices.post("policy_ask", 1, follow=True, until="soon"))
    read = alices.post("policy_acknowledge", 1, follow=True)
    assert "1 of 1 have read version 3" in words(read)
    assert "You have read it." in words(read)


def test_who_only_reads_says_that_they_have_read_and_asks_nobody(policy: Entry) -> None:
    reader = desk.at(cast.person("executive"))
    assert reader.post("policy_ask", 1, until="2099-01-31").status_code == 403
    assert "You have read it." in words(reader.post("policy_acknowledge", 1, follow=True))


@pytest.mark.parametrize("name", ["policy_ask", "policy_acknowledge"])
def test_policies_are_not_for_strangers(
    alices: Desk, policy: Entry, bob: User, charlie: User, name: str
) -> None:
    desk.assert_refused(name, 1, strangers=(bob, charlie))
    assert alices.get(name, 1).status_code == 405
    assert alices.post(name, 9, until="2099-01-31").status_code == 404


def test_paging_what_needs_attention_loses_nothing(
    alices: Desk, vendors: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.staff.registers.PER_PAGE", 2)
    for number in range(7):
        entries.add(vendors, given={**GOOD[VENDORS], "name": f"V{number}"}, by=alices.user)
    # Several share a day, and the order of days is not that of numbers.
    for number, day in enumerate(("02", "01", "01", "01", "03", "02", "01"), 1):
        Entry.objects.filter(number=number).update(due_on=f"2026-01-{day}")
    assert walked(alices, "?view=due", pages=4) == [2, 3, 4, 7, 1, 6, 5]
    for broken in ("x", "2026-99-99_1", "_", "9" * 30):
        assert alices.get("register", VENDORS, view="due", after=broken).status_code == 200


@pytest.mark.usefixtures("var_dir")
def test_a_snapshot_is_taken_and_shown(alices: Desk, cloud: Entry) -> None:
    answer = alices.post("register_snapshot", VENDORS)
    evidence = Evidence.objects.get()
    assert answer.url == desk.url("evidence_evidence_change", evidence.pk)
    assert evidence.population.row_count == 1


def test_what_is_not_there_is_not_found(alices: Desk, cloud: Entry) -> None:
    for name, args in (
        ("register", ["lunches"]),
        ("entry", [VENDORS, 9]),
        ("entry", ["risks", 1]),
        ("entry_add", ["lunches"]),
        ("register_csv", ["lunches"]),
    ):
        assert alices.get(name, *args).status_code == 404, name


@pytest.mark.parametrize(
    ("name", "args", "wrong"),
    [
        ("registers", [], "post"),
        ("register", [VENDORS], "post"),
        ("entry", [VENDORS, 1], "post"),
        ("register_csv", [VENDORS], "post"),
        ("register_xlsx", [VENDORS], "post"),
        ("entry_retire", [VENDORS, 1], "get"),
        ("entry_back", [VENDORS, 1], "get"),
        ("register_snapshot", [VENDORS], "get"),
    ],
)
def test_wrong_methods_are_refused(alices: Desk, name: str, args: list[Any], wrong: str) -> None:
    assert getattr(alices, wrong)(name, *args).status_code == 405


PAGES: list[tuple[str, list[Any]]] = [
    ("registers", []),
    ("register", [VENDORS]),
    ("entry", [VENDORS, 1]),
    ("register_csv", [VENDORS]),
    ("register_xlsx", [VENDORS]),
    ("entry_add", [VENDORS]),
    ("entry_change", [VENDORS, 1]),
    ("entry_retire", [VENDORS, 1]),
    ("entry_back", [VENDORS, 1]),
    ("register_snapshot", [VENDORS]),
]


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_nobody_from_outside_gets_in(
    name: str, args: list[Any], charlie: User, bob: User, cloud: Entry
) -> None:
    strangers: tuple[User, ...] | Iterator[User] = (charlie, bob)
    desk.assert_refused(name, *args, strangers=strangers)


@pytest.mark.parametrize(("name", "args"), PAGES[5:])
def test_who_only_reads_changes_nothing(name: str, args: list[Any], cloud: Entry) -> None:
    reader = desk.at(cast.person("executive"))
    assert reader.post(name, *args, reason="x").status_code == 403
    assert "Add" not in reader.text("register", VENDORS).split("Excel")[1][:60]


def test_pages_ask_little_however_much_there_is(
    alices: Desk, vendors: Register, cloud: Entry
) -> None:
    lines = [
        (
            number,
            ["", *({**GOOD[VENDORS], "name": f"V{number}"}.get(n, "") for n in vendors.fields), ""],
        )
        for number in range(120)
    ]
    plan = sheets.plan(vendors, head=headings.of(vendors), lines=lines)
    sheets.carry_out(plan, by=alices.user, reason="List.")
    for name, args in PAGES[:3]:
        with at_most(12):
            alices.text(name, *args)
    seen = walked(alices, pages=3)
    assert len(seen) == len(set(seen)) == 121
