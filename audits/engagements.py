"""Opening and closing an engagement, what is in its scope, and who may look at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days, deviations, gates
from audits.errors import AuditsError, CategoryError, ClosedError, MemberError
from audits.models import BoundInvitation, Engagement, EngagementCategory, EngagementMember
from controls.models import Criterion, Framework
from evidence import ledger
from jobs import queue

SECURITY = "Security"
"""The category that every SOC 2 report covers."""


@dataclass(frozen=True)
class Fieldwork:
    """The days, both included, on which the auditor works."""

    start: date
    end: date


class _Choice(NamedTuple):
    name: str
    reason: str
    ground: str


Ground = EngagementCategory.Ground


def open_engagement(
    title: str,
    *,
    type: str,  # noqa: A002  # the field's own word
    framework: Framework,
    window_from: date,
    window_to: date,
    categories: Mapping[str, str],
    by: User,
    grounds: Mapping[str, str] | None = None,
    firm: str = "",
    fieldwork: Fieldwork | None = None,
    freeze_on: date | None = None,
    previous: Engagement | None = None,
) -> Engagement:
    """Open an engagement; `categories` maps each chosen category to the reason for choosing it.

    `grounds` says what each reason rests on (a `Ground`), `freeze_on` is the last day on which the
    scope may change. Raises NotAllowedError, WindowError, CategoryError.
    """
    gates.refuse_stranger(by)
    if fieldwork:
        gates.refuse_disorder("fieldwork", fieldwork.start, fieldwork.end)
    chosen = _chosen(framework, categories, grounds or {})
    engagement = Engagement(
        title=_fit_title(title),
        type=Engagement.Type(type),
        framework=framework,
        firm=firm.strip(),
        window_from=window_from,
        window_to=window_to,
        fieldwork_from=fieldwork.start if fieldwork else None,
        fieldwork_to=fieldwork.end if fieldwork else None,
        freeze_on=freeze_on,
        previous=previous,
        created_by=by,
    )
    gates.refuse_wrong_dates(engagement)
    _record(engagement, chosen)
    return engagement


def _fit_title(title: str) -> str:
    if not title.strip():
        raise AuditsError("Give the engagement a title.")
    return title.strip()


def choose_categories(
    engagement: Engagement,
    *,
    categories: Mapping[str, str],
    by: User,
    grounds: Mapping[str, str] | None = None,
) -> None:
    """Replace the categories in scope; packs that were frozen before keep theirs."""
    gates.refuse_stranger(by)
    chosen = _chosen(engagement.framework, categories, grounds or {})
    with transaction.atomic():
        ledger.lock()
        gates.refuse_frozen(engagement)
        engagement.categories.all().delete()
        _write_categories(engagement, chosen)
        ledger.append(
            "engagement.categories",
            subject=engagement.ref,
            body={"categories": _reasons(chosen)},
            actor=actor(by),
        )


def add_member(
    engagement: Engagement,
    *,
    user: User,
    access_until: date,
    by: User,
    role: str = EngagementMember.Role.AUDITOR,
) -> EngagementMember:
    """Let a person see the engagement in the portal, up to and including a day."""
    gates.refuse_stranger(by)
    if not can(user, Capability.OPEN_PORTAL):
        message = f"{user} may not open the auditors' portal. Give the role of an auditor first."
        raise MemberError(message)
    if access_until < days.today():
        raise MemberError(f"Access until {access_until} is over already. Choose a later day.")
    with transaction.atomic():
        ledger.lock()
        gates.refuse_frozen(engagement)
        if engagement.members.filter(user=user, removed_at__isnull=True).exists():
            raise MemberError(f"{user} is a member already. Remove the membership to change it.")
        return record_member(engagement, user, role=role, access_until=access_until, by=by)


def record_member(
    engagement: Engagement,
    user: User,
    *,
    role: str,
    access_until: date,
    by: User,
    invited_with: BoundInvitation | None = None,
) -> EngagementMember:
    """Store a membership that a deed has checked, with its leaf; inside that deed's transaction."""
    member = EngagementMember.objects.create(
        engagement=engagement,
        user=user,
        role=EngagementMember.Role(role),
        access_until=access_until,
        added_by=by,
        invited_with=invited_with,
    )
    ledger.append(
        "engagement.member_added",
        subject=engagement.ref,
        body={"member": actor(user), "role": member.role, "access_until": access_until.isoformat()},
        actor=actor(by),
    )
    return member


