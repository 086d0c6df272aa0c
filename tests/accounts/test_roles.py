"""Roles: what roles.yaml says, who may hand them out, and who never may."""

from pathlib import Path

import pytest

from accounts import roles
from accounts.access import can
from accounts.capabilities import Capability
from accounts.errors import RoleError
from accounts.models import Role, RoleGrant, User
from tests import cast
from tests.cast import Journal

GOOD = """
administrator: {title: Administrator, staff: true, capabilities: ["*"]}
guest: {title: Guest, staff: false, capabilities: [view]}
"""


def file(folder: Path, text: str) -> Path:
    path = folder / "roles.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.django_db
def test_sync_stores_every_role_of_the_file_with_a_leaf_each(journal: Journal) -> None:
    changed = roles.sync()
    assert sorted(changed) == sorted(Role.objects.values_list("slug", flat=True))
    assert set(changed) == {
        "administrator",
        "compliance-lead",
        "control-owner",
        "reviewer",
        "engineer",
        "executive",
        "auditor",
        "merchant",
    }
    assert journal.kinds() == ["role.defined"] * 8


@pytest.mark.django_db
def test_a_second_sync_changes_nothing(journal: Journal) -> None:
    roles.sync()
    journal.leaves.clear()
    assert roles.sync() == []
    assert journal.leaves == []


@pytest.mark.django_db
def test_sync_brings_an_edited_role_back_in_line(journal: Journal) -> None:
    roles.sync()
    Role.objects.filter(slug="executive").update(capabilities=["*"])
    assert roles.sync() == ["executive"]
    held = {
        Capability.VIEW,
        Capability.WRITE_REPORTS,
        Capability.SIGN_ASSERTION,
        Capability.OVERSEE_TASKS,
        Capability.SIGN_RECONCILIATIONS,
    }
    assert Role.objects.get(slug="executive").held == held
    assert journal.last.subject == "role:executive"


@pytest.mark.django_db
def test_sync_settles_the_staff_mark_of_those_who_hold_a_changed_role(
    journal: Journal, tmp_path: Path
) -> None:
    roles.sync(file(tmp_path, GOOD))
    guest = User.objects.create_user("guest@example.org")
    RoleGrant.objects.create(user=guest, role=Role.objects.get(slug="guest"))
    roles.sync(file(tmp_path, GOOD.replace("staff: false", "staff: true")))
    guest.refresh_from_db()
    assert guest.is_staff


@pytest.mark.django_db
def test_a_role_that_left_the_file_goes(journal: Journal, tmp_path: Path) -> None:
    roles.sync()
    assert "auditor" in roles.sync(file(tmp_path, GOOD))
    assert set(Role.objects.values_list("slug", flat=True)) == {"administrator", "guest"}
    assert "role.dropped" in journal.kinds()


