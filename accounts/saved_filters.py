"""Filters of long lists that people keep for themselves; a comfort, so no leaf tells of them."""

from collections.abc import Sequence

from django.db import transaction

from accounts.errors import SavedFilterError
from accounts.models import SavedFilter, User

MOST = 30
"""So many filters a person keeps of one list."""
LONGEST_NAME = 60
LONGEST_QUERY = 1000


def of(user: User, page: str = "") -> Sequence[SavedFilter]:
    """Return the filters of a person, all or those of one list, by their names."""
    if not user.keeps_filters:
        return []
    found = SavedFilter.objects.filter(user=user)
    return list(found.filter(page=page) if page else found)


def keep(user: User, *, page: str, name: str, query: str, is_default: bool = False) -> SavedFilter:
    """Keep a filter under a name, in the place of one that had it; raises SavedFilterError."""
    name = " ".join(name.split())
    if not name or not query:
        raise SavedFilterError
    if len(name) > LONGEST_NAME:
        raise SavedFilterError(f"A name has at most {LONGEST_NAME} characters.")
    if len(query) > LONGEST_QUERY:
        raise SavedFilterError("This choice is too long to be kept. Leave some of it out.")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        others = SavedFilter.objects.filter(user=user, page=page).exclude(name=name)
        if others.count() >= MOST:
            raise SavedFilterError(f"You keep {MOST} filters of this list. Delete one first.")
        kept, _ = SavedFilter.objects.update_or_create(
            user=user, page=page, name=name, defaults={"query": query}
        )
        if is_default:
            _open_with(kept)
        _note(user)
    return kept


def drop(user: User, key: int) -> SavedFilter:
    """Delete a filter and return what it was; raises SavedFilterError where it is not there."""
    with transaction.atomic():
        kept = _own(user, key)
        kept.delete()
        _note(user)
    return kept


def turn(user: User, key: int) -> SavedFilter:
    """Let the list open with a filter, or no longer with it; raises SavedFilterError."""
    with transaction.atomic():
        kept = _own(user, key)
        if kept.is_default:
            kept.is_default = False
            kept.save(update_fields=["is_default"])
        else:
            _open_with(kept)
    return kept


def _note(user: User) -> None:
    """Note on the person whether they keep any, so that who keeps none is never asked for them."""
    user.keeps_filters = SavedFilter.objects.filter(user=user).exists()
    user.save(update_fields=["keeps_filters"])


def _own(user: User, key: int) -> SavedFilter:
    User.objects.select_for_update().get(pk=user.pk)
    kept = SavedFilter.objects.filter(user=user, pk=key).first()
    if kept is None:
        raise SavedFilterError("This filter is not there any more.")
    return kept


def _open_with(kept: SavedFilter) -> None:
    SavedFilter.objects.filter(user=kept.user, page=kept.page, is_default=True).update(
        is_default=False
    )
    kept.is_default = True
    kept.save(update_fields=["is_default"])
