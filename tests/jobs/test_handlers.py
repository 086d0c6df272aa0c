"""The registry of handlers, filled by the modules named `tasks` of the installed rooms."""

import pytest

from jobs import handlers, periodic
from jobs.errors import DuplicateKindError, JobsError, RetryLater, UnknownKindError
from jobs.work import Work
from tests.jobs.conftest import Handle


def test_it_finds_what_was_registered(handle: Handle) -> None:
    def run(_work: Work) -> None: ...

    found = handle(run, "test.long", lease_seconds=300, limit_seconds=60)

    assert found == handlers.find("test.long")
    assert (found.run, found.lease_seconds, found.limit_seconds) == (run, 300, 60)
    assert "test.long" in handlers.kinds()


def test_it_names_the_kind_that_nobody_does() -> None:
    with pytest.raises(UnknownKindError, match=r"'no\.such'"):
        handlers.find("no.such")


def test_it_refuses_a_second_handler_of_a_kind(handle: Handle) -> None:
    handle(lambda _work: None)

    with pytest.raises(DuplicateKindError, match=r"test\.work"):
        handle(lambda _work: {})


def test_it_knows_the_tasks_of_the_installed_rooms() -> None:
    assert "jobs.purge" in periodic._registry


def test_its_errors_speak_for_themselves() -> None:
    assert str(JobsError()) == "This job could not be done."
    assert str(JobsError("Ask Alice.")) == "Ask Alice."
    assert str(RetryLater(periodic.TICK_LEASE)) == "The job asked to be tried again later."
