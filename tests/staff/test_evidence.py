"""The list of evidence, the page of one item, and the ledger."""

from datetime import date
from typing import Any

import pytest

from accounts.models import User
from compliance.staff import evidence as evidence_pages
from evidence import checkpoint, checks, intake, review
from evidence.models import BlobKey, Evidence
from evidence.stores.filesystem import path_of
from tests import append_only
from tests.audits.world import World, at_a_date, hand_in_staff
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, at_most, words

LIST = "evidence_evidence_changelist"
PAGE = "evidence_evidence_change"


def item(name: str = "a", **changes: Any) -> Evidence:
    return intake.receive(items.submission(content=name.encode(), **changes), actor="system")


def tamper(row: Any, **fields: object) -> None:
    """Change a row as only somebody with the database in hand can."""
    with append_only.forging():
        type(row).objects.filter(pk=row.pk).update(**fields)


def listed(response: Any) -> list[str]:
    return [row.ref for row in response.context["cl"].result_list]


def test_a_fresh_installation_says_what_to_do(alices: Desk) -> None:
    page = alices.text(LIST)
    assert "No evidence yet Connect a source, or add the first item by hand." in page
    assert "Add evidence" in page


def test_it_lists_the_newest_first_with_standing(alices: Desk, world: World) -> None:
    old = hand_in_staff(world, date(2026, 6, 30), without_mfa=2)
    new = item("b", title="Minutes of June")
    review.accept(new, reviewer=alices.user)
    page = alices.get(LIST)
    assert listed(page) == [new.ref, old.ref]
    text = words(page)
    assert "2 exceptions" in text
    assert "Awaits review" in text
    assert "Accepted" in text
    assert "AC-01" in text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("EV-000002", ["EV-000002"]),
        ("ev-2", ["EV-000002"]),
        ("2", ["EV-000002"]),
        ("EV-999999", []),
        ("RUN-000077", ["EV-000002"]),
        ("ac-01", ["EV-000001"]),
        ("staff-mfa", ["EV-000001"]),
        ("minutes", ["EV-000002"]),
        ("nothing like it", []),
        ("%", []),
        ("' OR 1=1 --", []),
    ],
)
def test_it_finds_items_by_what_people_know(alices: Desk, asked: str, found: list[str]) -> None:
    item("a", claims=(items.expectation(),), title="Second factors")
    item("b", run_ref="RUN-000077", title="Minutes of June")
    assert listed(alices.get(LIST, q=asked)) == found


def test_a_search_that_no_text_can_hold_is_told(alices: Desk) -> None:
    assert "Null characters are not allowed" in alices.text(LIST, q="\x00")


def test_a_page_beyond_a_list_of_one_page_shows_that_page(alices: Desk) -> None:
    item()
    assert "1 to 1 of 1" in alices.text(LIST, p=99)


def test_it_finds_an_item_by_the_digest_of_its_file(alices: Desk) -> None:
    item("a")
    wanted = item("b")
    assert listed(alices.get(LIST, q=wanted.blob_id.upper())) == [wanted.ref]


def test_words_are_looked_for_in_the_newest_titles_only(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_pages, "TITLES_SEARCHED", 1)
    item("a", title="Minutes of May")
    newest = item("b", title="Minutes of June")
    assert listed(alices.get(LIST, q="minutes")) == [newest.ref]


def test_it_filters_by_standing_area_and_type(alices: Desk) -> None:
    waiting = item("a", area="change", evidence_type="policy")
    accepted = item("b", area="vendor")
    returned = item("c")
    replaced = item("d")
    review.accept(accepted, reviewer=alices.user)
    review.return_with_reason(returned, reviewer=alices.user, reason="Not this month.")
    newer = item("e", supersedes=replaced, evidence_type="pack")
    for query, wanted in [
        ({"status": "awaiting"}, [waiting.ref]),
        ({"status": "accepted"}, [accepted.ref]),
        ({"status": "returned"}, [returned.ref]),
        ({"status": "superseded"}, [replaced.ref]),
        ({"status": "issued"}, [newer.ref]),
        ({"area__exact": "vendor"}, [accepted.ref]),
        ({"type": "policy"}, [waiting.ref]),
        (
            {"status": "no such state"},
            [newer.ref, replaced.ref, returned.ref, accepted.ref, waiting.ref],
        ),
    ]:
        assert listed(alices.get(LIST, **query)) == wanted, query


