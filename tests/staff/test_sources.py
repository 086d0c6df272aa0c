"""Deeds about sources: connect, change, try, ask now, disable."""

from typing import Any

import pytest

from accounts.models import User
from collectors import configuration, registry
from collectors.base import Answer, Ask
from collectors.errors import SourceUnreachableError
from collectors.models import Run, Source
from evidence.models import Evidence, LedgerEntry
from jobs.models import Job
from tests import cast
from tests.collectors import world
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, told, words

CONNECT = "source_connect"
EDIT = "source_edit"


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, alices: Desk) -> None:
    world.install(monkeypatch)


def filled(**changes: Any) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "title": "Doors of the annex",
        "slug": "annex",
        "environment": "production",
        "schedule": "0 6 * * 1-5",
        "time_zone": "Europe/Berlin",
        "setting_house": "annex",
        "setting_token": "",
        **changes,
    }
    return {name: value for name, value in answers.items() if value is not None}


def secrets(source: Source) -> dict[str, str]:
    return configuration.secrets_of(source)


def test_every_collector_is_offered_with_what_it_needs(alices: Desk) -> None:
    text = alices.text("source_choose")
    for collector in registry.collectors().values():
        assert collector.declared.title in text
        assert " ".join(collector.declared.permission.split()) in text


def test_the_form_is_made_from_the_settings_of_the_collector(alices: Desk) -> None:
    page = alices.get(CONNECT, "doors")
    form = page.context["form"]
    assert form["setting_house"].label == "House"
    assert form["setting_house"].help_text == "Which house to look at."
    assert form["setting_house"].value() == "ours"
    assert form["setting_token"].field.widget.input_type == "password"
    assert form["schedule"].value() == "30 2 * * *"
    text = words(page)
    assert "Proof of completeness All doors, counted twice." in text
    assert "Stored sealed and never shown again" in text


def test_a_source_is_connected(alices: Desk) -> None:
    expected = items.expectation()
    answer = alices.post(
        CONNECT, "doors", **filled(setting_token="open-sesame", expectations=[expected.pk])
    )
    source = Source.objects.get()
    assert answer.url == desk.url("collectors_source_change", source.pk)
    assert (source.slug, source.title, source.schedule) == (
        "annex",
        "Doors of the annex",
        "0 6 * * 1-5",
    )
    assert source.config == {"house": "annex"}
    assert secrets(source) == {"token": "open-sesame"}
    assert list(source.expectations.all()) == [expected]
    leaf = LedgerEntry.objects.get(kind="source")
    assert leaf.actor == f"user:{alices.user.pk}"
    assert "open-sesame" not in leaf.leaf


@pytest.mark.parametrize(
    ("changes", "told_words"),
    [
        ({"title": ""}, "This field is required."),
        ({"slug": "no spaces"}, "Enter a valid"),
        ({"slug": "x" * 61}, "at most 60 characters"),
        ({"schedule": "every day"}, "is no cron expression of five fields"),
        ({"schedule": "99 2 * * *"}, "is no usable cron expression"),
        ({"time_zone": "Atlantis"}, "is no time zone"),
        ({"environment": "moon"}, "Select a valid choice."),
        ({"expectations": ["999"]}, "is not one of the available choices"),
    ],
)
def test_bad_input_is_told_and_nothing_typed_is_lost(
    alices: Desk, changes: dict[str, Any], told_words: str
) -> None:
    answer = alices.post(CONNECT, "doors", **filled(setting_token="open-sesame", **changes))
    assert answer.status_code == 200
    assert told_words in words(answer)
    html = answer.content.decode()
    assert ">\nannex</textarea>" in html
    assert "open-sesame" not in html
    assert not Source.objects.exists()


def test_a_short_name_is_given_once(alices: Desk) -> None:
    alices.post(CONNECT, "doors", **filled())
    answer = alices.post(CONNECT, "doors", **filled())
    assert "There is a source &#x27;annex&#x27; already" in answer.content.decode()
    assert Source.objects.count() == 1


def test_a_change_keeps_a_secret_that_is_left_empty(alices: Desk) -> None:
    alices.post(CONNECT, "doors", **filled(setting_token="open-sesame"))
    source = Source.objects.get()
    form = alices.get(EDIT, source.pk).context["form"]
    assert "slug" not in form.fields
    assert form["setting_house"].value() == "annex"
    assert form["setting_token"].value() is None
    alices.post(EDIT, source.pk, **filled(slug=None, setting_house="barn"))
    source.refresh_from_db()
    assert source.config == {"house": "barn"}
    assert secrets(source) == {"token": "open-sesame"}
    alices.post(EDIT, source.pk, **filled(slug=None, setting_token="new-word"))
    source.refresh_from_db()
    assert secrets(source) == {"token": "new-word"}


