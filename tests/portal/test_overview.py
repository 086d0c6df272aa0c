"""/portal/ENG-.../: window, coverage, packs and how to verify them."""

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client

from audits import packs, windows
from audits.coverage import State
from audits.facts import coverage_of
from audits.parts import Part
from compliance.portal.signs import SIGNS
from controls.models import ControlMapping, Expectation
from evidence import checkpoint
from tests.portal import house as houses
from tests.portal.house import House, find, notes, queries
from tests.staff.desk import at_most


@pytest.fixture
def page(door: Client, house: House) -> str:
    return door.get(house.path()).content.decode()


CELL = re.compile(
    r'<td class="status-(\w+)(?: flagged)?"><a href="[^"]*month=([\d-]+)"'
    r' title="([^"]*)" aria-label="\3">(.)</a>'
)


def cells(page: str, ref: str) -> list[tuple[str, str, str, str]]:
    """State, month, words and sign of the cells of a control that lead somewhere."""
    (row,) = [row for row in page.split("<tr>") if f'class="ref">{ref}</span>' in row]
    return CELL.findall(row)


def test_it_says_what_is_audited_and_why(page: str, house: House) -> None:
    assert house.engagement.title in page
    assert "Trust Services Criteria 2017/2022" in page
    assert '<time datetime="2026-06-01">1 Jun</time> to <time datetime="2026-08-31">' in page
    category = house.engagement.categories.get()
    assert f"<dt>Categories</dt><dd>{category.category}</dd>" in page
    assert "Frozen after" not in page
    assert "Tested in parts" not in page
    assert house.member().access_until.isoformat() in page


def test_every_state_has_its_total(page: str, house: House) -> None:
    totals = coverage_of(house.engagement).totals
    shown = re.findall(r'<span class="badge (\w+)">\1</span></dt><dd>(\d+)</dd>', page)
    assert {state: int(count) for state, count in shown} == dict(totals)
    assert sum(totals.values()) == 6


def test_the_bar_is_filled_by_the_states(page: str) -> None:
    parts = re.findall(r'<rect class="(\w+)" x="(\d+)" width="(\d+)"', page)
    ends = [int(start) + int(width) for _, start, width in parts]
    assert [int(start) for _, start, _ in parts] == [0, *ends[:-1]]
    assert ends[-1] == 1000
    assert {state for state, *_ in parts} == {"missed", "failing", "met"}


def test_the_map_says_the_worst_of_each_month_by_sign_colour_and_words(page: str) -> None:
    assert cells(page, "AC-01") == [
        ("failing", "2026-06", "1 failing, 1 met", "!"),
        ("missed", "2026-07", "2 missed", "✕"),
        ("missed", "2026-08", "2 missed", "✕"),
    ]


def test_a_flag_leads_to_the_findings_of_a_cell(door: Client, page: str, house: House) -> None:
    link = house.path("controls/AC-01/?month=2026-06#findings")
    assert page.count('class="flag"') == 1
    assert f'class="flag" href="{link}" title="1 finding, not settled"' in page
    assert '<span aria-hidden="true">⚑1</span>' in page
    assert '<span class="visually-hidden">1 finding, not settled</span>' in page
    earlier = door.get(house.path("?as_of=2026-07-10")).content.decode()
    assert 'class="flag"' not in earlier


def test_a_finding_of_a_month_without_an_occurrence_is_still_flagged(
    door: Client, house: House
) -> None:
    find(house.engagement, house.world, date(2026, 7, 31))
    Expectation.objects.update(cadence="quarterly")
    page = door.get(house.path()).content.decode()
    assert '<td class="blank flagged"><span class="visually-hidden">nothing expected' in page


def test_a_month_in_which_nothing_is_expected_is_said_to_readers(
    door: Client, house: House
) -> None:
    Expectation.objects.update(cadence="quarterly")
    page = door.get(house.path()).content.decode()
    assert [month for _, month, *_ in cells(page, "AC-01")] == ["2026-06", "2026-08"]
    assert page.count('<td class="blank"><span class="visually-hidden">nothing expected') == 1


def test_every_state_has_a_sign_of_its_own() -> None:
    assert set(SIGNS) == set(State)
    assert len(set(SIGNS.values())) == len(State)


def test_each_cell_leads_to_its_month(door: Client, page: str, house: House) -> None:
    links = {unescape(link) for link in re.findall(r'href="(/portal/[^"]*month=[^"#]*)"', page)}
    assert len(links) == 3
    for link in links:
        assert door.get(link).status_code == 200


def test_criteria_without_a_control_are_named(door: Client, page: str, house: House) -> None:
    assert "1 criterion in scope without a control" in page
    assert "CC6.2" in page
    ControlMapping.objects.create(
        control=house.world.access, criterion=house.world.criteria["CC6.2"], reason="It does."
    )
    assert "without a control" not in door.get(house.path()).content.decode()


def test_nothing_of_another_category_is_told(page: str, house: House) -> None:
    assert house.world.backup.ref not in page
    assert house.world.backup.title not in page
    assert "A1.2" not in page


