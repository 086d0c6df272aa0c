"""What runs of rules that check leave: the record of the day's comparisons."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from controls.models import Expectation
from evidence import store
from evidence.models import CheckResult, Evidence
from evidence.reconcile import rules
from registers.models import Break, Reconciliation
from registers.reconciling import comparing, shipped, working
from tests.audits.world import World
from tests.evidence.reconcile import small
from tests.registers.reconciled import DAY, MONDAY, Accounting, row

TUESDAY = MONDAY + DAY
KINDS = ("sale", "refund", "chargeback", "reserve_hold", "adjustment", "return")
WORDS = ("sale", "refund", "chargeback", "hold", "adjust", "return")
"""A kind of movement for each comparison of the programme, and how a file says it."""


def showing(*shown: str) -> str:
    """Return rules in which each comparison, of a kind of its own, shows one of the programme."""
    compared = "".join(
        f"""
  - name: {kind.replace("_", "-")}-{name}
    shows: {name}
    left: {{leg: a, kinds: [{kind}]}}
    right: {{leg: b, kinds: [{kind}]}}
    passes: [{{id: P1, left: own_id, right: own_id}}]"""
        for name, kind in zip(comparing.SHOWN, KINDS, strict=True)
        if name in shown
    )
    head, _, _ = small.rule_text().partition("comparisons:")
    return f"{head}comparisons:{compared}\n"


def lines(*missing: str) -> list[str]:
    """One movement of each kind, but for those of some comparisons."""
    return [
        row(f"s-{name}", kind=word)
        for name, word in zip(comparing.SHOWN, WORDS, strict=True)
        if name not in missing
    ]


@pytest.fixture
def expected(world: World) -> Expectation:
    """The expectation of the catalogue, with its columns and its check."""
    path = settings.CATALOGUE_DIR / "controls" / "records_and_messages.yaml"
    controls = yaml.safe_load(path.read_text(encoding="utf-8"))["controls"]
    (said,) = [
        each
        for control in controls
        for each in control["expectations"]
        if each["slug"] == comparing.CHECKS
    ]
    made = world.expect(world.access, comparing.CHECKS, kind=said["kind"], cadence=said["cadence"])
    made.columns = [{"name": name, "type": type_} for name, type_ in said["columns"].items()]
    made.save()
    (check,) = said["checks"]
    made.checks.create(slug=check["slug"], title="Explained", sql=check["sql"], digest="0" * 64)
    return made


def record(expected: Expectation) -> Evidence:
    """Return the newest version; there is one line of versions only."""
    return Evidence.objects.get(claims__expectation=expected, superseded_by__isnull=True)


def table(evidence: Evidence) -> dict[str, dict[str, str]]:
    text = b"".join(store.stream(evidence.blob_id)).decode()
    return {each["comparison"]: each for each in csv.DictReader(text.splitlines())}


def result(evidence: Evidence) -> tuple[str, int | None]:
    (found,) = evidence.check_results.all()
    return found.state, found.exception_count


def test_a_run_leaves_a_row_for_each_comparison_and_covers_the_day(
    books: Accounting, expected: Expectation
) -> None:
    one = books.define(rules=showing(*comparing.SHOWN))
    run = books.both(one, lines(), lines("webhooks"))
    made = record(expected)
    assert (made.covers_from, made.covers_to, made.kind) == (MONDAY, MONDAY, "event")
    assert result(made) == (CheckResult.State.PASSED, 0)
    found = table(made)
    assert [*found] == [*comparing.SHOWN]
    assert found["payments"] == {
        "business_day": "2026-03-02",
        "comparison": "payments",
        "compared": "2",
        "differing": "0",
        "explained": "0",
        "open_items": "0",
        "runs": f"REC-1 run {run.number}: sale-payments",
    }
    webhooks = found["webhooks"]
    assert (webhooks["compared"], webhooks["differing"], webhooks["open_items"]) == ("1", "1", "1")
    ipe = made.population.ipe
    assert ipe["parameters"]["runs"][0]["output_sha256"] == run.output_digest
    assert ipe["raw_digests"] == [run.evidence.blob_id]


def test_what_nothing_shows_is_an_exception(books: Accounting, expected: Expectation) -> None:
    one = books.define(rules=showing("payments", "ledger"))
    books.both(one, lines(), lines())
    made = record(expected)
    assert table(made)["copies"]["compared"] == ""
    assert made.population.ipe["parameters"]["nothing_shows"] == [
        "webhooks",
        "accounts",
        "batches",
        "copies",
    ]
    assert result(made) == (CheckResult.State.FAILED, 4)


def test_the_record_waits_for_all_that_show_something(
    books: Accounting, expected: Expectation
) -> None:
    first = books.define(rules=showing(*comparing.SHOWN[:3]))
    second = books.define(rules=showing(*comparing.SHOWN[2:]), account="Other")
    books.define(account="It shows nothing, and nobody waits for it")
    books.both(first, lines(), lines())
    assert not Evidence.objects.filter(claims__expectation=expected).exists()
    books.both(second, lines(), lines())
    found = table(record(expected))
    assert {each["compared"] for name, each in found.items() if name != "webhooks"} == {"2"}
    # Shown by both: their items add up.
    assert found["webhooks"]["compared"] == "4"
    assert found["webhooks"]["runs"].count("REC-") == 2


def test_what_a_person_closed_is_explained_in_a_newer_version(
    books: Accounting, expected: Expectation
) -> None:
    one = books.define(rules=showing(*comparing.SHOWN))
    books.both(one, lines(), lines("batches"))
    first = record(expected)
    working.approve(books.proposed(Break.objects.get()), note="I read it.", by=books.ivan)
    books.run(one)
    second = record(expected)
    assert second.supersedes == first
    batches = table(second)["batches"]
    assert (batches["differing"], batches["explained"], batches["open_items"]) == ("1", "1", "0")
    books.run(one)
    assert record(expected) == second


def test_a_difference_of_a_run_that_moved_no_queue_is_not_explained(
    books: Accounting, expected: Expectation
) -> None:
    one = books.define(rules=showing(*comparing.SHOWN))
    later = [each.replace(",s-", ",t-").replace("s-", "t-") for each in lines()]
    for leg in ("a", "b"):
        books.hand_in(one, leg, later, day=TUESDAY)
    books.run(one, day=TUESDAY)
    run = books.both(one, lines(), lines("copies"))
    assert not run.moved_queue
    made = Evidence.objects.get(claims__expectation=expected, covers_to=MONDAY)
    assert table(made)["copies"]["differing"] == "1"
    assert result(made) == (CheckResult.State.FAILED, 1)


def test_a_failed_run_and_rules_that_show_nothing_leave_no_record(
    books: Accounting, cards: Reconciliation, expected: Expectation
) -> None:
    books.both(cards, [row("s1")], [row("s1")])
    assert not Evidence.objects.filter(claims__expectation=expected).exists()


def test_without_the_expectation_there_is_nothing_to_prove(books: Accounting) -> None:
    one = books.define(rules=showing(*comparing.SHOWN))
    assert books.both(one, lines(), lines()).state == "complete"
    assert not Evidence.objects.filter(filename__startswith="comparisons-").exists()


def test_the_rule_sets_of_the_house_show_all_comparisons_of_the_programme() -> None:
    path = settings.CATALOGUE_DIR / "readiness" / "comparisons.yaml"
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["entries"]
    programme = {each["id"].removeprefix("compare-") for each in entries}
    found = [each.shows for one in shipped.known().values() for each in one.rules.comparisons]
    assert {*comparing.SHOWN} == programme == {each for each in found if each}


def test_rules_that_show_nothing_keep_the_digest_that_they_had() -> None:
    """As it was before comparisons could show something: runs of then are performed again."""
    world = Path(small.__file__).with_name("world.yaml")
    digest = "64af6980826fb394a40454ad973d49a54abb09c5c40d186c09d06729bde6379e"
    assert rules.read(world).digest == digest