def test_a_list_of_fifty_costs_no_more_than_twelve_queries(alices: Desk) -> None:
    sent = [items.submission(content=str(number).encode()) for number in range(55)]
    intake.receive_many(sent, actor="system")
    for query in ({}, {"status": "awaiting"}, {"area__exact": "availability"}, {"q": "restore"}):
        alices.get(LIST, **query)
        with at_most(12):
            page = alices.get(LIST, **query)
        assert len(listed(page)) == 50
    assert len(page.content) < 100_000
    assert "1 to 50 of 55" in words(page)
    assert "51 to 55 of 55" in alices.text(LIST, p=2)


def test_a_page_that_is_not_there_leads_back_to_the_list(alices: Desk) -> None:
    intake.receive_many(
        [items.submission(content=str(number).encode()) for number in range(51)], actor="system"
    )
    assert alices.get(LIST, p=99).status_code == 302
    assert alices.get(LIST, p="x").status_code == 200
    assert "1 to 50 of 51" in alices.text(LIST, p="1")
    assert alices.get(LIST, no_such_field=1).status_code == 302


def test_the_page_of_an_item_tells_all_there_is(alices: Desk, world: World) -> None:
    evidence = hand_in_staff(world, date(2026, 6, 30), without_mfa=1)
    review.accept(evidence, reviewer=alices.user, note="Compared with the directory.")
    checkpoint.sign()
    page = alices.text(PAGE, evidence.pk)
    for part in (
        "EV-000001 version 1 Accepted 1 exception",
        "Covers from 30 Jun 2026 (UTC)",
        "Covers to 30 Jun 2026 (UTC)",
        "Collected 30 Jun 2026, 09:00 UTC",
        "Received 30 Jun 2026, 09:00 UTC",
        evidence.blob_id,
        evidence.metadata_digest,
        "GET /people",
        "Count by the source itself 3",
        "Why it is complete The source says how many there are, and as many came.",
        "3 rows, 2 columns",
        "person_id integer has_mfa boolean",
        "No staff without a second factor",
        "3 rows checked, 1 exception",
        "Compared with the directory.",
        "Alice Lindqvist",
        "AC-01 Staff mfa state",
        "Leads to the signed root",
        bytes(evidence.ledger_entry.leaf_hash).hex(),
    ):
        assert part in page, part


def test_an_item_without_a_checkpoint_says_so(alices: Desk) -> None:
    page = alices.text(PAGE, item().pk)
    assert "Not yet under a signed checkpoint" in page


def test_a_leaf_that_was_tampered_with_is_told(alices: Desk) -> None:
    evidence = item()
    checkpoint.sign()
    entry = evidence.ledger_entry
    tamper(entry, leaf=entry.leaf.replace(evidence.ref, "EV-999999"))
    page = alices.text(PAGE, evidence.pk)
    assert "Does not lead to the signed root" in page
    assert "no longer says what its leaf said" in page


def test_a_row_that_was_tampered_with_is_told(alices: Desk) -> None:
    evidence = item()
    assert "no longer says" not in alices.text(PAGE, evidence.pk)
    tamper(evidence, covers_from=date(2026, 1, 1))
    assert "no longer says what its leaf said" in alices.text(PAGE, evidence.pk)


def test_a_table_that_is_gone_is_told_and_the_page_still_opens(alices: Desk, world: World) -> None:
    evidence = hand_in_staff(world, date(2026, 6, 30))
    path_of(BlobKey.objects.get(blob=evidence.blob).location).unlink()
    assert "The stored file is gone" in alices.text(PAGE, evidence.pk)


def test_hostile_cells_are_shown_as_text(alices: Desk) -> None:
    rows = [(1, "<script>alert(1)</script>", True), (2, "=HYPERLINK(1)", True)]
    evidence = intake.receive(items.population(rows), actor="system")
    page = alices.get(PAGE, evidence.pk).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_hostile_title_and_file_name_are_shown_as_text(alices: Desk) -> None:
    evidence = item("a", title="<img src=x onerror=alert(1)>", filename="<svg onload=alert(1)>.txt")
    for name, key in ((LIST, ()), (PAGE, (evidence.pk,))):
        page = alices.get(name, *key).content.decode()
        assert "<img src=x" not in page
        assert "<svg onload" not in page


