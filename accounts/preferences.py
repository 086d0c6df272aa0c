"""How people want to be told of their work: how often, and by the clocks of which place."""

import functools
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db import transaction

from accounts import journal
from accounts.access import actor
from accounts.errors import PreferenceError
from accounts.models import NoticePreference, User


def of(user: User) -> NoticePreference:
    """Return what a person prefers; what was never chosen is every day."""
    kept = NoticePreference.objects.filter(user=user).first()
    return kept or NoticePreference(user=user)


def choose(user: User, *, rhythm: str) -> NoticePreference:
    """Keep what a person prefers for themself; raises PreferenceError for what there is not."""
    if rhythm not in NoticePreference.Rhythm.values:
        raise PreferenceError(f"There is no rhythm {rhythm!r}. Choose daily, weekly or off.")
    with transaction.atomic():
        kept, _ = NoticePreference.objects.update_or_create(user=user, defaults={"rhythm": rhythm})
        _tell(user, {"rhythm": rhythm})
    return kept


def live_in(user: User, *, zone: str) -> None:
    """Keep by whose clocks a person reads times; empty for those of the organisation.

    Raises PreferenceError for a zone that there is not.
    """
    if zone and zone not in zones():
        raise PreferenceError(f"There is no time zone {zone!r}. Choose one such as Europe/Berlin.")
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(zone=zone)
        user.zone = zone
        _tell(user, {"zone": zone})


@functools.cache
def zones() -> tuple[str, ...]:
    """Return the time zones that there are to choose from, by their IANA names."""
    return tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


def zone_of(user: User) -> ZoneInfo:
    """Return the time zone in which a person's days begin."""
    return ZoneInfo(user.zone or settings.ORGANISATION_TIME_ZONE)


def _tell(user: User, body: dict[str, str]) -> None:
    journal.tell("person.preferred", subject=actor(user), body=body, actor=actor(user))
