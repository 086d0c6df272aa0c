"""Calendar addresses of people: made once in clear, kept as a fingerprint, revoked at any time."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.errors import FeedError
from accounts.models import CalendarFeed, User
from accounts.tokens import fingerprint

READ_NOTED_EVERY = timedelta(hours=1)


def make(user: User) -> tuple[CalendarFeed, str]:
    """Make the address of a person's calendar and return its secret, which nobody can read again.

    An address that the person had before ends with this. Raises FeedError for who has no tasks.
    """
    if not can(user, Capability.VIEW):
        raise FeedError(f"{user} has no tasks here, so there is nothing for a calendar.")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        end(user, by=actor(user))
        feed = CalendarFeed.objects.create(user=user, fingerprint=fingerprint(secret))
        journal.tell("calendar.made", subject=_name(feed), body={}, actor=actor(user))
    return feed, secret


def revoke(user: User) -> None:
    """End the address of a person's calendar at once; raises FeedError where there is none."""
    with transaction.atomic():
        if not end(user, by=actor(user)):
            raise FeedError("There is no calendar address to revoke.")


def live(user: User) -> CalendarFeed | None:
    """Return the feed of a person, if there is one."""
    return CalendarFeed.objects.filter(user=user, revoked_at=None).first()


def reader(secret: str) -> User:
    """Return the person whose calendar an address is, and note that it was read (to the hour).

    Raises FeedError, the same for every cause.
    """
    feed = (
        CalendarFeed.objects.filter(fingerprint=fingerprint(secret), revoked_at=None)
        .select_related("user")
        .first()
    )
    if feed is None or not can(feed.user, Capability.VIEW):
        raise FeedError
    now = timezone.now()
    due = Q(last_read_at=None) | Q(last_read_at__lte=now - READ_NOTED_EVERY)
    CalendarFeed.objects.filter(due, pk=feed.pk).update(last_read_at=now)
    return feed.user


def end(user: User, *, by: str) -> bool:
    """End the address of a person inside the transaction of a deed; say whether there was one."""
    ended = list(CalendarFeed.objects.filter(user=user, revoked_at=None))
    for feed in ended:
        feed.revoked_at = timezone.now()
        feed.save(update_fields=["revoked_at"])
        journal.tell("calendar.revoked", subject=_name(feed), body={}, actor=by)
    return bool(ended)


def _name(feed: CalendarFeed) -> str:
    """Name a feed in the ledger."""
    return f"calendar:{feed.pk}"
