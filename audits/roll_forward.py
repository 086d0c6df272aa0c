"""Opening the next period's engagement from this one, and saying what came along."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from accounts.access import actor
from accounts.models import User
from audits import description, engagements, gates, organisations
from audits.errors import WindowError
from audits.models import Engagement
from audits.organisations import Profile
from evidence import ledger

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Carried:
    """The new engagement, and what it took over from the one before."""

    engagement: Engagement
    categories: int
    organisations: int
    user_entity_controls: int
    sections: int
    days_between: int
    """Days between the two windows that neither report covers; a bridge letter speaks of them."""

    @property
    def words(self) -> str:
        """What was carried, in one sentence."""
        gap = f"; {self.days_between} days lie between the windows" if self.days_between else ""
        return (
            f"Carried over: categories {self.categories}, subservice organisations "
            f"{self.organisations}, customers' controls {self.user_entity_controls}, sections of "
            f"the description {self.sections} as drafts{gap}."
        )


def next_window(engagement: Engagement) -> tuple[date, date]:
    """Propose the days of the next period: as many months where these are whole, else as many days.

    A report as of one date is proposed for the same day of the next year.
    """
    first, last = engagement.window_from, engagement.window_to
    if engagement.is_at_a_date:
        day = first + timedelta(days=365)
        return day, day
    start = last + _DAY
    if first.day == 1 and start.day == 1:
        months = (start.year - first.year) * 12 + start.month - first.month
        after = start.month - 1 + months
        return start, date(start.year + after // 12, after % 12 + 1, 1) - _DAY
    return start, start + (last - first)


def roll_forward(
    engagement: Engagement, *, title: str, window_from: date, window_to: date, by: User
) -> Carried:
    """Open the engagement of the next period with the scope of this one.

    Categories with their reasons, subservice organisations, customers' controls and the texts of
    the description come along, the texts as drafts that somebody must look over. People, dates,
    the assertion and all evidence do not: each period is judged on its own. Raises what opening an
    engagement raises, and WindowError for a window that begins before the former one ended.
    """
    gates.refuse_stranger(by)
    _refuse_overlap(engagement, window_from)
    with transaction.atomic():
        ledger.lock()
        chosen = engagement.categories.all()
        following = engagements.open_engagement(
            title,
            type=engagement.type,
            framework=engagement.framework,
            window_from=window_from,
            window_to=window_to,
            categories={one.category: one.reason for one in chosen},
            grounds={one.category: one.ground for one in chosen},
            firm=engagement.firm,
            previous=engagement,
            by=by,
        )
        carried = Carried(
            following,
            categories=len(chosen),
            organisations=_carry_organisations(engagement, following, by),
            user_entity_controls=_carry_customers(engagement, following, by),
            sections=_carry_texts(engagement, following, by),
            days_between=(window_from - engagement.window_to - _DAY).days,
        )
        _tell(engagement, carried, by)
    return carried


def _refuse_overlap(engagement: Engagement, window_from: date) -> None:
    if window_from <= engagement.window_to:
        message = (
            f"The window of {engagement.ref} ends on {engagement.window_to}. The next one begins "
            "after it: a day is judged in one period only."
        )
        raise WindowError(message)


def _carry_organisations(engagement: Engagement, following: Engagement, by: User) -> int:
    standing = engagement.organisations.filter(removed_at=None)
    for one in standing:
        profile = Profile(
            name=one.name,
            services=one.services,
            method=one.method,
            complementary_controls=one.complementary_controls,
            monitoring=one.monitoring,
        )
        organisations.add_organisation(following, profile=profile, by=by)
    return len(standing)


def _carry_customers(engagement: Engagement, following: Engagement, by: User) -> int:
    wordings = organisations.latest_wordings(engagement)
    for one in wordings:
        organisations.add_user_entity_control(
            following, criterion=one.control.criterion, text=one.text, by=by
        )
    return len(wordings)


def _carry_texts(engagement: Engagement, following: Engagement, by: User) -> int:
    texts = {name: row for name, row in description.current(engagement).items() if row.text}
    for name, row in texts.items():
        description.record_text(following, name, row.text, number=1, by=by, carried_from=row)
    return len(texts)


def _tell(engagement: Engagement, carried: Carried, by: User) -> None:
    ledger.append(
        "engagement.rolled_forward",
        subject=carried.engagement.ref,
        body={
            "previous": engagement.ref,
            "categories": carried.categories,
            "organisations": carried.organisations,
            "user_entity_controls": carried.user_entity_controls,
            "sections": carried.sections,
            "days_between": carried.days_between,
        },
        actor=actor(by),
    )
