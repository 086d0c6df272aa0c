"""Forms of merchants at size: issued in bulk, listed at few and many, signed with papers."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from multiprocessing import get_context
from unittest.mock import patch

from django.db import connection, connections, transaction
from django.test import Client, override_settings
from django.utils import timezone

from accounts import roles
from accounts.models import User
from jobs.models import Job
from jobs.work import Work
from merchants import answering, api_users, bulk, issuing_many, parties, portfolio, signing
from merchants.models import (
    Application,
    ComplianceForm,
    Delivery,
    FormFile,
    Merchant,
    Webhook,
)
from merchants.parties import Applicant
from merchants.portfolio import Choice
from merchants.webhooks import delivering, hooks, telling, wire
from merchants.webhooks.hooks import Wish
from reports import tasks
from tests import cast
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns
from tests.finix.calls import Program
from tests.finix.receiver import listening
from tests.merchants import shops

ISSUED_PER_SECOND = 2_000
SIGNED_PER_MINUTE = 200
WORKERS = 2
DRAINED_PER_SECOND = 100
MOST_SECONDS_COUNTED = 60.0
SMALL = 1_000
_STATES = ("INCOMPLETE", "OVERDUE", "COMPLETE", "EXPIRED", "INVALID")
_LEVELS = (4, 4, 4, 4, 4, 4, 4, 3, 2, 1)
_TYPES = ("A", "A", "A", "A-EP", "B", "B-IP", "C", "D-Merchant")


def measure(quick: bool) -> Iterator[Measure]:
    roles.sync()
    keeper = cast.person("administrator")
    issued, large, signed = (5_000, 20_000, 10) if quick else (100_000, 1_000_000, 200)
    application = parties.add_application("Shops", environment="live", by=keeper)
    yield _signatures(application, signed, keeper)
    lists = _lists(keeper)
    _fill(application, SMALL)
    before = {name: take_turns([page])[0] for name, page in lists.items()}
    yield _issue(application, issued, keeper)
    _fill(application, large)
    yield _counted(large)
    yield from _drained(application, issued // 10)
    after = {name: take_turns([page])[0] for name, page in lists.items()}
    for name in lists:
        yield compared(
            f"forms: {name}, {connection.vendor}",
            f"{large:,} forms",
            (after[name] * 1000, "ms"),
            Rival(f"at {SMALL:,}", before[name] * 1000, "<= 1.3"),
            ratio=after[name] / before[name],
        )


def _counted(forms: int) -> Measure:
    """Count the portfolio as the job does; pages read what it found."""
    job = portfolio.ask_for_figures(timezone.now())
    began = time.perf_counter()
    result = portfolio.run(timezone.now())
    taken = time.perf_counter() - began
    if job:
        now = timezone.now()
        Job.objects.filter(pk=job.pk).update(state="done", result=result, finished_at=now)
    return compared(
        "forms: figures counted by a job",
        f"{forms:,} forms",
        (taken, "s"),
        Rival("aim", MOST_SECONDS_COUNTED, "<= 1"),
        ratio=taken / MOST_SECONDS_COUNTED,
    )


def _issue(application: Application, count: int, by: User) -> Measure:
    """Approve merchants that wait, batch by batch, as the job does; adding them is not timed."""
    _waiting(application, count, by)
    job = issuing_many.ask(application, by=by)
    began = time.perf_counter()
    issuing_many.run(job.payload, progress=lambda *_: None)
    speed = count / (time.perf_counter() - began)
    return compared(
        f"forms issued, {connection.vendor}",
        f"{count:,} forms",
        (speed, "/s"),
        Rival("aim", ISSUED_PER_SECOND, ">= 1"),
        ratio=speed / ISSUED_PER_SECOND,
    )


def _waiting(application: Application, count: int, by: User) -> None:
    """Add merchants that wait; who they are is sealed once, as sealing is not measured."""
    kinds = [Applicant(shops.BAKERY, kind, interview=shops.ONLINE) for kind in _TYPES]
    first = parties.add_merchants(application, kinds[:1], by=by)[0]
    with patch("merchants.identity.sealed", return_value=first.identity):
        for start in range(0, count - 1, 1000):
            batch = [kinds[place % len(kinds)] for place in range(min(1000, count - 1 - start))]
            parties.add_merchants(application, batch, by=by)


def _fill(application: Application, upto: int) -> None:
    """Put forms into the table up to a number, of every state, type and level; not timed."""
    known = ComplianceForm.objects.order_by("-pk").first()
    assert known is not None
    merchants = list(Merchant.objects.filter(application=application)[:1000])
    now = timezone.now()
    same = {
        "environment": "live",
        "application_id": application.pk,
        "template_id": known.template_id,
        "source": "",
        "tags": "{}",
        "valid_from": now,
        "valid_until": now + timedelta(days=365),
        "created_at": now,
        "updated_at": now,
        "ledger_entry_id": known.ledger_entry_id,
    }
    rows = (
        {
            "ref": f"cf_bench{number:014d}",
            "merchant_id": merchants[number % len(merchants)].pk,
            "form_type": _TYPES[number % len(_TYPES)],
            "level": _LEVELS[number % len(_LEVELS)],
            "state": _STATES[number % len(_STATES)],
            "due_at": now + timedelta(days=number % 90),
            **same,
        }
        for number in range(ComplianceForm.objects.count(), upto)
    )
    while batch := list(islice(rows, 20_000)):
        with transaction.atomic():
            bulk.insert(ComplianceForm, batch)


def _lists(by: User) -> dict[str, Callable[[], object]]:
    client = Client()
    cast.sign_in(client, by)

    def page(query: str) -> Callable[[], object]:
        def get() -> None:
            for _ in range(5):
                answer = client.get(f"/admin/merchants/{query}", headers={"host": "localhost"})
                if answer.status_code != 200:
                    raise SystemExit(f"{answer.status_code} at {query}")

        return get

    def rows(choice: Choice) -> Callable[[], object]:
        def read() -> None:
            newest = ComplianceForm.objects.order_by("-pk").values_list("pk", flat=True)[0]
            for _ in range(20):
                middle = portfolio.chosen(choice).filter(pk__lt=newest // 2)
                list(middle.select_related("merchant", "application")[:51])

        return read

    return {
        "API by state and cursor": _asked_by_program(),
        "page by state": page("?state=OVERDUE"),
        "page by type and level": page("?type=A&level=1"),
        "rows by state and cursor": rows(Choice(state="OVERDUE")),
        "rows by state, type, cursor": rows(Choice(state="OVERDUE", form_type="A")),
    }


def _asked_by_program() -> Callable[[], object]:
    """Ask for a page in the middle of a state as a program does."""
    robot = Program(*api_users.add_platform_key("live", actor="system"))

    def ask() -> None:
        newest = ComplianceForm.objects.order_by("-pk").values_list("pk", flat=True)[0]
        cursor = ComplianceForm.objects.filter(pk__lte=newest // 2).order_by("-pk")[0].ref
        path = f"compliance_forms?state=OVERDUE&limit=50&after_cursor={cursor}"
        for _ in range(5):
            answer = robot.get(path, Host="localhost")
            if answer.status_code != 200:
                raise SystemExit(f"{answer.status_code} at {path}")

    return ask


def _signatures(application: Application, count: int, by: User) -> Measure:
    """Sign forms that are answered, and write the paper of each on two workers."""
    made = [Applicant(shops.BAKERY, "A", interview=shops.ONLINE)] * count
    ready = parties.approve(parties.add_merchants(application, made, by=by), by=by)
    for form in ready:
        answering.keep(form, shops.everything(form), actor="merchant:bench")
    began = time.perf_counter()
    for form in ready:
        signing.sign(form, shops.ERNA, actor="merchant:bench")
    payloads = [
        (job.pk, job.key, job.payload)
        for job in Job.objects.filter(kind="merchants.paper", payload__which="signed")
    ]
    connections.close_all()
    with get_context("fork").Pool(WORKERS) as workers:
        workers.map(_write, payloads, chunksize=1)
    speed = len(ready) / (time.perf_counter() - began) * 60
    if FormFile.objects.filter(which="signed").count() != len(ready):
        raise SystemExit("Not every signature has its paper.")
    return compared(
        f"signatures with PDF, {WORKERS} workers, {connection.vendor}",
        f"{len(ready):,} forms",
        (speed, "/min"),
        Rival("aim", SIGNED_PER_MINUTE, ">= 1"),
        ratio=speed / SIGNED_PER_MINUTE,
    )


def _drained(application: Application, count: int) -> Iterator[Measure]:
    """Tell a webhook of forms, and send all of it as its jobs do, a stretch after the other."""
    forms = list(ComplianceForm.objects.filter(application=application).order_by("pk")[:count])
    longest, began = 0.0, time.perf_counter()
    with override_settings(PRIVATE_ADDRESSES=frozenset({"webhooks"})), listening() as receiver:
        hook = hooks.add(
            Wish(url=receiver.url), environment="live", application=application, actor="system"
        )
        telling.forms("updated", forms)
        while Delivery.objects.filter(webhook=hook, state=Delivery.State.WAITING).exists():
            started = time.perf_counter()
            delivering.run(hook)
            longest = max(longest, time.perf_counter() - started)
        if len(receiver.events) < count:
            raise SystemExit("Not every event arrived.")
    Webhook.objects.filter(pk=hook.pk).update(enabled=False)
    speed = count / (time.perf_counter() - began)
    yield compared(
        f"webhooks: events drained, {connection.vendor}",
        f"{count:,} events",
        (speed, "/s"),
        Rival("aim", DRAINED_PER_SECOND, ">= 1"),
        ratio=speed / DRAINED_PER_SECOND,
    )
    # What is on its way when a stretch ends may still wait for its answer.
    limit = delivering.STRETCH_SECONDS + wire.SECONDS
    yield compared(
        "webhooks: how long others wait for a stretch",
        f"{count:,} events",
        (longest, "s"),
        Rival("limit", limit, "<= 1"),
        ratio=longest / limit,
    )


def _write(job: tuple[int, str, dict[str, object]]) -> None:
    tasks.render_form(Work(*job))