def remove_member(member: EngagementMember, *, by: User) -> None:
    """End a person's access to an engagement at once."""
    gates.refuse_stranger(by)
    with transaction.atomic():
        ledger.lock()
        now = timezone.now()
        standing = EngagementMember.objects.filter(pk=member.pk, removed_at__isnull=True)
        if not standing.update(removed_at=now):
            raise MemberError(f"{member.user} was removed already.")
        member.removed_at = now
        ledger.append(
            "engagement.member_removed",
            subject=member.engagement.ref,
            body={"member": actor(member.user)},
            actor=actor(by),
        )


def close_engagement(engagement: Engagement, *, by: User) -> None:
    """Close an engagement; members keep their access until the day they were given."""
    gates.refuse_stranger(by)
    with transaction.atomic():
        ledger.lock()
        now = timezone.now()
        if not Engagement.objects.filter(pk=engagement.pk, closed_at=None).update(closed_at=now):
            raise ClosedError(f"{engagement.ref} is closed already.")
        engagement.closed_at = now
        ledger.append("engagement.closed", subject=engagement.ref, body={}, actor=actor(by))


@transaction.atomic
def _record(engagement: Engagement, chosen: Sequence[_Choice]) -> None:
    # The log's lock also keeps two engagements from taking the same number.
    ledger.lock()
    engagement.ref = _next_ref()
    engagement.save(force_insert=True)
    _write_categories(engagement, chosen)
    ledger.append(
        "engagement.opened",
        subject=engagement.ref,
        body={
            "type": engagement.type,
            "framework": engagement.framework.slug,
            "window_from": engagement.window_from.isoformat(),
            "window_to": engagement.window_to.isoformat(),
            "freeze_on": engagement.freeze_on.isoformat() if engagement.freeze_on else "",
            "categories": _reasons(chosen),
        },
        actor=actor(engagement.created_by),
    )
    key = f"{deviations.KIND}:{engagement.ref}"
    queue.enqueue(deviations.KIND, key=key, payload={"engagement": engagement.pk})


def _chosen(
    framework: Framework, categories: Mapping[str, str], grounds: Mapping[str, str]
) -> list[_Choice]:
    """Return the categories in the framework's order with their reasons, or say what is wrong."""
    known = list(
        dict.fromkeys(
            Criterion.objects.filter(framework=framework)
            .order_by("position")
            .values_list("category", flat=True)
        )
    )
    if not categories:
        raise CategoryError(f"Choose at least one category of {framework}: {', '.join(known)}.")
    for category, reason in categories.items():
        if category not in known:
            message = f"{framework} has no category {category!r}; it has {', '.join(known)}."
            raise CategoryError(message)
        if not reason.strip():
            raise CategoryError(f"Say why {category} is in scope; auditors ask for the reason.")
    if SECURITY in known and SECURITY not in categories:
        raise CategoryError(f"Every report under {framework} covers {SECURITY}. Add it.")
    return [
        _Choice(name, categories[name].strip(), _ground(name, grounds))
        for name in known
        if name in categories
    ]


def _ground(category: str, grounds: Mapping[str, str]) -> str:
    """Return what the choice rests on; that of the obligatory category goes without saying."""
    named = grounds.get(category, "") or (Ground.REQUIRED if category == SECURITY else "")
    if named and named not in Ground.values:
        raise CategoryError(f"The ground of {category} is one of {', '.join(Ground.values)}.")
    return str(named)


def _write_categories(engagement: Engagement, chosen: Sequence[_Choice]) -> None:
    EngagementCategory.objects.bulk_create(
        EngagementCategory(
            engagement=engagement, category=each.name, reason=each.reason, ground=each.ground
        )
        for each in chosen
    )


def _reasons(chosen: Sequence[_Choice]) -> list[dict[str, str]]:
    """Return the categories for a leaf: a reason is free text, so only its digest is kept there."""
    return [
        {
            "category": each.name,
            "reason_sha256": journal.digest(each.reason),
            "ground": each.ground,
        }
        for each in chosen
    ]


def _next_ref() -> str:
    """Return the next reference of this year; the caller holds the log's lock."""
    prefix = f"ENG-{days.today().year}-"
    used = Engagement.objects.filter(ref__startswith=prefix).values_list("ref", flat=True)
    return f"{prefix}{max((int(ref.removeprefix(prefix)) for ref in used), default=0) + 1}"