def test_a_role_that_left_the_file_stays_while_somebody_holds_it(
    journal: Journal, bob: User, tmp_path: Path
) -> None:
    with pytest.raises(RoleError, match="Auditor left the file, but people hold it"):
        roles.sync(file(tmp_path, GOOD))
    assert not Role.objects.filter(slug="guest").exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- a list", "one entry for each role"),
        ("guest: {title: G, staff: true, capabilities: []}", "administrator included"),
        (GOOD + "odd: {title: Odd, staff: true}", "odd needs a title"),
        (GOOD + "odd: {title: 3, staff: true, capabilities: []}", "odd needs a title"),
        (GOOD + "odd: {title: O, staff: perhaps, capabilities: []}", "odd needs a title"),
        (GOOD + "odd: {title: O, staff: true, capabilities: [fly]}", r"unknown capabilities.*fly"),
        (GOOD + "odd: {title: O, staff: true, capabilities: [3]}", r"unknown capabilities.*3"),
        ("administrator: {", "cannot be read"),
    ],
)
def test_it_refuses_a_file_that_says_what_no_role_can_be(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(RoleError, match=complaint):
        roles.read(file(tmp_path, text))


def test_it_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(RoleError, match="cannot be read"):
        roles.read(tmp_path / "none.yaml")


def test_granting_gives_the_capabilities_and_leaves_a_leaf(
    journal: Journal, root: User, charlie: User
) -> None:
    given = roles.grant(charlie, role="reviewer", by=root)
    assert (given.granted_by, given.role.slug) == (root, "reviewer")
    assert can(charlie, Capability.REVIEW_EVIDENCE)
    assert User.objects.get(pk=charlie.pk).is_staff
    assert (journal.last.kind, journal.last.subject) == ("role.granted", f"user:{charlie.pk}")
    assert (journal.last.body, journal.last.actor) == ({"role": "reviewer"}, f"user:{root.pk}")


def test_the_role_of_an_auditor_does_not_open_the_staff_admin(
    journal: Journal, root: User, charlie: User
) -> None:
    roles.grant(charlie, role="auditor", by=root)
    assert not User.objects.get(pk=charlie.pk).is_staff


def test_nobody_gives_a_role_to_themself(journal: Journal, root: User) -> None:
    with pytest.raises(RoleError, match="to themself"):
        roles.grant(root, role="reviewer", by=root)
    assert journal.leaves == []


@pytest.mark.parametrize("name", ["bob", "charlie"])
def test_who_does_not_manage_people_gives_and_takes_nothing(
    journal: Journal, alice: User, name: str, request: pytest.FixtureRequest
) -> None:
    stranger = request.getfixturevalue(name)
    with pytest.raises(RoleError, match="may not manage people"):
        roles.grant(alice, role="reviewer", by=stranger)
    with pytest.raises(RoleError, match="may not manage people"):
        roles.withdraw(alice, role="compliance-lead", by=stranger)
    assert journal.leaves == []


def test_nobody_hands_out_more_than_they_hold(
    journal: Journal, alice: User, charlie: User, root: User
) -> None:
    with pytest.raises(RoleError, match="may do more than"):
        roles.grant(charlie, role="administrator", by=alice)
    with pytest.raises(RoleError, match="may do more than"):
        roles.withdraw(root, role="administrator", by=alice)
    assert roles.grant(charlie, role="auditor", by=alice).role.slug == "auditor"


def test_an_auditor_holds_no_other_role(
    journal: Journal, root: User, bob: User, alice: User
) -> None:
    with pytest.raises(RoleError, match="independent"):
        roles.grant(bob, role="reviewer", by=root)
    with pytest.raises(RoleError, match="independent"):
        roles.grant(alice, role="auditor", by=root)


def test_a_role_is_not_given_twice(journal: Journal, root: User, alice: User) -> None:
    with pytest.raises(RoleError, match="already"):
        roles.grant(alice, role="compliance-lead", by=root)


def test_an_inactive_person_gets_no_role(journal: Journal, root: User, charlie: User) -> None:
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    with pytest.raises(RoleError, match="not active"):
        roles.grant(charlie, role="reviewer", by=root)


def test_it_refuses_a_role_that_does_not_exist(journal: Journal, root: User, charlie: User) -> None:
    with pytest.raises(RoleError, match="no role 'king'"):
        roles.grant(charlie, role="king", by=root)


def test_withdrawing_takes_the_capabilities_and_leaves_a_leaf(
    journal: Journal, root: User, alice: User
) -> None:
    roles.withdraw(alice, role="compliance-lead", by=root)
    assert not can(alice, Capability.VIEW)
    assert not User.objects.get(pk=alice.pk).is_staff
    assert (journal.last.kind, journal.last.body) == (
        "role.withdrawn",
        {"role": "compliance-lead"},
    )


def test_it_refuses_to_withdraw_what_is_not_held(journal: Journal, root: User, bob: User) -> None:
    with pytest.raises(RoleError, match="does not hold"):
        roles.withdraw(bob, role="reviewer", by=root)


def test_the_last_administrator_stays(journal: Journal, root: User) -> None:
    with pytest.raises(RoleError, match="last administrator"):
        roles.withdraw(root, role="administrator", by=root)
    assert can(root, Capability.MANAGE_PEOPLE)


def test_an_inactive_administrator_does_not_count_as_one(journal: Journal, root: User) -> None:
    asleep = cast.person("administrator")
    User.objects.filter(pk=asleep.pk).update(is_active=False)
    with pytest.raises(RoleError, match="last administrator"):
        roles.withdraw(root, role="administrator", by=root)


def test_one_of_two_administrators_may_go(journal: Journal, root: User) -> None:
    cast.person("administrator")
    roles.withdraw(root, role="administrator", by=root)
    assert list(roles.administrators()) != [root]


def test_nothing_is_granted_where_the_journal_fails(
    journal: Journal, root: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("The disk is full.")

    monkeypatch.setattr("accounts.journal.tell", broken)
    with pytest.raises(OSError, match="disk is full"):
        roles.grant(charlie, role="reviewer", by=root)
    assert not charlie.grants.exists()
