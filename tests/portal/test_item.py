"""/portal/ENG-.../evidence/EV-.../: one item, how it was made, checked, reviewed and proved."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from controls.models import Check
from evidence import checkpoint, checks, review
from evidence.models import BlobKey, Checkpoint, CheckResult, Evidence, LedgerEntry
from tests import append_only, cast
from tests.audits.world import CHECKED, hand_in, hand_in_staff, submission
from tests.portal import house as houses
from tests.portal.house import ESCAPED, HOSTILE, House, notes, queries


def page(door: Client, house: House, item: Evidence) -> str:
    answer = door.get(house.path(f"evidence/{item.ref}/"))
    assert answer.status_code == 200
    return answer.content.decode()


def plain(text: str) -> str:
    """The page without the marks that group the letters of a digest."""
    return re.sub(r"</?span>|<wbr>", "", text)


def facts(text: str) -> dict[str, str]:
    """The labels of the page and what stands right behind them, as text."""
    found = re.findall(r"<dt>([^<]*)</dt>\s*<dd>(.*?)</dd>", plain(text), re.DOTALL)
    return {
        unescape(label): unescape(re.sub(r"<[^>]+>", "", value)).strip() for label, value in found
    }


def test_it_says_what_the_item_is(door: Client, house: House) -> None:
    said = facts(page(door, house, house.staff))
    assert said["Covers"] == "30 Jun 2026"
    assert said["Collected"] == "30 Jun 2026, 09:00:00 UTC"
    assert said["Received"] == "30 Jun 2026, 09:00:00 UTC"
    assert said["Source"] == "Directory (Production)"
    assert said["Prepared by"] == "system"
    assert said["Owner"] == "not named"
    assert said["Sensitivity"] == "Internal"
    assert said["Serves"] == "AC-01 Staff mfa state"
    assert said["SHA-256"] == house.staff.blob_id
    assert "Related risk" not in said


def test_it_names_who_prepared_it(door: Client, house: House) -> None:
    by_hand = house.capture(date(2026, 7, 1), prepared_by=house.world.alice)
    assert facts(page(door, house, by_hand))["Prepared by"] == "Alice Lindqvist"
    sent = replace(
        submission(b"x\n", date(2026, 7, 1), None, house.world.mfa), run_ref="RUN-000001"
    )
    assert facts(page(door, house, hand_in(sent)))["Prepared by"] == "Collector, RUN-000001"


def test_the_making_of_the_population_is_told(door: Client, house: House) -> None:
    said = facts(page(door, house, house.staff))
    assert said["Rows"] == "3"
    assert said["Query"] == "GET /people"
    assert said["Run by"] == "collector:directory"
    assert said["Count by the source itself"] == "3"
    assert said["Started"] == "30 Jun 2026, 09:00:00 UTC"
    assert said["Finished"] == "30 Jun 2026, 09:00:03 UTC"
    assert said["Why it is complete"].startswith("The source says how many")
    assert said["Digest of the collector's code"] == "0" * 64
    assert said["SHA-256 of the table"] == house.staff.population.table_id


def test_a_population_that_is_not_whole_says_so_first(door: Client, house: House) -> None:
    content, population = houses.table([("a",)], "name")
    part = replace(population, ipe=replace(population.ipe, partial_reason="Page 2 did not come."))
    sent = submission(content, date(2026, 7, 1), None, house.world.mfa, population=part)
    text = page(door, house, hand_in(sent))
    assert "This population is not whole, so it covers nothing: Page 2 did not come." in text
    assert '<span class="badge partial">not whole</span>' in text


def test_an_item_that_is_no_table_shows_none(door: Client, house: House) -> None:
    text = page(door, house, house.letter)
    assert "How this population was made" not in text
    assert "First rows" not in text
    assert "No check applies to this item." in text


class TestTable:
    def test_all_rows_of_a_short_table_are_shown(self, door: Client, house: House) -> None:
        text = page(door, house, house.staff)
        assert "All 3 rows." in text
        assert '<th scope="col">person_id <span>integer</span></th>' in text
        assert "<tr><td>1</td><td>false</td></tr>" in text

    def test_the_first_fifty_of_a_long_one(self, door: Client, house: House) -> None:
        content, population = houses.table([(f"row-{n}",) for n in range(1234)], "name")
        sent = submission(content, date(2026, 7, 1), None, house.world.mfa, population=population)
        text = page(door, house, hand_in(sent))
        assert "50 of 1,234 rows." in text
        assert "<td>row-49</td>" in text
        assert "row-50" not in text

    def test_cells_are_text(self, door: Client, house: House) -> None:
        content, population = houses.table(
            [(HOSTILE, "=1+1"), ('"><img src=x onerror=1>', "&amp;")], "name", HOSTILE
        )
        sent = submission(content, date(2026, 7, 1), None, house.world.mfa, population=population)
        text = page(door, house, hand_in(sent))
        assert HOSTILE not in text
        assert "<img src=x" not in text
        assert text.count(ESCAPED) == 2
        assert "&amp;amp;" in text

    def test_a_table_that_is_gone_is_said(
        self, door: Client, house: House, settings: Settings
    ) -> None:
        lose(house.staff, settings)
        text = page(door, house, house.staff)
        assert "The stored file is gone." in text
        assert "<td>" not in text.partition("First rows")[2].partition("<h2>")[0]


class TestChecks:
    def test_the_exceptions_are_shown(self, door: Client, house: House) -> None:
        text = page(door, house, house.staff)
        assert "No staff without a second factor" in text
        assert "1 exception in a population of 3." in text
        assert '<span class="badge failing">Exceptions found</span>' in text
        assert "<tr><td>1</td><td>false</td></tr>" in text.partition("Reviews")[0]
        assert CHECKED in unescape(text)

    def test_a_check_without_exceptions_has_passed(self, door: Client, house: House) -> None:
        text = page(door, house, house.capture(date(2026, 7, 1)))
        assert "0 exceptions in a population of 3." in text
        assert '<span class="badge met">Passed</span>' in text

    def test_allowed_exceptions_are_said(self, door: Client, house: House) -> None:
        Check.objects.update(threshold=2, digest="with two")
        text = page(door, house, house.capture(date(2026, 7, 1), without_mfa=2))
        assert "2 exceptions in a population of 3. The check allows 2." in text

    def test_a_check_that_could_not_run_is_no_pass(self, door: Client, house: House) -> None:
        Check.objects.update(sql="SELECT missing FROM population", digest="broken")
        text = page(door, house, house.capture(date(2026, 7, 1)))
        assert "The check could not run, so it proves nothing:" in text
        assert '<span class="badge failing">Could not run</span>' in text
        assert "exceptions in a population" not in text

    def test_exceptions_are_text(self, door: Client, house: House) -> None:
        sql = f"SELECT '{HOSTILE}' AS \"{HOSTILE}\" FROM population"
        Check.objects.update(sql=sql, digest="hostile", title=HOSTILE)
        text = page(door, house, house.capture(date(2026, 7, 1)))
        assert HOSTILE not in text
        assert text.count(ESCAPED) >= 4

    def test_the_first_of_many_are_shown(self, door: Client, house: House) -> None:
        Check.objects.update(sql="SELECT unnest(range(60)) AS n FROM population", digest="many")
        text = page(door, house, house.capture(date(2026, 7, 1)))
        assert "180 exceptions in a population of 3." in text
        assert "and 155 more" in text


class TestReviews:
    def test_nobody_yet(self, door: Client, house: House) -> None:
        assert "Nobody has reviewed this version yet." in page(door, house, house.staff)

    def test_every_decision_stands_with_its_reason(self, door: Client, house: House) -> None:
        rita = cast.person("reviewer", full_name="Rita Reviewer")
        review.return_with_reason(house.staff, reviewer=rita, reason=HOSTILE)
        review.accept(house.staff, reviewer=rita)
        text = page(door, house, house.staff)
        assert text.count("Rita Reviewer") == 2
        assert ESCAPED in text
        assert text.index("Returned</span>") < text.rindex("Accepted</span>")
        assert facts(text)["Review"] == "Accepted"


class TestVersions:
    def test_an_only_version_has_no_chain(self, door: Client, house: House) -> None:
        assert "<h2>Versions</h2>" not in page(door, house, house.staff)

    def test_the_chain_leads_both_ways(self, door: Client, house: House) -> None:
        newer = hand_in_staff(house.world, date(2026, 7, 1), supersedes=house.staff)
        old, new = page(door, house, house.staff), page(door, house, newer)
        assert f'A later version replaces this one: <a href="{house.path()}evidence/' in old
        assert f"<strong>{house.staff.ref}</strong> (this one)" in old
        assert f'<a href="{house.path(f"evidence/{house.staff.ref}/")}">' in new
        assert "A later version" not in new
        assert facts(old)["Review"] == "Superseded"


class TestProof:
    def test_the_leaf_is_proved_against_the_checkpoint(self, door: Client, house: House) -> None:
        text = page(door, house, house.staff)
        said = facts(text)
        entry = house.staff.ledger_entry
        assert said["Hash of the leaf"] == bytes(entry.leaf_hash).hex()
        latest = Checkpoint.objects.order_by("-size")[0]
        assert said["Root of the log"] == bytes(latest.root).hex()
        assert said["Inclusion"].startswith("Proved")
        assert said["In the log"] == "Proved"
        assert said["Record"] == "As it was recorded"
        assert f'"subject": "{house.staff.ref}"' in unescape(text)

    def test_a_new_leaf_waits_for_its_checkpoint(self, door: Client, house: House) -> None:
        fresh = house.capture(date(2026, 7, 1))
        said = facts(page(door, house, fresh))
        assert said["Signed checkpoint"] == "The next one will include this leaf."
        assert said["In the log"] == "Next checkpoint"

    def test_a_leaf_that_was_changed_is_not_proved(self, door: Client, house: House) -> None:
        entry = house.staff.ledger_entry
        tamper(entry, leaf=entry.leaf.replace("2026-06-30", "2026-06-29"))
        text = page(door, house, house.staff)
        assert facts(text)["In the log"] == "Not proved"
        assert "does not lead to the signed root" in text

    def test_a_row_that_was_changed_is_said(self, door: Client, house: House) -> None:
        tamper(house.staff, source_system="Another directory")
        text = page(door, house, house.staff)
        assert facts(text)["Record"] == "Differs from its leaf"
        assert "Ask the compliance team before you rely on it." in text
        assert facts(text)["In the log"] == "Proved"


def tamper(row: Evidence | LedgerEntry, **fields: str) -> None:
    """Change a row behind the back of the house."""
    with append_only.forging():
        type(row).objects.filter(pk=row.pk).update(**fields)


def lose(item: Evidence, settings: Settings) -> None:
    Path(settings.STORE_DIR, BlobKey.objects.get(blob=item.blob_id).location).unlink()


def test_claims_outside_the_scope_are_not_told(door: Client, house: House) -> None:
    both = hand_in(
        submission(b"both\n", date(2026, 7, 1), None, house.world.leavers, house.world.restore)
    )
    text = page(door, house, both)
    assert "AC-01" in text
    assert "AV-01" not in text


def test_names_are_text(door: Client, house: House) -> None:
    text = page(door, house, house.letter)
    assert "of &lt;b&gt;June.txt" in text
    assert "<b>June" not in text


def test_a_look_is_noted_once_a_day_for_each_item(door: Client, house: House) -> None:
    for item in (house.staff, house.letter, house.staff):
        page(door, house, item)
    assert notes("view") == [house.staff.ref, house.letter.ref]


@pytest.mark.parametrize("known", ["staff", "letter"])
def test_its_queries_do_not_grow(door: Client, house: House, known: str) -> None:
    item: Evidence = getattr(house, known)
    path = house.path(f"evidence/{item.ref}/")
    before = queries(door, path)
    for number in range(60):
        house.capture(date(2026, 7, 1 + number % 31))
    for number in range(20):
        Check.objects.create(
            expectation=house.world.mfa, slug=f"c{number}", title="c", sql=CHECKED, digest="d"
        )
    checks.run(house.staff, actor="system")
    assert CheckResult.objects.filter(evidence=house.staff).count() == 21
    rita, ravi = cast.person("reviewer"), cast.person("reviewer")
    for reviewer in (rita, ravi, rita, ravi):
        review.return_with_reason(item, reviewer=reviewer, reason="Look again.")
        review.accept(item, reviewer=reviewer)
    checkpoint.sign()
    assert queries(door, path) <= before + 2
    assert before <= 18
