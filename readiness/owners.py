"""Whose a task is that names a person: theirs while they are here, else the compliance lead's."""

from typing import NamedTuple

from accounts.models import User

LEAD = "compliance-lead"
_LEAD_WORDS = "Compliance lead"


class Owner(NamedTuple):
    """Whose a task is, in the terms of a task, and what there is to note about it."""

    person: int | None
    role: str
    words: str
    note: str = ""


def owner_of(person: User | None, *, role: str = LEAD, words: str = _LEAD_WORDS) -> Owner:
    """Return whose it is: the person's, or the role's where there is none or they have left.

    Who left does nothing any more, so what is theirs on paper would wait for nobody.
    """
    if person is None:
        return Owner(None, role.replace("_", "-"), words)
    if person.is_active and person.is_staff:
        return Owner(person.pk, "", str(person))
    return Owner(None, LEAD, _LEAD_WORDS, f"{person}, whose it is, has left: give it to another.")


def noted(*notes: str) -> str:
    """Return notes as one, without those that say nothing."""
    return " ".join(filter(None, notes))
