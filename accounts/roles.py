"""Who holds which role: the roles come from roles.yaml, the grants from people."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.db import models, transaction

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import ALL, Capability
from accounts.errors import RoleError
from accounts.models import Role, RoleGrant, User

ADMINISTRATOR = "administrator"
AUDITOR = "auditor"
MERCHANT = "merchant"
ALONE = frozenset({AUDITOR, MERCHANT})
"""Roles of people outside, which nobody holds beside another."""
FILE = Path(__file__).with_name("roles.yaml")


@dataclass(frozen=True)
class Wording:
    """A role as the file words it."""

    slug: str
    title: str
    is_staff: bool
    capabilities: list[str]


def read(file: Path = FILE) -> list[Wording]:
    """Return the roles of the file; raises RoleError where it says what no role can be."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RoleError(f"{file.name} cannot be read: {error}") from error
    if not isinstance(content, Mapping) or ADMINISTRATOR not in content:
        raise RoleError(f"{file.name} must hold one entry for each role, {ADMINISTRATOR} included.")
    return [_wording(file, str(slug), entry) for slug, entry in content.items()]


def sync(file: Path = FILE) -> list[str]:
    """Make the stored roles say what the file says; return the slugs that changed.

    Safe to repeat: a second call changes nothing. A role that left the file goes, unless somebody
    holds it or was invited to it: then RoleError says so and nothing changes.
    """
    with transaction.atomic():
        wordings = read(file)
        changed = [wording.slug for wording in wordings if _store(wording)]
        for role in Role.objects.exclude(slug__in=[wording.slug for wording in wordings]):
            _drop(role)
            changed.append(role.slug)
    return changed


def grant(user: User, *, role: str, by: User) -> RoleGrant:
    """Give a person a role, which may hold no more than its giver does."""
    with transaction.atomic():
        wanted = named(role)
        refuse_overreach(wanted, by=by)
        if by.pk == user.pk:
            raise RoleError("Nobody gives a role to themself. Ask another administrator.")
        given = give(user, wanted, by=by)
        journal.tell(
            "role.granted", subject=actor(user), body={"role": wanted.slug}, actor=actor(by)
        )
    return given


def withdraw(user: User, *, role: str, by: User) -> None:
    """Take a role from a person; the last active administrator keeps theirs."""
    with transaction.atomic():
        wanted = named(role)
        refuse_overreach(wanted, by=by)
        if wanted.slug == ADMINISTRATOR:
            refuse_without_administrator(user)
        taken, _ = RoleGrant.objects.filter(user=user, role=wanted).delete()
        if not taken:
            raise RoleError(f"{user} does not hold the role {wanted}.")
        _settle(user)
        journal.tell(
            "role.withdrawn", subject=actor(user), body={"role": wanted.slug}, actor=actor(by)
        )


def named(slug: str) -> Role:
    """Return a role, locked until the end of the transaction: grants of one role queue up."""
    try:
        return Role.objects.select_for_update().get(slug=slug)
    except Role.DoesNotExist as error:
        raise RoleError(f"There is no role {slug!r}.") from error


def give(user: User, role: Role, *, by: User | None) -> RoleGrant:
    """Store a grant whose giver has been checked; part of the deeds that grant and accept."""
    # The person is locked so that two grants at once cannot make an auditor of an engineer.
    if not User.objects.select_for_update().get(pk=user.pk).is_active:
        raise RoleError(f"{user} is not active. Activate the account first.")
    held = set(user.roles.values_list("slug", flat=True))
    if role.slug in held:
        raise RoleError(f"{user} holds the role {role} already.")
    if held and AUDITOR in held | {role.slug}:
        raise RoleError("An auditor holds no other role: who audits must be independent.")
    if held and ALONE & (held | {role.slug}):
        raise RoleError("A merchant holds no other role: merchants see their own forms only.")
    given = RoleGrant.objects.create(user=user, role=role, granted_by=by)
    _settle(user)
    return given


def refuse_overreach(role: Role, *, by: User) -> None:
    """Raise RoleError where `by` may not hand out, or take away, what the role holds."""
    if not can(by, Capability.MANAGE_PEOPLE):
        raise RoleError(f"{by} may not manage people. Ask an administrator.")
    if not role.held <= by.held:
        raise RoleError(f"The role {role} may do more than {by}. Ask an administrator.")


def refuse_without_administrator(leaving: User) -> None:
    """Raise RoleError where nobody but the one who leaves is an active administrator."""
    named(ADMINISTRATOR)  # Locks the role, so that two administrators cannot both leave at once.
    if not administrators().exclude(pk=leaving.pk).exists():
        raise RoleError("The last administrator stays. Make another person administrator first.")


def administrators() -> models.QuerySet[User]:
    """The people who may do everything and are active."""
    return User.objects.filter(is_active=True, grants__role__slug=ADMINISTRATOR)


def _settle(user: User) -> None:
    """Bring the person's staff mark in line with the roles held now."""
    user.is_staff = user.roles.filter(is_staff=True).exists()
    user.save(update_fields=["is_staff"])
    user.forget_held()


def _wording(file: Path, slug: str, entry: object) -> Wording:
    match entry:
        case {"title": str(title), "staff": bool(staff), "capabilities": [*words]}:
            pass
        case _:
            raise RoleError(
                f"{file.name}: {slug} needs a title, staff: true or false, and capabilities."
            )
    unknown = [word for word in words if word != ALL and word not in set(Capability)]
    if unknown:
        raise RoleError(f"{file.name}: {slug} names unknown capabilities: {unknown}.")
    return Wording(slug, title, staff, sorted(words))


def _store(wording: Wording) -> bool:
    wanted = {
        "title": wording.title,
        "is_staff": wording.is_staff,
        "capabilities": wording.capabilities,
    }
    role = Role.objects.filter(slug=wording.slug).first() or Role(slug=wording.slug)
    if role.pk and wanted == {name: getattr(role, name) for name in wanted}:
        return False
    for name, value in wanted.items():
        setattr(role, name, value)
    role.save()
    for holder in User.objects.filter(grants__role=role):
        _settle(holder)
    journal.tell("role.defined", subject=f"role:{role.slug}", body=wanted, actor="system")
    return True


def _drop(role: Role) -> None:
    if role.grants.exists() or role.invitations.exists():
        raise RoleError(f"The role {role} left the file, but people hold it or were invited to it.")
    journal.tell("role.dropped", subject=f"role:{role.slug}", body={}, actor="system")
    role.delete()