def test_a_pack_stands_there_with_its_digest(page: str, house: House) -> None:
    file = house.pack.file
    assert f"Download {house.pack.ref}" in page
    assert f'href="{house.path("packs/1/")}"' in page
    assert re.sub(r"</?span>|<wbr>", "", page).count(file.sha256) == 1
    assert f">{house.pack.item_count}</td>" in page
    assert f">{house.pack.shortfall_count}</td>" in page


def test_a_pack_that_is_not_ready_is_not_offered(door: Client, house: House) -> None:
    pack = packs.freeze(house.engagement, by=house.world.alice)
    assert pack.ref not in door.get(house.path()).content.decode()
    assert door.get(house.path(f"packs/{pack.number}/")).status_code == 404


def test_an_audit_without_a_pack_says_who_makes_one(door: Client, house: House) -> None:
    houses.admit(house.other, house.bob, by=house.world.alice)
    page = door.get(f"/portal/{house.other.ref}/").content.decode()
    assert "There is no pack yet" in page
    assert "verify.py PACK.zip" in page


def test_an_audit_in_which_nothing_is_expected_is_a_page_too(door: Client, house: House) -> None:
    ControlMapping.objects.all().delete()
    page = door.get(house.path()).content.decode()
    assert "0 occurrences of evidence expected" in page
    assert "No control serves the chosen categories yet" in page
    assert "<rect" not in page


def test_packs_of_other_audits_are_not_told(door: Client, house: House) -> None:
    foreign = houses.make_pack(house.other, house.world.alice, b"another audit")
    page = door.get(house.path()).content.decode()
    assert foreign.ref not in page
    assert foreign.file.sha256[:8] not in page


def test_the_verifier_key_and_the_command_are_there(page: str, house: House) -> None:
    vkey = checkpoint.vkey()
    assert f'<p class="digest key">{vkey}</p>' in page
    assert f"python3 -I verify.py {house.ref}-pack.zip --key '{vkey}'" in page
    assert f'href="{house.path("verify.py")}"' in page


def test_what_people_typed_is_text(door: Client, house: House) -> None:
    house.engagement.title = houses.HOSTILE
    house.engagement.save()
    house.engagement.categories.update(reason=houses.HOSTILE)
    house.world.access.title = houses.HOSTILE
    house.world.access.save()
    page = door.get(house.path()).content.decode()
    assert houses.HOSTILE not in page
    assert page.count(houses.ESCAPED) >= 3


def test_a_look_is_noted_once_a_day(door: Client, house: House) -> None:
    for _ in range(3):
        door.get(house.path())
    assert notes("view") == [house.ref]


def test_a_head_is_answered(door: Client, house: House) -> None:
    answer = door.head(house.path())
    assert (answer.status_code, answer.content) == (200, b"")


def test_its_queries_do_not_grow_with_the_evidence(door: Client, house: House) -> None:
    # The first look of a day leaves a note; each look after something came computes anew.
    door.get(house.path())
    house.capture(date(2026, 7, 21))
    before = queries(door, house.path())
    for day in range(1, 21):
        house.capture(date(2026, 7, day))
    assert queries(door, house.path()) == before <= 12


def test_what_was_computed_is_kept_until_something_comes(door: Client, house: House) -> None:
    """Five queries compute the coverage, and five keep it; else a page takes a dozen."""
    door.get(house.path())
    door.get(house.path())
    house.capture(date(2026, 7, 21))
    with at_most(22):
        door.get(house.path())
    with at_most(12):
        door.get(house.path())


def test_parts_and_the_freeze_are_told(door: Client, house: House) -> None:
    alice = house.world.alice
    windows.divide_window(house.engagement, parts=[Part("Interim", date(2026, 6, 30))], by=alice)
    windows.change_freeze(
        house.engagement, freeze_on=date(2099, 1, 1), reason="Agreed so.", by=alice
    )
    page = door.get(house.path()).content.decode()
    assert "Interim, " in page
    assert "Frozen after" in page
    assert queries(door, house.path()) <= 12


def test_what_came_after_the_freeze_is_marked(door: Client, house: House) -> None:
    item = house.path(f"evidence/{house.staff.ref}/")
    for freeze_on, marked in ((date(2026, 6, 29), True), (date(2026, 6, 30), False)):
        type(house.engagement).objects.update(freeze_on=freeze_on)
        assert ("after the freeze" in door.get(item).content.decode()) is marked
        assert "after the freeze" in door.get(house.path("evidence/")).content.decode()


def test_it_can_be_read_as_of_an_earlier_day(door: Client, house: House) -> None:
    page = door.get(house.path("?as_of=2026-06-29"))
    assert b'value="2026-06-29"' in page.content
    assert b"?month=2026-06&amp;as_of=2026-06-29" in page.content
    assert page.context["asked"] == date(2026, 6, 29)
    for wrong in ("soon", "9999-12-31", ""):
        assert door.get(house.path(f"?as_of={wrong}")).context["asked"] is None
