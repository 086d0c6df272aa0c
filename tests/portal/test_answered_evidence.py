"""Evidence that a request brought into the audit: its auditor finds it everywhere."""

from datetime import date

import pytest
from django.test import Client

from audits import access as rules
from compliance.portal import listing
from evidence.models import Evidence
from tests.audits.asking import answered, asked
from tests.audits.world import hand_in, submission
from tests.portal import house as houses
from tests.portal.house import House


@pytest.fixture
def chart(house: House) -> Evidence:
    """Evidence that claims nothing, but answers a request of Bob's audit."""
    item = hand_in(submission(b"organisation chart", date(2026, 6, 1), filename="chart.txt"))
    answered(asked(house.engagement, house.bob), item, house.world.alice, widen=True)
    return item


def test_it_is_found_on_its_page_in_its_bytes_and_in_the_list(
    door: Client, house: House, chart: Evidence
) -> None:
    assert houses.get(door, house.path(f"evidence/{chart.ref}/")).status_code == 200
    content = houses.get(door, house.path(f"evidence/{chart.ref}/content/"))
    assert content.body == b"organisation chart"
    assert chart.ref in houses.get(door, house.path("evidence/")).content.decode()
    assert chart in rules.evidence_for(house.engagement)


def test_it_is_no_evidence_of_another_audit(door: Client, house: House, chart: Evidence) -> None:
    houses.admit(house.other, house.bob, by=house.world.alice)
    assert door.get(f"/portal/{house.other.ref}/evidence/{chart.ref}/").status_code == 404
    assert chart.ref not in door.get(f"/portal/{house.other.ref}/evidence/").content.decode()


def test_a_control_that_it_does_not_serve_does_not_list_it(
    door: Client, house: House, chart: Evidence
) -> None:
    listed = door.get(house.path(f"evidence/?control={house.world.access.ref}"))
    assert chart.ref not in listed.content.decode()


@pytest.mark.parametrize("near", [0, 1, 2, 3_000])
@pytest.mark.parametrize("page", [1, 2, 50])
def test_the_list_goes_on_without_gap_or_double(
    house: House, chart: Evidence, monkeypatch: pytest.MonkeyPatch, near: int, page: int
) -> None:
    monkeypatch.setattr(listing, "NEAR", near)
    monkeypatch.setattr(listing, "PAGE", page)
    found, before = [], None
    while True:
        shown = listing.read(house.engagement, narrowed=None, before=before)
        found += [row.item.ref for row in shown.rows]
        if not shown.following:
            break
        before = shown.rows[-1].item.pk
    assert found == [chart.ref, house.letter.ref, house.staff.ref]
