"""Deeds around policies: ask people to read a version, and say that one has read it oneself."""

from datetime import date

from django.db import transaction

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger
from evidence.models import LedgerEntry
from registers import entries, relations, values
from registers.base import Values
from registers.errors import NotAllowedError, RegistersError
from registers.keys import digest_of, key_of
from registers.models import Entry
from registers.registry import Register, get
from registers.writing import Draft

POLICIES, ACKNOWLEDGEMENTS = "policies", "acknowledgements"


def ask(policy: Entry, *, until: date, today: date, by: User) -> int:
    """Ask all active staff to read a version of a policy; return how many were asked anew.

    Raises NotAllowedError, RegistersError.
    """
    entries.refuse_stranger(by)
    if until < today:
        raise RegistersError("This day has passed. Give people some days to read.")
    register = get(ACKNOWLEDGEMENTS)
    with transaction.atomic():
        ledger.lock()
        title, version = _standing(policy)
        staff = User.objects.filter(is_active=True, is_staff=True).order_by("email")
        wanted = {
            digest_of((title, version, email)): email
            for email in staff.values_list("email", flat=True)
        }
        known = Entry.objects.filter(register=register.slug, key__in=wanted)
        for key in known.values_list("key", flat=True):
            del wanted[key]
        drafts = [Draft(_said(register, policy, email, today, until)) for email in wanted.values()]
        if drafts:
            leaf = _tell("asked", policy, [draft.values for draft in drafts], by)
            entries.write(register, drafts, leaf=leaf, by=by, reason="Asked to read it.")
    return len(drafts)


def acknowledge(policy: Entry, *, today: date, by: User) -> Entry:
    """Say that one has read a version of a policy; nobody can say it for somebody else here.

    Raises NotAllowedError, RegistersError.
    """
    if not can(by, Capability.VIEW):
        raise NotAllowedError("Only staff acknowledges policies here.")
    register = get(ACKNOWLEDGEMENTS)
    with transaction.atomic():
        ledger.lock()
        _standing(policy)
        fresh = {**_said(register, policy, by.email, today, today), "read_on": today}
        known = Entry.objects.filter(register=register.slug, key=key_of(register, fresh)).first()
        if known and known.is_active and known.values.get("read_on"):
            return known
        said = fresh
        if known:
            said = {**values.opened(register.fields, known.values), "read_on": today}
        leaf = _tell("acknowledged", policy, [said], by)
        (made,) = entries.write(
            register, [Draft(said, known)], leaf=leaf, by=by, reason="Read by the person."
        )
    return made


def reading_of(policy: Entry) -> tuple[int, int]:
    """Return how many have read a version, and how many were asked or have read it."""
    asked = relations.naming_entry(policy).filter(register=ACKNOWLEDGEMENTS, is_active=True)
    # An acknowledgement has a due day until it is read.
    return asked.filter(due_on__isnull=True).count(), asked.count()


def has_read(policy: Entry, person: User) -> bool:
    """Return whether a person has read a version of a policy."""
    title, version = _named(policy)
    key = digest_of((title, version, person.email))
    known = Entry.objects.filter(register=ACKNOWLEDGEMENTS, key=key, is_active=True).first()
    return bool(known and known.values.get("read_on"))


def _standing(policy: Entry) -> tuple[str, str]:
    current = Entry.objects.select_for_update().get(pk=policy.pk)
    if current.register != POLICIES or not current.is_active:
        raise RegistersError(f"{current.ref} is no policy that stands.")
    return _named(current)


def _named(policy: Entry) -> tuple[str, str]:
    return str(policy.values["title"]), str(policy.values["version"])


def _said(register: Register, policy: Entry, email: str, asked: date, until: date) -> Values:
    title, version = _named(policy)
    said: Values = {
        "policy": title,
        "version": version,
        "person": email,
        "asked_on": asked,
        "until": until,
    }
    return {name: said.get(name) for name in register.fields}


def _tell(deed: str, policy: Entry, said: list[Values], by: User) -> LedgerEntry:
    return ledger.append(
        f"policy.{deed}",
        subject=f"register:{POLICIES}/{policy.ref}",
        body={"people": len(said), "values_sha256": entries.digest(said)},
        actor=actor(by),
    )
