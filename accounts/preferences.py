"""How people want to be told of their work: how often, and by the clocks of which place."""

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


def choose(user: User, *, rhythm: str, zone: str) -> NoticePreference:
    """Keep what a person prefers for themself; raises PreferenceError for what there is not."""
    if rhythm not in NoticePreference.Rhythm.values:
        raise PreferenceError(f"There is no rhythm {rhythm!r}. Choose daily, weekly or off.")
    if zone and zone not in available_timezones():
        raise PreferenceError(f"There is no time zone {zone!r}. Choose one such as Europe/Berlin.")
    with transaction.atomic():
        kept, _ = NoticePreference.objects.update_or_create(
            user=user, defaults={"rhythm": rhythm, "zone": zone}
        )
        journal.tell(
            "person.preferred",
            subject=actor(user),
            body={"rhythm": rhythm, "zone": zone},
            actor=actor(user),
        )
    return kept


def zone_of(preference: NoticePreference) -> ZoneInfo:
    """Return the time zone in which a person's days begin."""
    return ZoneInfo(preference.zone or settings.ORGANISATION_TIME_ZONE)
