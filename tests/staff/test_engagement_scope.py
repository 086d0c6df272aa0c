"""Dates, suppliers, customers' controls and the next period, in the staff door."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from audits import changes, engagements, organisations
from audits.changes import Span
from audits.days import today
from audits.models import Engagement, EngagementCategory, SubserviceOrganisation
from audits.organisations import Profile
from tests import cast
from tests.audits.asking import asked
from tests.audits.world import World, hand_in_staff
from tests.portal.house import find
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

PAGE = "audits_engagement_change"


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


@pytest.fixture
def bank(engagement: Engagement, world: World) -> SubserviceOrganisation:
    profile = Profile("Bank", "Holds the money.", "carve_out", "It settles.", "Yearly.")
    return organisations.add_organisation(engagement, profile=profile, by=world.alice)


def test_an_empty_scope_says_what_to_add(alices: Desk, engagement: Engagement) -> None:
    text = alices.text(PAGE, engagement.pk)
    assert "Add whoever the system cannot do without" in text
    assert "Add what works only if customers do their part" in text
    assert "Freeze date not set" in text


def test_the_window_moves_and_the_page_tells_its_history(
    alices: Desk, engagement: Engagement
) -> None:
    form = alices.get("engagement_dates", engagement.pk, "window").context["form"]
    assert form["window_to"].value() == engagement.window_to
    answer = alices.post(
        "engagement_dates",
        engagement.pk,
        "window",
        window_from="2026-06-01",
        window_to="2026-09-30",
        reason="The letter says so.",
    )
    assert answer.url == desk.url(PAGE, engagement.pk)
    text = alices.text(PAGE, engagement.pk)
    assert "Observation window: 1 Jun to 31 Aug 2026 → 1 Jun to 30 Sep 2026" in text
    assert "The letter says so. Alice Lindqvist" in text


@pytest.mark.parametrize(
    ("which", "typed", "said"),
    [
        ("window", {"window_from": "2026-09-01", "window_to": "2026-08-01"}, "before it starts"),
        ("window", {"window_from": "2026-06-01", "window_to": "2026-08-31"}, "already"),
        ("fieldwork", {"start": "2026-09-01"}, "Give both days"),
        ("freeze", {"freeze_on": "2020-01-01"}, "is over already"),
        ("parts", {"title": "Interim", "ends_on": "2020-01-01"}, "is not a day from"),
    ],
)
def test_bad_days_are_told_on_the_form(
    alices: Desk, engagement: Engagement, which: str, typed: dict[str, Any], said: str
) -> None:
    answer = alices.post("engagement_dates", engagement.pk, which, reason="Why not.", **typed)
    assert answer.status_code == 200
    assert said in words(answer)
    assert not engagement.changes.exists()


def test_fieldwork_freeze_and_parts_are_set(alices: Desk, engagement: Engagement) -> None:
    post, pk = alices.post, engagement.pk
    post("engagement_dates", pk, "fieldwork", start="2027-01-04", end="2027-01-15", reason="x")
    post("engagement_dates", pk, "freeze", freeze_on="2099-01-31", reason="x")
    post("engagement_dates", pk, "parts", title="Interim", ends_on="2026-06-30")
    text = alices.text(PAGE, pk)
    for part in (
        "Fieldwork 4 to 15 Jan 2027",
        "Freeze date 31 Jan 2099",
        "Interim: 1 to 30 Jun 2026",
        "Roll-forward to the end: 1 Jul to 31 Aug 2026",
    ):
        assert part in text, part
    post("engagement_dates", pk, "parts", title="", ends_on="")
    assert not engagement.sub_periods.exists()
    assert alices.get("engagement_dates", pk, "nonsense").status_code == 302


def test_a_frozen_engagement_offers_no_change_and_refuses_one(
    alices: Desk, engagement: Engagement, bank: SubserviceOrganisation
) -> None:
    Engagement.objects.update(freeze_on=today() - timedelta(days=1))
    text = alices.text(PAGE, engagement.pk)
    assert "nothing unfreezes it" in text
    for gone in ("Move the window", "Add a subservice", "Invite an auditor", "Add a person"):
        assert gone not in text, gone
    answer = alices.post(
        "engagement_dates",
        engagement.pk,
        "window",
        window_from="2026-06-01",
        window_to="2026-09-30",
        reason="Too late.",
    )
    assert "Open a new engagement for what changed" in words(answer)
    refused = alices.post("subservice_remove", bank.pk, follow=True)
    assert "nothing unfreezes it" in told(refused)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("engagement_dates", ("window",)),
        ("engagement_dates", ("freeze",)),
        ("engagement_dates", ("parts",)),
        ("engagement_categories", ()),
        ("subservice_add", ()),
        ("cuec_add", ()),
    ],
)
def test_a_form_says_before_it_is_filled_that_it_will_be_refused(
    alices: Desk, engagement: Engagement, name: str, more: tuple[str, ...]
) -> None:
    page = alices.get(name, engagement.pk, *more)
    assert "nothing unfreezes it" not in words(page)
    assert "<button disabled" not in page.content.decode()
    Engagement.objects.update(freeze_on=today() - timedelta(days=1))
    page = alices.get(name, engagement.pk, *more)
    assert "nothing unfreezes it" in words(page)
    assert "<button disabled" in page.content.decode()


def test_a_closed_engagement_says_so_on_its_forms(
    alices: Desk, engagement: Engagement, world: World
) -> None:
    engagements.close_engagement(engagement, by=world.alice)
    page = alices.get("engagement_dates", engagement.pk, "window")
    assert f"{engagement.ref} is closed. Open a new engagement." in words(page)
    assert "<button disabled" in page.content.decode()


def test_what_came_after_the_freeze_is_told(
    alices: Desk, engagement: Engagement, world: World
) -> None:
    assert "After the freeze" not in alices.text(PAGE, engagement.pk)
    Engagement.objects.update(freeze_on=today() - timedelta(days=1))
    assert "Nothing came since." in alices.text(PAGE, engagement.pk)
    item = hand_in_staff(world, date(2026, 6, 30), received=today())
    request = asked(engagement, world.alice, "User lists")
    finding = find(engagement, world)
    changes.skip(
        world.leavers,
        span=Span(date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 5)),
        reason="Nobody left.",
        by=world.alice,
    )
    text = alices.text(PAGE, engagement.pk)
    skipped = "Leavers, 1 to 30 Jun 2026: skipped"
    for part in (item.ref, f"{request.number} User lists", finding.ref, skipped):
        assert part in text, part
    assert "Nothing came since." not in text


def test_lists_mark_what_came_after_the_freeze(
    alices: Desk, engagement: Engagement, world: World
) -> None:
    hand_in_staff(world, date(2026, 6, 30), received=today() - timedelta(days=1))
    asked(engagement, world.alice)
    pages = (
        ("requests", ()),
        ("occurrence", (engagement.pk, world.mfa.slug, "2026-06-01")),
    )
    for name, args in pages:
        assert "After the freeze" not in alices.text(name, *args)
    Engagement.objects.update(freeze_on=today() - timedelta(days=2))
    for name, args in pages:
        assert "After the freeze" in alices.text(name, *args)


def test_a_subservice_organisation_comes_changes_and_goes(
    alices: Desk, engagement: Engagement
) -> None:
    typed = {"name": "Nimbus", "services": "Machines.", "method": "carve_out"}
    add = desk.url("subservice_add", engagement.pk)
    alices.client.post(add, {**typed, "complementary_controls": "It\nlocks"})
    one = engagement.organisations.get()
    assert "Nimbus (Carve-out) Machines. It operates: It; locks." in alices.text(
        PAGE, engagement.pk
    )
    assert "named already" in words(alices.client.post(add, typed))
    alices.client.post(desk.url("subservice", one.pk), {**typed, "method": "inclusive"})
    assert engagement.organisations.get().method == "inclusive"
    assert "is out of the scope" in told(alices.post("subservice_remove", one.pk, follow=True))


def test_a_control_of_customers_comes_changes_and_goes(
    alices: Desk, engagement: Engagement
) -> None:
    offered = alices.get("cuec_add", engagement.pk).context["form"].fields["criterion"].choices
    assert [ref for ref, _ in offered] == ["CC6.1", "CC6.2"]
    alices.post("cuec_add", engagement.pk, criterion="CC6.1", text="Rotate the keys.")
    one = engagement.user_entity_controls.get()
    assert alices.get("cuec", one.pk).context["form"]["text"].value() == "Rotate the keys."
    alices.post("cuec", one.pk, text="Rotate them yearly.")
    assert "CUEC-1 CC6.1, wording 2 Rotate them yearly." in alices.text(PAGE, engagement.pk)
    assert "already" in words(alices.post("cuec", one.pk, text="Rotate them yearly."))
    wrong = alices.post("cuec_add", engagement.pk, criterion="A1.2", text="x")
    assert "Select a valid choice" in words(wrong)
    assert "CUEC-1 is out" in told(alices.post("cuec_remove", one.pk, follow=True))
    assert "CUEC-1" not in alices.text(PAGE, engagement.pk)


def test_rolling_forward_proposes_the_next_window_and_says_what_came(
    alices: Desk, engagement: Engagement, bank: SubserviceOrganisation
) -> None:
    form = alices.get("engagement_roll_forward", engagement.pk).context["form"]
    assert form["window_from"].value() == date(2026, 9, 1)
    typed: dict[str, Any] = {
        "title": "Autumn",
        "window_from": "2026-09-01",
        "window_to": "2026-11-30",
    }
    early = {**typed, "window_from": "2026-08-01"}
    refused = alices.post("engagement_roll_forward", engagement.pk, **early)
    assert "judged in one period only" in words(refused)
    answer = alices.post("engagement_roll_forward", engagement.pk, follow=True, **typed)
    assert "Carried over: categories 1, subservice organisations 1" in told(answer)
    assert f"Rolled forward from {engagement.ref}" in words(answer)


def test_a_category_says_what_its_choice_rests_on(alices: Desk, engagement: Engagement) -> None:
    alices.post(
        "engagement_categories",
        engagement.pk,
        category_0="on",
        reason_0="Always.",
        ground_0="required",
        category_1="on",
        reason_1="They ask.",
        ground_1="buyers",
    )
    assert list(EngagementCategory.objects.values_list("ground", flat=True)) == [
        "required",
        "buyers",
    ]
    assert "They ask. (Buyers ask for it)" in alices.text(PAGE, engagement.pk)
    form = alices.get("engagement_categories", engagement.pk).context["form"]
    assert form["ground_1"].value() == "buyers"


def test_the_page_takes_a_fixed_number_of_queries(
    alices: Desk, engagement: Engagement, world: World
) -> None:
    for number in range(5):
        organisations.add_organisation(
            engagement, profile=Profile(f"Org {number}", "x", "inclusive"), by=world.alice
        )
    alices.get(PAGE, engagement.pk)
    with at_most(40):
        alices.get(PAGE, engagement.pk)


def test_closing_ends_every_change(alices: Desk, engagement: Engagement, world: World) -> None:
    engagements.close_engagement(engagement, by=world.alice)
    text = alices.text(PAGE, engagement.pk)
    assert "Move the window" not in text
    assert "Roll forward…" in text


def test_strangers_are_refused(
    strangers: tuple[User, ...], engagement: Engagement, bank: SubserviceOrganisation
) -> None:
    everybody = (*strangers, cast.person("executive"))
    for name, args in (
        ("engagement_dates", (engagement.pk, "window")),
        ("subservice_add", (engagement.pk,)),
        ("subservice", (bank.pk,)),
        ("cuec_add", (engagement.pk,)),
        ("engagement_roll_forward", (engagement.pk,)),
    ):
        desk.assert_refused(name, *args, strangers=everybody)
