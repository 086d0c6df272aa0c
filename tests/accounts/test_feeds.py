"""Calendar addresses: shown once, known by fingerprint, ended with the person's access."""

from datetime import timedelta

import pytest

from accounts import feeds, people
from accounts.errors import FeedError
from accounts.models import CalendarFeed, RoleGrant, User
from tests import cast
from tests.cast import Journal


def test_a_secret_leads_to_its_person(alice: User, journal: Journal) -> None:
    feed, secret = feeds.make(alice)
    assert feeds.reader(secret) == alice
    assert secret not in feed.fingerprint
    assert len(secret) >= 43
    assert journal.kinds() == ["calendar.made"]
    assert secret not in str(journal.leaves)


@pytest.mark.django_db
@pytest.mark.parametrize("secret", ["", "x", "\0", "a" * 500], ids=["empty", "x", "nul", "long"])
def test_any_other_secret_leads_nowhere(secret: str) -> None:
    with pytest.raises(FeedError):
        feeds.reader(secret)


def test_a_second_address_ends_the_first(alice: User, journal: Journal) -> None:
    _, first = feeds.make(alice)
    _, second = feeds.make(alice)
    with pytest.raises(FeedError):
        feeds.reader(first)
    assert feeds.reader(second) == alice
    assert journal.kinds() == ["calendar.made", "calendar.revoked", "calendar.made"]


def test_revoking_ends_it_once(alice: User, journal: Journal) -> None:
    _, secret = feeds.make(alice)
    feeds.revoke(alice)
    with pytest.raises(FeedError):
        feeds.reader(secret)
    with pytest.raises(FeedError, match="no calendar address"):
        feeds.revoke(alice)


def test_who_may_not_look_any_more_has_no_calendar(alice: User, journal: Journal) -> None:
    _, secret = feeds.make(alice)
    RoleGrant.objects.filter(user=alice).delete()
    with pytest.raises(FeedError):
        feeds.reader(secret)


def test_a_deactivated_person_has_none_even_when_back(
    alice: User, root: User, journal: Journal
) -> None:
    _, secret = feeds.make(alice)
    people.deactivate(alice, by=root, reason="Left.")
    people.activate(alice, by=root)
    with pytest.raises(FeedError):
        feeds.reader(secret)


def test_people_without_tasks_get_none(bob: User, charlie: User, journal: Journal) -> None:
    for person in (bob, charlie, cast.person("merchant")):
        with pytest.raises(FeedError, match="nothing for a calendar"):
            feeds.make(person)


def test_a_reading_is_noted_to_the_hour(alice: User, journal: Journal) -> None:
    feed, secret = feeds.make(alice)
    feeds.reader(secret)
    feed.refresh_from_db()
    first = feed.last_read_at
    assert first
    feeds.reader(secret)
    feed.refresh_from_db()
    assert feed.last_read_at == first
    CalendarFeed.objects.update(last_read_at=first - timedelta(hours=2))
    feeds.reader(secret)
    feed.refresh_from_db()
    assert feed.last_read_at is not None
    assert feed.last_read_at >= first
