"""Reconciliations in the staff door: defined, files handed in, run, breaks worked on, signed."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from compliance.staff import reconciliation_deeds
from jobs import queue
from jobs.models import Job
from jobs.performing import drain
from registers.models import (
    Break,
    InputFile,
    MatchingRules,
    MonthSignature,
    Reconciliation,
    ReconciliationRun,
)
from registers.reconciling import arriving, asking, running, shipped
from tests.audits.world import clock
from tests.evidence.reconcile import small
from tests.registers.reconciled import (
    DAY,
    MONDAY,
    RULES,
    Accounting,
    breaks,
    morning,
    reasons_for,
    row,
)
from tests.staff import desk
from tests.staff.desk import Desk, at_most, words

MONDAYS = MONDAY.isoformat()
MONTH = f"{MONDAY:%Y-%m}"


def upload(leg: str, *rows: str) -> SimpleUploadedFile:
    text = "\n".join([small.HEADER, *(one.replace("M1", f"M-{leg}") for one in rows), ""])
    return SimpleUploadedFile(f"{leg}-{MONDAYS}.csv", text.encode())


def defining(books: Accounting, **more: Any) -> dict[str, Any]:
    return {
        "title": "Cards in Europe",
        "account": "Settlement EUR",
        "owner": books.olga.pk,
        "rules": SimpleUploadedFile("rules.yaml", RULES.encode()),
        "environment": "production",
        "starts_on": MONDAYS,
        "window_days": 45,
        "due_days": 3,
        "large": "EUR 1000",
        "feeds": "",
        **more,
    }


def test_empty_pages_say_what_to_do(alices: Desk) -> None:
    assert "Define the first reconciliation" in alices.text("reconciliations")
    assert "No break is open" in alices.text("breaks")
    assert "Nobody may approve a write-off" in alices.text("write_off_limits")


def test_one_is_defined_and_its_rules_approved(
    alices: Desk, ivans: Desk, books: Accounting
) -> None:
    answer = alices.post("reconciliation_define", **defining(books))
    assert answer.status_code == 302, words(answer)
    made = Reconciliation.objects.get()
    assert made.large == {"EUR": 100_000}
    assert "wait for the approval" in alices.text("reconciliation", made.number)
    assert "Another person must" in alices.text("reconciliation_rules_version", made.number, 1)
    refused = ivans.post("reconciliation_rules_approve", made.number, 1, note="")
    assert "is missing" in words(refused)
    ivans.post("reconciliation_rules_approve", made.number, 1, note="Ran them.")
    assert "In use" in alices.text("reconciliation", made.number)


def test_one_starts_from_rules_of_the_house(alices: Desk, books: Accounting) -> None:
    page = alices.text("rule_sets")
    assert "Payments made once" in page
    told: Any = alices.get("rule_set", "duplicates")
    assert told.content.decode() == shipped.get("duplicates").text
    assert alices.get("rule_set", "moon").status_code == 404
    both = alices.post("reconciliation_define", **defining(books, shipped="duplicates"))
    assert "or hand in a file" in words(both)
    neither = alices.post("reconciliation_define", **defining(books, rules=""))
    assert "or hand in a file" in words(neither)
    alices.post("reconciliation_define", **defining(books, shipped="duplicates", rules=""))
    made = Reconciliation.objects.get()
    assert made.rules.get().digest == shipped.get("duplicates").rules.digest
    assert made.daily_legs == ["requests", "payments"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"large": "EUR ten"}, "is no amount"),
        ({"feeds": "bank"}, "write it as"),
        ({"feeds": "b = moon"}, "No source is called moon"),
        ({"rules": SimpleUploadedFile("rules.yaml", b"\xff\xfe")}, "no text in UTF-8"),
        ({"rules": SimpleUploadedFile("rules.yaml", b"name: x")}, "line"),
        ({"calendar": "moon"}, "no calendar moon"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_kept(
    alices: Desk, books: Accounting, wrong: dict[str, Any], said: str
) -> None:
    answer = alices.post("reconciliation_define", **defining(books, **wrong))
    assert said in words(answer)
    assert not Reconciliation.objects.exists()


@pytest.mark.usefixtures("tuesday")
def test_a_file_is_looked_at_and_then_handed_in(olgas: Desk, cards: Reconciliation) -> None:
    here = ("reconciliation_files", cards.number, MONDAYS)
    assert "Still missing: a, b" in olgas.text(*here)
    said: dict[str, Any] = {"leg": "a", "day": MONDAYS}
    looked = olgas.post(*here, **said, file=upload("a", row("s1")), look="1")
    assert "10.00 EUR" in words(looked)
    assert not InputFile.objects.exists()
    answer = olgas.post(*here, **said, file=upload("a", row("s1")))
    assert answer.status_code == 302, words(answer)
    assert InputFile.objects.get().filename == f"a-{MONDAYS}.csv"
    broken = olgas.post(*here, **said, file=upload("a", row("s1"), row("s2", "ten")))
    assert "line 3" in words(broken)
    assert InputFile.objects.count() == 1


@pytest.mark.usefixtures("tuesday")
def test_a_day_is_run_signed_and_withdrawn_files_are_told(
    olgas: Desk, ivans: Desk, books: Accounting, cards: Reconciliation
) -> None:
    here = (cards.number, MONDAYS)
    assert "No run yet" in olgas.text("reconciliation_day", *here)
    books.hand_in(cards, "a", [row("s1")])
    books.hand_in(cards, "b", [row("s1")])
    olgas.post("reconciliation_run", *here)
    assert ReconciliationRun.objects.get().by == books.olga
    assert "hold." in olgas.text("reconciliation_day", *here)
    assert "do not include" in olgas.text("reconciliation_day", *here)
    stale = ivans.post("reconciliation_sign", *here, run="7", note="Looked.")
    assert "Another run is there" in words(stale)
    ivans.post("reconciliation_sign", *here, run="1", note="Totals and breaks.")
    assert "Totals and breaks." in olgas.text("reconciliation_day", *here)
    assert "Signed" in olgas.text("reconciliation", cards.number)
    file = InputFile.objects.filter(leg="a").get()
    olgas.post("reconciliation_withdraw", cards.number, file.pk, reason="Wrong day.")
    assert "Wrong day." in olgas.text("reconciliation_day", *here)


@pytest.mark.usefixtures("tuesday")
def test_a_large_day_runs_as_a_job_whose_progress_and_result_the_page_shows(
    olgas: Desk, books: Accounting, cards: Reconciliation, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = (cards.number, MONDAYS)
    books.hand_in(cards, "a", [row("s1")])
    books.hand_in(cards, "b", [row("s1")])
    monkeypatch.setattr(reconciliation_deeds, "MOST_AT_ONCE", 1)
    answer: Any = olgas.post("reconciliation_run", *here)
    assert answer.status_code == 302
    assert not ReconciliationRun.objects.exists()
    page = olgas.text("reconciliation_day", *here)
    assert "waits for a worker" in page
    assert "Run it" not in page
    html = olgas.get("reconciliation_day", *here).content.decode()
    assert '<div id="day" data-refresh="3">' in html
    job = Job.objects.get(kind=asking.KIND)
    with monkeypatch.context() as patch:
        patch.setattr(running, "perform", lambda *_, **__: 1 / 0)
        drain()
    assert "could not be done: ZeroDivisionError" in olgas.text("reconciliation_day", *here)
    olgas.post("reconciliation_run", *here)
    drain()
    page = olgas.text("reconciliation_day", *here)
    assert "hold." in page
    assert "data-refresh" not in olgas.get("reconciliation_day", *here).content.decode()
    assert f"Open REC-1 of {MONDAYS}" in olgas.text("job", job.pk)
    with at_most(18):
        olgas.get("reconciliation_day", *here)


@pytest.mark.usefixtures("tuesday")
def test_a_large_file_is_read_by_a_worker_and_the_page_shows_how_far_it_is(
    olgas: Desk, cards: Reconciliation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation_deeds, "LARGEST_AT_ONCE", 10)
    here = (cards.number, MONDAYS)
    said: dict[str, Any] = {"leg": "a", "day": MONDAYS}
    page = ("reconciliation_day", *here)
    for amount, look in (("10.00", True), ("ten", False), ("10.00", False)):
        given = {**said, "file": upload("a", row("s1", amount))}
        if look:
            given["look"] = "1"
        answer: Any = olgas.post("reconciliation_files", *here, **given)
        assert answer.status_code == 302, words(answer)
    assert not InputFile.objects.exists()
    assert "waits for a worker" in olgas.text(*page)
    assert 'data-refresh="3"' in olgas.get(*page).content.decode()
    with monkeypatch.context() as patch:
        patch.setattr(arriving, "read", lambda *_, **__: 1 / 0)
        drain()
    assert olgas.text(*page).count("Could not be read ZeroDivisionError") == 3
    for job in Job.objects.filter(kind=arriving.KIND):
        queue.retry(job, requested_by="olga")
    drain()
    text = olgas.text(*page)
    assert "Its rules take it 1 rows; EUR in 10.00 EUR" in text
    assert "line 2" in text
    assert "data-refresh" not in olgas.get(*page).content.decode()
    assert InputFile.objects.get().filename == f"a-{MONDAYS}.csv"
    with at_most(18):
        olgas.get(*page)


@pytest.mark.usefixtures("tuesday")
def test_a_break_goes_from_the_queue_to_its_approval(
    olgas: Desk, ivans: Desk, books: Accounting, cards: Reconciliation
) -> None:
    books.both(cards, [row("s2")], [row("s2", "10.50")])
    (found,) = breaks(cards).values()
    assert "Nobody" in olgas.text("breaks")
    given: dict[str, Any] = {"break": found.number, "to": books.olga.pk}
    olgas.post("breaks_assign", **given)
    assert "Olga Oksanen" in olgas.text("breaks")
    step = ("break_deed", found.number)
    refused = olgas.post(*step, "explain", text="")
    assert "is missing" in words(refused)
    olgas.post(*step, "explain", text="A fee of the shop.", ticket="PAY-7")
    olgas.post(*step, "propose", text="It is right.", proposal="accepted")
    page = ivans.text("break", found.number)
    assert "It is right." in page
    assert "A fee of the shop." in page
    own = olgas.post(*step, "approve", text="Mine.")
    assert "roles do not include" in words(own)
    found.refresh_from_db()
    ivans.post(*step, "approve", text="Read the contract.", seen=str(found.steps))
    found.refresh_from_db()
    assert found.state == Break.State.ACCEPTED
    assert "It is closed" in ivans.text("break", found.number)
    assert "No break is open" in olgas.text("breaks")
    assert found.ref in olgas.text("breaks", state="accepted")


@pytest.mark.usefixtures("tuesday")
def test_the_queue_is_narrowed_and_goes_on(
    olgas: Desk, books: Accounting, cards: Reconciliation
) -> None:
    books.both(cards, [row(f"s{number:03}") for number in range(60)], [row("x1")])
    first = olgas.get("breaks")
    assert len(first.context["rows"]) == 50
    second = olgas.client.get(desk.url("breaks") + first.context["next"])
    assert len(second.context["rows"]) == 11
    shown = {each["each"].number for one in (first, second) for each in one.context["rows"]}
    assert len(shown) == 61
    assert "No break fits" in olgas.text("breaks", owner=books.olga.pk)
    with at_most(12):
        olgas.get("breaks")


@pytest.mark.usefixtures("tuesday")
def test_pages_ask_few_questions_however_many_days_there_are(
    alices: Desk, books: Accounting, cards: Reconciliation
) -> None:
    for number in range(3):
        books.define(title=f"Account {number}")
    books.sign(books.both(cards, [row("s1")], [row("s1")]))
    for name, args in (
        ("reconciliations", ()),
        ("reconciliation", (cards.number,)),
        ("work", ()),
    ):
        alices.get(name, *args)
        with at_most(15 if name == "work" else 12):
            assert alices.get(name, *args).status_code == 200


def test_a_month_is_signed_once_each_missing_day_has_a_reason(
    ivans: Desk, books: Accounting, cards: Reconciliation
) -> None:
    books.both(cards, [row("s1")], [row("s9")])
    here = (cards.number, MONTH)
    with clock(morning(date(2026, 4, 1))):
        page = ivans.text("reconciliation_month", *here)
        assert "22 business days have none" in page
        assert "run without signature" in page
        why: dict[str, Any] = {
            f"reason-{day}": "Olga was ill." for day in reasons_for(cards, MONDAY)
        }
        one_short: dict[str, Any] = {**why, f"reason-{MONDAYS}": " "}
        refused = ivans.post("reconciliation_month_sign", *here, note="March.", **one_short)
        assert f"Why {MONDAYS} has no signature is missing" in words(refused)
        # What was typed stands again.
        assert refused.content.decode().count("Olga was ill.") == 21
        assert not MonthSignature.objects.exists()
        ivans.post("reconciliation_month_sign", *here, note="Breaks of March.", **why)
        page = ivans.text("reconciliation_month", *here)
        assert "Breaks of March." in page
        assert "Olga was ill." in page
        assert "papers are being written" in page
    assert ivans.get("reconciliation_month", cards.number, "never").status_code == 404


def test_rules_terms_and_limits_change(
    alices: Desk, books: Accounting, cards: Reconciliation
) -> None:
    later = RULES.replace("version: 1", "version: 2").replace("grace_days: 3", "grace_days: 5")
    file = SimpleUploadedFile("rules.yaml", later.encode())
    alices.post("reconciliation_rules", cards.number, rules=file, reason="Slow bank.")
    assert MatchingRules.objects.count() == 2
    said: dict[str, Any] = {
        "owner": books.olga.pk,
        "due_days": 5,
        "ends_on": "",
        "reason": "More time.",
    }
    alices.post("reconciliation_change", cards.number, **said)
    assert "More time." in alices.text("reconciliation", cards.number)
    limit: dict[str, Any] = {
        "role": "reviewer",
        "currency": "eur",
        "of_one": "5",
        "of_month": "20.50",
    }
    alices.post("write_off_limits", **limit, reason="Small ones.")
    assert "20.50 EUR" in alices.text("write_off_limits")


def test_strangers_and_wrong_days(
    alices: Desk, cards: Reconciliation, strangers: tuple[User, ...]
) -> None:
    for day in ("never", (MONDAY - DAY).isoformat()):
        assert alices.get("reconciliation_day", cards.number, day).status_code == 404
    desk.assert_refused("reconciliation", cards.number, strangers=strangers)
    desk.assert_refused("breaks", strangers=strangers)
    answer = alices.client.get(desk.url("reconciliation_run", cards.number, MONDAYS))
    assert answer.status_code == 405
