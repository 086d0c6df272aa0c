"""Sources and runs in the staff door: the lists, and the page of each."""

from typing import Any

import pytest

from accounts.models import User
from collectors import connections
from collectors.models import Run, Source
from tests.collectors import world
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, at_most, words

SOURCES = "collectors_source_changelist"
SOURCE = "collectors_source_change"
RUNS = "collectors_run_changelist"
RUN = "collectors_run_change"


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch, alices: Desk) -> Source:
    world.install(monkeypatch)
    return world.source(title="Doors of the house", schedule="30 2 * * *", time_zone="UTC")


def listed(response: Any) -> list[int]:
    return [row.pk for row in response.context["cl"].result_list]


def test_empty_lists_say_so(alices: Desk) -> None:
    assert "No source is connected yet" in alices.text(SOURCES)
    assert "No source was asked yet" in alices.text(RUNS)


def test_a_source_is_listed_with_its_schedule_in_words(alices: Desk, doors: Source) -> None:
    text = alices.text(SOURCES)
    assert f"Doors of the house {doors.slug} doors At 02:30 every day (UTC)" in text
    assert "Never run" in text
    world.collect(doors)
    assert "Complete" in alices.text(SOURCES)


def test_the_list_of_sources_does_not_cost_more_with_more_of_them(
    alices: Desk, doors: Source
) -> None:
    for number in range(8):
        world.collect(world.source(), key=f"ticket-{number}")
    alices.get(SOURCES)
    with at_most(12):
        assert len(listed(alices.get(SOURCES))) == 9


def test_the_latest_run_is_shown_not_the_best_one(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.install(monkeypatch, world.counted)
    source = world.source()
    world.collect(source, key="first")
    world.install(monkeypatch, world.failing(ValueError("broken")))
    world.collect(source, key="second")
    (row,) = alices.get(SOURCES).context["cl"].result_list
    assert row.last.state == Run.State.FAILED


def test_the_page_of_a_source_tells_what_it_asks_and_needs(alices: Desk, doors: Source) -> None:
    connections.serve(doors, expectations=[items.expectation(required_columns=["door"])], by="x")
    run = world.collect(doors)
    text = alices.text(SOURCE, doors.pk)
    for part in (
        "Which doors are there, and which are locked?",
        "Proof of completeness All doors, counted twice.",
        "Permission to grant May look.",
        "At 02:30 every day (UTC)",
        "House ours",
        "Key Not set",
        "AC-01 Second factor of every staff user Every month",
        run.ref,
        "Test connection",
        "Collect now",
    ):
        assert part in text, part


def test_a_secret_is_never_shown(alices: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    source = world.source(values={"token": "open-sesame"})
    for name in (SOURCE, "source_edit"):
        html = alices.get(name, source.pk).content.decode()
        assert "open-sesame" not in html
    assert "Key Sealed" in alices.text(SOURCE, source.pk)


def test_a_source_whose_collector_is_gone_still_has_a_page(
    alices: Desk, doors: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    Source.objects.filter(pk=doors.pk).update(collector="vanished")
    assert "There is no collector vanished on this installation." in alices.text(SOURCE, doors.pk)
    assert alices.get(SOURCES).status_code == 200
    assert alices.get("source_edit", doors.pk).status_code == 404


def test_sources_are_filtered(alices: Desk, doors: Source) -> None:
    resting = world.source()
    connections.disable(resting, by="user:1")
    assert listed(alices.get(SOURCES, enabled__exact=0)) == [resting.pk]
    assert listed(alices.get(SOURCES, enabled__exact=1)) == [doors.pk]


def test_a_run_is_listed_with_its_outcome(alices: Desk, doors: Source) -> None:
    run = world.collect(doors)
    text = alices.text(RUNS)
    assert run.ref in text
    assert "Doors of the house" in text
    assert "Complete" in text
    with at_most(12):
        alices.get(RUNS)


def test_a_failed_run_says_why(alices: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch, world.failing(ValueError("<b>the gate is shut</b>")))
    run = world.collect(world.source())
    page = alices.get(RUN, run.pk)
    assert run.reason in words(page)
    assert "<b>the gate" not in page.content.decode()
    assert "Failed" in words(page)
    assert run.reason[:60] in alices.text(RUNS)


def test_runs_are_filtered_and_searched(
    alices: Desk, doors: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = world.collect(doors)
    world.install(monkeypatch, world.failing(ValueError("broken")))
    broken = world.collect(world.source(), key="other")
    assert listed(alices.get(RUNS, state__exact="failed")) == [broken.pk]
    assert listed(alices.get(RUNS, source__id__exact=doors.pk)) == [whole.pk]
    assert listed(alices.get(RUNS, q=whole.ref)) == [whole.pk]
    assert listed(alices.get(RUNS, q=str(broken.number))) == [broken.pk]
    assert listed(alices.get(RUNS, q="doors")) == []
    assert listed(alices.get(RUNS, q="9" * 40)) == []


def test_the_page_of_a_run_leads_to_its_evidence(alices: Desk, doors: Source) -> None:
    run = world.collect(doors)
    assert run.evidence
    page = alices.get(RUN, run.pk)
    assert desk.url("evidence_evidence_change", run.evidence.pk) in page.content.decode()
    text = words(page)
    assert "Rows 2" in text
    assert "Query look at all" in text
    assert "Attempt 1" in text


def test_other_attempts_at_the_same_question_are_named(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.install(monkeypatch, world.failing(ValueError("broken")))
    source = world.source()
    first = world.collect(source, attempt=1)
    second = world.collect(source, attempt=2)
    assert first.ref in alices.text(RUN, second.pk)


def test_pages_refuse_the_wrong_method(alices: Desk, doors: Source) -> None:
    run = world.collect(doors)
    assert alices.post(SOURCE, doors.pk).status_code == 405
    assert alices.post(RUN, run.pk).status_code == 405


def test_strangers_are_refused(strangers: tuple[User, ...], doors: Source) -> None:
    for name, key in ((SOURCES, ()), (RUNS, ()), (SOURCE, (doors.pk,)), (RUN, (1,))):
        desk.assert_refused(name, *key, strangers=strangers)
