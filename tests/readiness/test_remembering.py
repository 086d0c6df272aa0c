"""What registers show is remembered until one of them changes, or the day does."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import roles
from accounts.models import Role, RoleGrant, User
from readiness import detection
from readiness.facts import Facts
from readiness.survey import Survey
from registers import entries, registry
from registers.models import Entry
from tests.registers.books import GOOD

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(alice: User) -> Entry:
    roles.sync()
    given = {**GOOD["service_accounts"], "scopes": "*"}
    return entries.add(registry.get("service_accounts"), given=given, by=alice)


def broad() -> detection.Judgement:
    (found,) = (one for one in Survey().mistakes if one.entry.detector == "broad_scopes")
    return found.judgement


def asked() -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        _ = Survey().mistakes
    return [query["sql"] for query in queries if '"registers_entry"."values"' in query["sql"]]


@pytest.mark.usefixtures("token")
def test_a_second_look_reads_no_register() -> None:
    first = broad()
    assert (len(first.rows), first.count) == (1, 1)
    assert len(asked()) == 0
    assert broad() == first


def test_every_change_is_seen_at_once(token: Entry, alice: User) -> None:
    assert broad().count == 1
    register = registry.get("service_accounts")
    given = {**GOOD["service_accounts"], "scopes": "files:read"}
    changed = entries.change(token, register=register, given=given, by=alice, reason="Less.")
    assert broad().count == 0
    entries.add(register, given={**given, "name": "other", "scopes": "admin"}, by=alice)
    assert broad().count == 1
    entries.retire(changed, register=register, by=alice, reason="Gone.")
    assert broad().count == 1
    entries.retire(Entry.objects.get(number=2), register=register, by=alice, reason="Gone too.")
    assert "register of tokens is empty" in broad().reason


@pytest.mark.usefixtures("token")
def test_another_day_is_looked_at_anew() -> None:
    facts = Facts()
    later = Facts(today=facts.today + timedelta(days=400))
    calls: list[Any] = []

    def find(kept: Any, today: Any) -> list[Any]:
        calls.append((len(kept), today))
        return []

    for one in (facts, facts, later):
        assert detection.shown_by(detection.tokens, find, one).entries == 1
    assert calls == [(1, facts.today), (1, later.today)]


@pytest.mark.usefixtures("token")
def test_nothing_is_remembered_where_nobody_can_say_how_registers_stand() -> None:
    RoleGrant.objects.all().delete()
    Role.objects.all().delete()
    assert Facts().registers_stand is None
    assert [len(asked()), len(asked())] == [1, 1]
