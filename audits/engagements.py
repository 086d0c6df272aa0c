"""Opening and closing an engagement, what is in its scope, and who may look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days, deviations
from audits.errors import (
    AuditsError,
    CategoryError,
    ClosedError,
    MemberError,
    NotAllowedError,
    WindowError,
)
from audits.models import Engagement, EngagementCategory, EngagementMember
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


def open_engagement(
    title: str,
    *,
    type: str,  # noqa: A002  # the field's own word
    framework: Framework,
    window_from: date,
    window_to: date,
    categories: Mapping[str, str],
    by: User,
    firm: str = "",
    fieldwork: Fieldwork | None = None,
) -> Engagement:
    """Open an engagement; `categories` maps each chosen category to the reason for choosing it.

    Raises NotAllowedError, WindowError, CategoryError.
    """
    _refuse_stranger(by)
    if not title.strip():
        raise AuditsError("Give the engagement a title.")
    _refuse_disorder("observation window", window_from, window_to)
    if fieldwork:
        _refuse_disorder("fieldwork", fieldwork.start, fieldwork.end)
    chosen = _chosen(framework, categories)
    engagement = Engagement(
        title=title.strip(),
        type=Engagement.Type(type),
        framework=framework,
        firm=firm.strip(),
        window_from=window_from,
        window_to=window_to,
        fieldwork_from=fieldwork.start if fieldwork else None,
        fieldwork_to=fieldwork.end if fieldwork else None,
        created_by=by,
    )
    _record(engagement, chosen)
    return engagement


def choose_categories(engagement: Engagement, *, categories: Mapping[str, str], by: User) -> None:
    """Replace the categories in scope; packs that were frozen before keep theirs."""
    _refuse_stranger(by)
    _refuse_closed(engagement)
    chosen = _chosen(engagement.framework, categories)
    with transaction.atomic():
        ledger.lock()
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
    _refuse_stranger(by)
    _refuse_closed(engagement)
    if not can(user, Capability.OPEN_PORTAL):
        message = f"{user} may not open the auditors' portal. Give the role of an auditor first."
        raise MemberError(message)
    if access_until < days.today():
        raise MemberError(f"Access until {access_until} is over already. Choose a later day.")
    with transaction.atomic():
        ledger.lock()
        if engagement.members.filter(user=user, removed_at__isnull=True).exists():
            raise MemberError(f"{user} is a member already. Remove the membership to change it.")
        member = EngagementMember.objects.create(
            engagement=engagement,
            user=user,
            role=EngagementMember.Role(role),
            access_until=access_until,
            added_by=by,
        )
        ledger.append(
            "engagement.member_added",
            subject=engagement.ref,
            body={
                "member": actor(user),
                "role": member.role,
                "access_until": access_until.isoformat(),
            },
            actor=actor(by),
        )
    return member


def remove_member(member: EngagementMember, *, by: User) -> None:
    """End a person's access to an engagement at once."""
    _refuse_stranger(by)
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
    _refuse_stranger(by)
    with transaction.atomic():
        ledger.lock()
        now = timezone.now()
        if not Engagement.objects.filter(pk=engagement.pk, closed_at=None).update(closed_at=now):
            raise ClosedError(f"{engagement.ref} is closed already.")
        engagement.closed_at = now
        ledger.append("engagement.closed", subject=engagement.ref, body={}, actor=actor(by))


@transaction.atomic
def _record(engagement: Engagement, chosen: Mapping[str, str]) -> None:
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
            "categories": _reasons(chosen),
        },
        actor=actor(engagement.created_by),
    )
    key = f"{deviations.KIND}:{engagement.ref}"
    queue.enqueue(deviations.KIND, key=key, payload={"engagement": engagement.pk})


def _refuse_stranger(by: User) -> None:
    if not can(by, Capability.MANAGE_ENGAGEMENTS):
        raise NotAllowedError(f"{by} may not manage engagements. Ask an administrator.")


def _refuse_closed(engagement: Engagement) -> None:
    if Engagement.objects.filter(pk=engagement.pk, closed_at__isnull=False).exists():
        raise ClosedError(f"{engagement.ref} is closed. Open a new engagement.")


def _refuse_disorder(what: str, start: date, end: date) -> None:
    if end < start:
        message = f"The {what} ends on {end}, before it starts on {start}. Swap or correct them."
        raise WindowError(message)


def _chosen(framework: Framework, categories: Mapping[str, str]) -> dict[str, str]:
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
    return {name: categories[name].strip() for name in known if name in categories}


def _write_categories(engagement: Engagement, chosen: Mapping[str, str]) -> None:
    EngagementCategory.objects.bulk_create(
        EngagementCategory(engagement=engagement, category=name, reason=reason)
        for name, reason in chosen.items()
    )


def _reasons(chosen: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the categories for a leaf: a reason is free text, so only its digest is kept there."""
    return [
        {"category": name, "reason_sha256": journal.digest(reason)}
        for name, reason in chosen.items()
    ]


def _next_ref() -> str:
    """Return the next reference of this year; the caller holds the log's lock."""
    prefix = f"ENG-{days.today().year}-"
    used = Engagement.objects.filter(ref__startswith=prefix).values_list("ref", flat=True)
    return f"{prefix}{max((int(ref.removeprefix(prefix)) for ref in used), default=0) + 1}"