def test_only_fifty_rows_of_a_long_table_are_shown(alices: Desk) -> None:
    rows = [(number, f"p{number}@example.org", True) for number in range(1000)]
    evidence = intake.receive(items.population(rows), actor="system")
    page = alices.text(PAGE, evidence.pk)
    assert "1,000 rows, 3 columns; the first 50 are shown" in page
    assert "p49@example.org" in page
    assert "p50@example.org" not in page


def test_a_cell_without_end_does_not_fill_the_page(alices: Desk) -> None:
    rows = [(1, "x" * 300_000, True)]
    evidence = intake.receive(items.population(rows), actor="system")
    assert len(alices.get(PAGE, evidence.pk).content) < 80_000


def test_all_versions_are_a_click_away(alices: Desk) -> None:
    first = item("a")
    second = item("b", supersedes=first)
    page = alices.get(PAGE, first.pk).content.decode()
    assert desk.url(PAGE, second.pk) in page
    assert "Superseded" in words(alices.get(PAGE, first.pk))
    assert "New version" not in words(alices.get(PAGE, first.pk))
    assert "New version" in words(alices.get(PAGE, second.pk))


def test_who_prepared_an_item_is_not_offered_to_review_it(alices: Desk) -> None:
    own = item(prepared_by=alices.user)
    page = alices.text(PAGE, own.pk)
    assert "You prepared this item, so another person must review it." in page
    assert "What must a new version do better?" not in page


def test_a_check_that_could_not_run_shows_its_error(alices: Desk) -> None:
    expected = items.expectation()
    items.check(expected, "SELECT no_such_column FROM population")
    evidence = intake.receive(items.population(claims=(expected,)), actor="system")
    checks.run(evidence, actor="system")
    page = alices.text(PAGE, evidence.pk)
    assert "Could not run" in page
    assert "no_such_column" in page


@pytest.mark.parametrize("key", ["999", "0", "x", "1e5"])
def test_an_item_that_is_not_there_is_not_found(alices: Desk, key: str) -> None:
    assert alices.get(PAGE, key).status_code == 404


def test_the_page_refuses_the_wrong_method(alices: Desk) -> None:
    assert alices.post(PAGE, item().pk).status_code == 405


def test_strangers_are_refused(strangers: tuple[User, ...]) -> None:
    desk.assert_refused(LIST, strangers=strangers)
    desk.assert_refused(PAGE, 1, strangers=strangers)


def test_the_ledger_is_listed_and_searched(alices: Desk) -> None:
    evidence = item()
    review.accept(evidence, reviewer=alices.user)
    everything = "evidence_ledgerentry_changelist"
    kinds = [row.kind for row in alices.get(everything).context["cl"].result_list]
    assert kinds[0] == "review"
    found = alices.get(everything, q=evidence.ref).context["cl"].result_list
    assert {row.subject for row in found} == {evidence.ref}
    by_index = alices.get(everything, q=str(evidence.ledger_entry_id))
    assert [row.pk for row in by_index.context["cl"].result_list] == [evidence.ledger_entry_id]


def test_a_leaf_has_a_page_with_its_proof(alices: Desk) -> None:
    evidence = item()
    checkpoint.sign()
    page = alices.text("evidence_ledgerentry_change", evidence.ledger_entry_id)
    assert f"evidence of {evidence.ref}, by system" in page
    assert "Leads to the signed root" in page


def test_a_table_offers_the_audits_in_which_it_can_be_sealed(alices: Desk, world: World) -> None:
    """Also a design as of a date, which is judged by days before it."""
    design, period = at_a_date(world, date(2026, 7, 15)), world.engagement()
    other = at_a_date(world, date(2026, 8, 20))
    june = hand_in_staff(world, date(2026, 6, 3))
    page = alices.text(PAGE, june.pk)
    assert f"Seal it for {design.ref}" in page
    assert f"Seal it for {period.ref}" in page
    assert f"Seal it for {other.ref}" not in page
