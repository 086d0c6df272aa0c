"""The wording of a control is dated, never changed and never lost."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from controls.append_only import unguarded
from controls.models import Area, Control, ControlVersion

pytestmark = pytest.mark.django_db


def make_control(ref: str = "AC-01") -> Control:
    return Control.objects.create(
        ref=ref,
        title="Doors",
        area=Area.ACCESS_CONTROL,
        owner_role=Control.OwnerRole.ENGINEER,
        nature=Control.Nature.MANUAL,
    )


def make_version(control: Control, number: int, day: date) -> ControlVersion:
    return ControlVersion.objects.create(
        control=control, number=number, statement=f"Wording {number}", effective_from=day, digest=""
    )


class TestWordingOn:
    def test_there_is_none_before_the_first_came_into_force(self) -> None:
        control = make_control()
        assert control.wording_on(date(2026, 1, 1)) is None
        make_version(control, 1, date(2026, 1, 2))
        assert control.wording_on(date(2026, 1, 1)) is None

    def test_each_day_has_the_wording_that_was_in_force(self) -> None:
        control = make_control()
        first = make_version(control, 1, date(2026, 1, 1))
        second = make_version(control, 2, date(2026, 3, 31))
        assert control.wording_on(date(2026, 1, 1)) == first
        assert control.wording_on(date(2026, 3, 30)) == first
        assert control.wording_on(date(2026, 3, 31)) == second
        assert control.wording_on(date(2099, 1, 1)) == second

    def test_of_two_on_one_day_the_later_number_holds(self) -> None:
        control = make_control()
        make_version(control, 1, date(2026, 1, 1))
        second = make_version(control, 2, date(2026, 1, 1))
        assert control.wording_on(date(2026, 1, 1)) == second

    def test_a_version_takes_the_place_of_one_planned_for_later(self) -> None:
        control = make_control()
        make_version(control, 1, date(2026, 1, 1))
        make_version(control, 2, date(2027, 1, 1))
        third = make_version(control, 3, date(2026, 6, 1))
        assert control.wording_on(date(2027, 6, 1)) == third

    def test_other_controls_do_not_count(self) -> None:
        make_version(make_control("AC-02"), 7, date(2026, 1, 1))
        assert make_control().wording_on(date(2026, 6, 1)) is None


class TestAVersion:
    def test_it_cannot_be_saved_again(self) -> None:
        version = make_version(make_control(), 1, date(2026, 1, 1))
        version.statement = "Something else"
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            version.save()
        version.refresh_from_db()
        assert version.statement == "Wording 1"

    def test_it_cannot_be_deleted(self) -> None:
        version = make_version(make_control(), 1, date(2026, 1, 1))
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            version.delete()
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            ControlVersion.objects.all().delete()
        assert ControlVersion.objects.count() == 1

    def test_its_control_cannot_be_deleted_either(self) -> None:
        control = make_control()
        make_version(control, 1, date(2026, 1, 1))
        with pytest.raises(models.ProtectedError):
            control.delete()

    def test_its_number_is_its_own(self) -> None:
        control = make_control()
        make_version(control, 1, date(2026, 1, 1))
        with pytest.raises(IntegrityError), transaction.atomic():
            make_version(control, 1, date(2026, 2, 1))

    def test_an_upsert_does_not_change_it(self) -> None:
        version = make_version(make_control(), 1, date(2026, 1, 1))
        version.statement = "Something else"
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            ControlVersion.objects.bulk_create(
                [version],
                update_conflicts=True,
                unique_fields=["control", "number"],
                update_fields=["statement"],
            )

    def test_its_table_is_guarded(self) -> None:
        assert unguarded(connection, ["controls_controlversion"]) == []


@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_leaves_nothing_behind() -> None:
    make_version(make_control(), 1, date(2026, 1, 1))
    call_command("flush", interactive=False, verbosity=0)
    assert not ControlVersion.objects.exists()
    assert unguarded(connection, ["controls_controlversion"]) == []


def test_each_kind_of_row_has_a_name_for_people() -> None:
    control = make_control()
    assert str(control) == "AC-01 Doors"
    assert str(make_version(control, 3, date(2026, 1, 1))) == "AC-01 version 3"
