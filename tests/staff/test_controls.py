"""The catalogue in the staff door: controls, criteria, expectations and risks to read."""

from datetime import date
from typing import Any

import pytest

from accounts.models import User
from compliance.staff import words as said
from controls.models import ControlMapping, ControlVersion, Criterion, Framework, Risk
from tests.audits.world import World, hand_in_staff
from tests.staff import desk
from tests.staff.desk import Desk, at_most

CONTROLS = "controls_control_changelist"
CONTROL = "controls_control_change"


def listed(response: Any) -> list[str]:
    return [str(row) for row in response.context["cl"].result_list]


def test_an_empty_catalogue_says_how_to_load_it(alices: Desk) -> None:
    assert "The catalogue is empty Load it with manage.py load_catalogue" in alices.text(CONTROLS)


def test_controls_are_listed_with_what_they_serve_and_leave(alices: Desk, world: World) -> None:
    text = alices.text(CONTROLS)
    assert "AC-01 Second factor for staff Access Control" in text
    assert "CC6.1 2 kinds of evidence" in text
    assert "A1.2 1 item of evidence" in text


def test_the_lists_do_not_cost_more_with_more_rows(alices: Desk, world: World) -> None:
    for number in range(40):
        control = world.control(f"XX-{number:02}", "More", ["CC6.1", "A1.2"])
        world.expect(control, f"more-{number}", kind="state")
    for name in (
        CONTROLS,
        "controls_criterion_changelist",
        "controls_expectation_changelist",
        "controls_risk_changelist",
    ):
        alices.get(name)
        with at_most(12):
            alices.get(name)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("ac-01", 1), ("second staff", 1), ("restore", 1), ("restore second", 0), ("", 2)],
)
def test_controls_are_found_by_words(alices: Desk, world: World, asked: str, found: int) -> None:
    assert len(listed(alices.get(CONTROLS, q=asked))) == found


def test_the_page_of_a_control(alices: Desk, world: World) -> None:
    risk = Risk.objects.create(ref="R-01", title="Somebody takes an account over", area="change")
    world.access.risks.add(risk)
    evidence = hand_in_staff(world, date(2026, 6, 30))
    text = alices.text(CONTROL, world.access.pk)
    for part in (
        "AC-01 Access Control Automated",
        "Second factor for staff is required.",
        "version 1, since 1 Jan 2020",
        "CC6.1 Logical access is restricted It restricts access.",
        "R-01 Somebody takes an account over",
        "Staff mfa state Every month State: counts for its moment",
        "Due within 5 days after its period. Handed in by people.",
        "Check: No staff without a second factor",
        f"{evidence.ref} staff.csv 30 Jun 2026",
    ):
        assert part in text, part


def test_the_wording_of_today_is_shown_and_all_others_below(alices: Desk, world: World) -> None:
    for number, day in ((2, said.today()), (3, date(2099, 1, 1))):
        ControlVersion.objects.create(
            control=world.access,
            number=number,
            statement=f"Wording {number}.",
            effective_from=day,
            digest="0" * 64,
        )
    page = alices.get(CONTROL, world.access.pk)
    assert page.context["wording"].number == 2
    assert [version.number for version in page.context["versions"]] == [3, 2, 1]


def test_criteria_without_a_control_stand_out(alices: Desk, world: World) -> None:
    text = alices.text("controls_criterion_changelist")
    assert "CC6.2 Access follows the people Security A section No control" in text


def test_expectations_are_told_in_words(alices: Desk, world: World) -> None:
    text = alices.text("controls_expectation_changelist")
    assert "Staff mfa state staff-mfa-state AC-01 Every month 5" in text
    assert "by hand" in text


def test_risks_are_listed_with_the_controls_that_answer_them(alices: Desk, world: World) -> None:
    risk = Risk.objects.create(ref="R-01", title="Somebody forgets", area="change")
    world.access.risks.add(risk)
    assert "R-01 Somebody forgets Change AC-01" in alices.text("controls_risk_changelist")


def test_the_catalogue_is_read_only(alices: Desk, world: World) -> None:
    assert alices.post(CONTROL, world.access.pk).status_code == 405
    assert alices.get(CONTROL, 999).status_code == 404


def test_strangers_are_refused(strangers: tuple[User, ...], world: World) -> None:
    desk.assert_refused(CONTROLS, strangers=strangers)
    desk.assert_refused(CONTROL, world.access.pk, strangers=strangers)


def test_a_control_of_several_frameworks_tells_them_apart(alices: Desk, world: World) -> None:
    other = Framework.objects.create(slug="another", title="A card standard", version="4")
    for position, ref in enumerate(("8.4.1", "8.4.2")):
        ControlMapping.objects.create(
            control=world.access,
            criterion=Criterion.objects.create(
                framework=other,
                ref=ref,
                section="8",
                section_title="Identity",
                category="Cards",
                title=f"Rule {ref}",
                position=position,
            ),
            reason="It asks for the same.",
        )
    assert "CC6.1 and 2 of other frameworks 2 kinds of evidence" in alices.text(CONTROLS)
    text = alices.text(CONTROL, world.access.pk)
    own = str(world.framework)
    assert text.index(own) < text.index("A card standard") < text.index("Rule 8.4.1")
    assert text.index("Rule 8.4.1") < text.index("Rule 8.4.2")