def test_a_change_that_is_refused_changes_nothing(alices: Desk) -> None:
    alices.post(CONNECT, "doors", **filled())
    source = Source.objects.get()
    answer = alices.post(EDIT, source.pk, **filled(slug=None, time_zone="Atlantis", title="Other"))
    assert "is no time zone" in words(answer)
    source.refresh_from_db()
    assert source.title == "Doors of the annex"


@pytest.mark.django_db(transaction=True)
def test_collecting_now_leads_to_its_job(alices: Desk) -> None:
    source = world.source()
    answer = alices.post("source_collect", source.pk)
    job = Job.objects.get()
    assert answer.url == desk.url("job", job.pk)
    assert job.requested_by == f"user:{alices.user.pk}"
    assert job.payload["source"] == source.pk


def test_asking_a_folder_now_says_where_to_put_the_file(alices: Desk) -> None:
    folder = world.source("csv_import", title="Tables")
    answer = alices.post("source_collect", folder.pk, follow=True)
    assert "Put a file into" in told(answer)
    assert not Job.objects.exists()


def test_trying_a_connection_shows_rows_and_keeps_nothing(alices: Desk) -> None:
    source = world.source()
    text = words(alices.post("source_try", source.pk))
    assert "It works" in text
    assert "front true back false" in text
    assert "Nothing of this was kept." in text
    assert not Run.objects.exists()
    assert not Evidence.objects.exists()


def test_trying_a_connection_tells_what_may_not_be_seen(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_blind(ask: Ask[Any]) -> Answer:
        ask.trail.saw(b"[]", asked="GET https://house.example/doors")
        ask.trail.lacks("The <cellar> may not be read.")
        return world.answer()

    world.install(monkeypatch, half_blind)
    text = words(alices.post("source_try", world.source().pk))
    assert "It works in part" in text
    assert "What we may not see The <cellar> may not be read." in text
    assert "What was answered GET https://house.example/doors" in text


def test_a_connection_that_does_not_work_says_why(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = SourceUnreachableError("Nobody opens at open-sesame.")
    world.install(monkeypatch, world.failing(error))
    source = world.source(values={"token": "open-sesame"})
    page = alices.post("source_try", source.pk)
    assert "It does not work Nobody opens at" in words(page)
    assert "open-sesame" not in page.content.decode()


def test_a_source_is_disabled_and_enabled(alices: Desk) -> None:
    source = world.source()
    answer = alices.post("source_disable", source.pk, follow=True)
    assert "What it does not give will show as missed." in told(answer)
    source.refresh_from_db()
    assert not source.enabled
    alices.post("source_enable", source.pk)
    source.refresh_from_db()
    assert source.enabled


def test_a_collector_that_is_not_there_is_not_found(alices: Desk) -> None:
    assert alices.get(CONNECT, "no_such_thing").status_code == 404
    for name in ("source_collect", "source_try", "source_enable", "source_disable"):
        assert alices.post(name, 999).status_code == 404
    assert alices.get(EDIT, 999).status_code == 404


def test_who_may_run_a_source_may_not_change_it(db: None) -> None:
    source = world.source()
    reviewer = desk.at(cast.person("reviewer"))
    for name in ("source_collect", "source_try", "source_disable"):
        assert reviewer.post(name, source.pk).status_code == 403
    assert reviewer.get(EDIT, source.pk).status_code == 403
    text = reviewer.text("collectors_source_change", source.pk)
    assert "Collect now" not in text
    assert "Disable" not in text


def test_deeds_refuse_to_be_visited(alices: Desk) -> None:
    source = world.source()
    for name in ("source_collect", "source_try", "source_enable", "source_disable"):
        assert alices.get(name, source.pk).status_code == 405


def test_strangers_are_refused(strangers: tuple[User, ...]) -> None:
    source = world.source()
    desk.assert_refused("source_choose", strangers=strangers)
    desk.assert_refused(CONNECT, "doors", strangers=strangers)
    for name in (EDIT, "source_collect", "source_try", "source_disable"):
        desk.assert_refused(name, source.pk, strangers=strangers)
    assert not Job.objects.exists()
