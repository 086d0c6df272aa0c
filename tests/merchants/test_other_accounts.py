"""Forms of another account are taken in from a table, moved on by a newer one, and left alone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from evidence import intake
from evidence.models import Evidence, LedgerEntry
from jobs.models import Job
from merchants import (
    api_users,
    attestations,
    changing,
    links,
    other_accounts,
    papers,
    reminding,
)
from merchants.errors import FormClosedError, MerchantError, NotAllowedError
from merchants.models import Application, ComplianceForm, Environment, Merchant, TakenForm
from tests.evidence import items
from tests.finix.calls import Program
from tests.merchants import foreign, shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def platform(alice: User) -> Application:
    return shops.application(alice)


def take(evidence: Evidence, platform: Application, by: User) -> dict[str, object]:
    """Have a table taken in as the job does."""
    job = other_accounts.ask(evidence, platform, by=by)
    return other_accounts.run(job.payload, progress=lambda *_: None)


def test_a_table_becomes_forms_and_merchants_with_their_source(
    alice: User, platform: Application
) -> None:
    known = shops.merchant(alice, of=platform, own_number="MUother2")
    evidence = foreign.table([foreign.row(1), foreign.signed(2)])
    plan = other_accounts.preview(evidence, platform)
    assert (plan.new, plan.moved, plan.same, plan.merchants) == (2, 0, 0, 1)
    assert plan.states == {"INCOMPLETE": 1, "COMPLETE": 1}
    assert not ComplianceForm.objects.exists()
    assert take(evidence, platform, alice) == {"new": 2, "moved": 0, "refused": 0}
    first, second = ComplianceForm.objects.order_by("pk")
    assert (first.state, second.state, second.merchant) == ("INCOMPLETE", "COMPLETE", known)
    assert {first.source, second.source} == {"Finix of Shops"}
    assert (second.form_type, second.template.version) == ("A", "2018.10")
    assert first.merchant.own_number == "MUother1"
    assert first.merchant.state == Merchant.State.APPROVED
    assert [one.foreign_ref for one in TakenForm.objects.all()] == ["cf_other1", "cf_other2"]
    assert TakenForm.objects.filter(evidence=evidence).count() == 2


def test_the_same_table_again_changes_nothing(alice: User, platform: Application) -> None:
    evidence = foreign.table([foreign.row(1), foreign.signed(2)])
    take(evidence, platform, alice)
    before = LedgerEntry.objects.count()
    plan = other_accounts.preview(evidence, platform)
    assert (plan.new, plan.moved, plan.same, plan.merchants) == (0, 0, 2, 0)
    assert take(evidence, platform, alice) == {"new": 0, "moved": 0, "refused": 0}
    assert LedgerEntry.objects.count() == before
    assert ComplianceForm.objects.count() == TakenForm.objects.count() == 2


def test_a_newer_table_moves_forms_on_and_an_older_one_is_refused(
    alice: User, platform: Application
) -> None:
    older = foreign.table([foreign.row(1), foreign.row(2)])
    take(older, platform, alice)
    newer = foreign.table([foreign.signed(1), foreign.row(2)], days=7)
    assert other_accounts.preview(newer, platform).moved == 1
    assert take(newer, platform, alice) == {"new": 0, "moved": 1, "refused": 0}
    form = ComplianceForm.objects.order_by("pk")[0]
    assert form.state == "COMPLETE"
    assert form.valid_until
    assert form.tellings.count() == 2
    last = other_accounts.last_of(form)
    assert last is not None
    assert (last.evidence, last.content["signed_by"]) == (newer, "CFO")
    with pytest.raises(MerchantError, match="A newer table"):
        other_accounts.ask(older, platform, by=alice)


def test_what_was_made_invalid_here_stays_so(alice: User, platform: Application) -> None:
    take(foreign.table([foreign.row(1)]), platform, alice)
    form = ComplianceForm.objects.get()
    changing.invalidate(form, by=alice, reason="Not ours.")
    take(foreign.table([foreign.signed(1)], days=7), platform, alice)
    form.refresh_from_db()
    assert form.state == "INVALID"


def test_leaves_commit_to_what_was_told(alice: User, platform: Application) -> None:
    take(foreign.table([foreign.row(1), foreign.signed(2)]), platform, alice)
    (leaf,) = LedgerEntry.objects.filter(kind="compliance_form.taken_in")
    rows = list(TakenForm.objects.select_related("form", "evidence"))
    assert other_accounts.rows_digest(rows) in leaf.leaf
    rows[0].content["due_at"] = "2040-01-01"
    assert other_accounts.rows_digest(rows) not in leaf.leaf


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "PCI_SAQ_Z"}, "There is no form of the type 'PCI_SAQ_Z'"),
        ({"state": "DONE"}, "There is no state 'DONE'"),
        ({"linked_type": "IDENTITY"}, "It is linked to IDENTITY"),
        ({"linked_to": ""}, "is missing, or too long"),
        ({"due_at": ""}, "when it is due"),
        ({"due_at": "soon"}, "due_at is no time: 'soon'"),
        ({"state": "COMPLETE"}, "does not say from when until when"),
        ({"id": "cf_other2"}, "It stands in the table twice."),
    ],
)
def test_a_row_that_does_not_fit_is_named_and_the_others_are_taken(
    alice: User, platform: Application, changes: dict[str, str], words: str
) -> None:
    rows = [foreign.row(2), {**foreign.row(1), **changes}]
    evidence = foreign.table(rows)
    (refused,) = other_accounts.preview(evidence, platform).refused
    assert refused.number == 2
    assert words in refused.reason
    assert take(evidence, platform, alice) == {"new": 1, "moved": 0, "refused": 1}


def test_the_clock_moves_what_the_table_says(alice: User, platform: Application) -> None:
    past = "2026-09-02T00:00:00Z"
    rows = [foreign.row(1, due_at=past), foreign.signed(2)]
    rows[1]["valid_until"] = "2026-10-01T00:00:00Z"
    evidence = foreign.table(rows)
    take(evidence, platform, alice)
    states = ComplianceForm.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["OVERDUE", "EXPIRED"]
    assert changing.sweep() == {"OVERDUE": 0, "EXPIRED": 0}
    assert other_accounts.preview(evidence, platform).same == 2


def test_they_are_reminded_of_signed_and_renewed_over_there(
    alice: User, platform: Application
) -> None:
    rows = [foreign.row(1), foreign.signed(2)]
    rows[1]["valid_until"] = (timezone.now() + timedelta(days=5)).isoformat()
    take(foreign.table(rows), platform, alice)
    form = ComplianceForm.objects.order_by("pk")[0]
    with pytest.raises(FormClosedError, match="kept and signed elsewhere: Finix of Shops"):
        links.make(form, actor="system")
    assert changing.renew() == 0
    day = form.due_at.date() - timedelta(days=7)
    done = reminding.run_day({"day": day.isoformat()}, progress=lambda *_: None)
    assert done == {"mails": 0, "events": 0}
    assert not Job.objects.filter(kind=papers.KIND).exists()


def test_the_list_of_attestations_holds_them(alice: User, platform: Application) -> None:
    take(foreign.table([foreign.row(1), foreign.signed(2)]), platform, alice)
    rows = list(attestations._rows(timezone.now()))
    assert [list(row)[2:8] for row in rows] == [
        ["A", "INCOMPLETE", date(2029, 2, 17), None, None, None],
        ["A", "COMPLETE", date(2029, 2, 17), date(2026, 9, 3), date(2036, 9, 3),
         "attested_as_a_whole"],
    ]  # fmt: skip


def test_the_table_of_the_collector_is_read_by_its_own_names(
    alice: User, platform: Application
) -> None:
    names = (
        "merchant_id", "form_id", "form_type", "form_version", "state", "due_on", "signed_on",
        "signed_by", "valid_from", "valid_until", "takes_cards",
    )  # fmt: skip
    signed = ["MU1", "cf_1", "PCI_SAQ_A", "2018.10", "COMPLETE", "2026-10-01", "2026-09-03"]
    rows = [
        [*signed, "Ada Merchant, CFO", "2026-09-03", "2036-09-02", "false"],
        ["MU2", "", "", "", "", "", "", "", "", "", "true"],
    ]
    evidence = foreign.received(names, rows)
    assert other_accounts.tables() == [evidence]
    assert take(evidence, platform, alice) == {"new": 1, "moved": 0, "refused": 0}
    form = ComplianceForm.objects.get()
    assert form.valid_until == datetime(2036, 9, 2, 23, 59, 59, tzinfo=UTC)
    assert (form.merchant.own_number, form.merchant.may_take_cards) == ("MU1", False)
    last = other_accounts.last_of(form)
    assert last is not None
    assert last.content["signed_by"] == "Ada Merchant, CFO"


def test_programs_see_them_as_they_are(alice: User, platform: Application) -> None:
    take(foreign.table([foreign.signed(2)]), platform, alice)
    form = ComplianceForm.objects.get()
    robot = Program(*api_users.add_platform_key("live", actor="system"))
    shape: dict[str, Any] = robot.get(f"compliance_forms/{form.ref}").json()
    assert (shape["state"], shape["version"]) == ("COMPLETE", "2018.10")
    assert shape["pci_saq_a"]["is_accepted"]


class TestRefusals:
    def test_another_table_is_none_of_forms(self, alice: User, platform: Application) -> None:
        other = items.population()
        for submission in (items.submission(), other):
            kept = intake.receive(submission, actor="system")
            with pytest.raises(MerchantError, match="is no table of forms"):
                other_accounts.ask(kept, platform, by=alice)
        assert other_accounts.tables() == []

    def test_sandbox_and_live_do_not_mix(self, alice: User) -> None:
        sandbox = shops.application(alice, environment=Environment.SANDBOX)
        evidence = foreign.table([foreign.row(1)])
        with pytest.raises(MerchantError, match="not of the same environment"):
            other_accounts.preview(evidence, sandbox)
        test = foreign.table([foreign.row(1)], days=1, environment="test")
        assert other_accounts.preview(test, sandbox).new == 1

    def test_charlie_takes_nothing_in(self, charlie: User, platform: Application) -> None:
        with pytest.raises(NotAllowedError):
            other_accounts.ask(foreign.table([foreign.row(1)]), platform, by=charlie)

    def test_who_lost_the_right_meanwhile_takes_nothing_in(
        self, alice: User, platform: Application
    ) -> None:
        job = other_accounts.ask(foreign.table([foreign.row(1)]), platform, by=alice)
        alice.grants.all().delete()
        with pytest.raises(NotAllowedError):
            other_accounts.run(job.payload, progress=lambda *_: None)
        assert not ComplianceForm.objects.exists()


def test_a_large_table_goes_in_batches(
    alice: User, platform: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_accounts, "BATCH", 2)
    steps: list[tuple[int, int]] = []
    evidence = foreign.table([foreign.row(number) for number in range(5)])
    job = other_accounts.ask(evidence, platform, by=alice)
    other_accounts.run(job.payload, progress=lambda done, of, _: steps.append((done, of)))
    assert steps == [(2, 5), (4, 5), (5, 5)]
    assert LedgerEntry.objects.filter(kind="compliance_form.taken_in").count() == 3
