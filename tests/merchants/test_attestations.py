"""The list of merchants and their attestations: whole, once a month, and checked as evidence."""

import csv
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from audits.coverage import State
from audits.engagements import SECURITY
from audits.facts import coverage_of
from controls.catalogue_folder import read_folder
from controls.models import Criterion
from evidence import checks, review, store
from evidence.models import CheckResult, Claim, Evidence
from jobs.models import Job
from merchants import attestations, changing, parties, tasks
from merchants.models import ComplianceForm
from tests import cast
from tests.audits.world import World, clock, moment
from tests.evidence import items
from tests.merchants import shops

pytestmark = pytest.mark.django_db
CHECK = """
SELECT merchant_id FROM population
WHERE coalesce(may_take_cards, TRUE)
  AND coalesce(valid_until, due_on, DATE '1970-01-01') < collected_on
ORDER BY merchant_id
"""


def rows(evidence: Evidence) -> list[dict[str, str]]:
    content = b"".join(store.stream(evidence.blob_id)).decode()
    return list(csv.DictReader(StringIO(content)))


def test_each_live_merchant_stands_there_once_with_the_form_that_counts(alice: User) -> None:
    signed = shops.signed(alice).form
    open_one = shops.form(alice)
    shops.form(alice, of=shops.application(alice, environment="sandbox"))
    shops.merchant(alice)
    found = {row["merchant_id"]: row for row in rows(attestations.take())}
    assert set(found) == {signed.merchant.ref, open_one.merchant.ref}
    told = found[signed.merchant.ref]
    assert (told["state"], told["overall"], told["may_take_cards"]) == (
        "COMPLETE", "compliant", "true"
    )  # fmt: skip
    assert told["signed_on"] == timezone.now().date().isoformat()
    assert found[open_one.merchant.ref]["valid_until"] == ""


def test_next_years_open_form_does_not_hide_the_one_that_is_valid(alice: User) -> None:
    old = shops.signed(alice).form
    changing.renew(timezone.now() + timedelta(days=300))
    assert ComplianceForm.objects.count() == 2
    (row,) = rows(attestations.take())
    assert row["form_id"] == old.ref


def test_a_merchant_whose_form_is_invalid_stands_there_without_one(alice: User) -> None:
    form = shops.form(alice)
    changing.invalidate(form, by=alice, reason="Another way of payment.")
    (row,) = rows(attestations.take())
    assert (row["merchant_id"], row["form_id"]) == (form.merchant.ref, "")


def test_the_list_covers_what_is_expected_and_its_check_finds_who_is_late(alice: User) -> None:
    expectation = items.expectation(attestations.EXPECTED)
    items.check(expectation, CHECK)
    shops.signed(alice)
    late = shops.aged(shops.form(alice), 100)
    evidence = attestations.take()
    assert Claim.objects.get().expectation == expectation
    result = CheckResult.objects.get(evidence=evidence)
    assert (result.population_count, result.exception_count) == (2, 1)
    assert late.merchant.ref in str(result.exceptions)


def test_it_is_taken_once_a_month_and_only_where_there_are_merchants(alice: User) -> None:
    now = timezone.now()
    tasks.ask_for_attestations(now)
    assert not Job.objects.filter(kind=attestations.KIND).exists()
    shops.form(alice)
    tasks.ask_for_attestations(now)
    tasks.ask_for_attestations(now)
    job = Job.objects.get(kind=attestations.KIND)
    first = attestations.take_once(key=job.key)
    assert attestations.take_once(key=job.key) == first


def test_its_record_says_how_it_was_made(alice: User) -> None:
    parties.approve([shops.merchant(alice)], by=alice)
    ipe = attestations.take().population.ipe
    assert ipe["source_count"] == 1
    assert ipe["collector"] == "merchant_attestations"
    assert "one transaction" in ipe["completeness"]


def test_the_catalogue_asks_for_no_column_that_the_list_lacks() -> None:
    columns = {column.name: column.type for column in attestations.COLUMNS}
    (asked,) = (
        one
        for control in read_folder(settings.CATALOGUE_DIR).controls
        for one in control.entry.expectations
        if one.slug == attestations.EXPECTED
    )
    assert asked.columns.items() <= columns.items()


def test_the_catalogue_has_the_list_speak_of_the_criterion_of_vendors() -> None:
    (serving,) = (
        one.entry
        for one in read_folder(settings.CATALOGUE_DIR).controls
        if attestations.EXPECTED in {asked.slug for asked in one.entry.expectations}
    )
    assert "CC9.2" in {one.criterion for one in serving.criteria}


def test_a_quarter_of_lists_covers_its_time_and_can_be_performed_again(
    alice: User, tmp_path: Path
) -> None:
    world = World(alice)
    expected = world.expect(world.access, attestations.EXPECTED, kind="state", cadence="monthly")
    check = items.check(expected, CHECK)
    for _ in range(2):
        shops.signed(alice)
    taken = []
    for day in (date(2026, 6, 28), date(2026, 7, 28), date(2026, 8, 28)):
        with clock(moment(day)):
            taken.append(attestations.take_once(key=f"{attestations.KIND}:{day:%Y-%m}"))
    known = coverage_of(world.engagement(), moment(date(2026, 9, 20)), slugs=[expected.slug])
    assert [one.state for one in known.occurrences] == [State.MET] * 3
    for evidence in taken:
        table = tmp_path / f"{evidence.ref}.csv"
        table.write_bytes(b"".join(store.stream(evidence.population.table_id)))
        again = checks.evaluate(table, evidence.population.columns, check)
        result = CheckResult.objects.get(evidence=evidence)
        assert (again.population_count, again.exception_count, again.exceptions) == (
            result.population_count, result.exception_count, result.exceptions
        )  # fmt: skip
        assert (result.population_count, result.exception_count) == (2, 0)


def test_signed_forms_cover_the_criterion_of_vendors_and_a_missing_list_is_a_gap(
    alice: User,
) -> None:
    world = World(alice)
    world.criteria["CC9.2"] = Criterion.objects.create(
        framework=world.framework,
        ref="CC9.2",
        section="CC9",
        section_title="A section",
        category=SECURITY,
        title="Vendors and partners are looked after",
        position=3,
    )
    control = world.control("VN-05", "Merchants attest each year", ["CC9.2"])
    expected = world.expect(control, attestations.EXPECTED, kind="state", cadence="monthly")
    items.check(expected, CHECK)
    signed = ComplianceForm.objects.get(pk=shops.signed(alice).form.pk)
    assert signed.state == ComplianceForm.State.COMPLETE
    engagement = world.engagement()
    for day in (date(2026, 6, 28), date(2026, 8, 28)):
        with clock(moment(day)):
            taken = attestations.take_once(key=f"{attestations.KIND}:{day:%Y-%m}")
            review.accept(taken, reviewer=cast.person("reviewer"))
    known = coverage_of(engagement, moment(date(2026, 9, 20)))
    serving = {line.ref: line.controls for line in known.criteria}
    assert serving["CC9.2"] == ("VN-05",)
    states = [one.state for one in known.occurrences if one.slug == expected.slug]
    assert states == [State.MET, State.MISSED, State.MET]
