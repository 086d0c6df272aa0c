"""Where tasks lead: the page of the staff door on which each is done, for every door that names it.

A source of tasks names a page of that door with its arguments; what needs more than that is here.
"""

from typing import NamedTuple

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from readiness.task import Task

_HAND_IN = "hand_in"
_LABELS = {
    _HAND_IN: "Add evidence",
    "evidence_evidence_change": "Review",
    "request": "Answer",
}
_USUAL = "Open"


class Way(NamedTuple):
    """The path of a page, and what a link to it says."""

    path: str
    label: str


def way(task: Task, user: User) -> Way:
    """Return where a person does a task; the list of tasks where there is no such page."""
    if task.page == _HAND_IN:
        return _hand_in(task, user)
    label = _LABELS.get(task.page, _USUAL)
    if task.page == "evidence_evidence_change" and not can(user, Capability.REVIEW_EVIDENCE):
        label = _USUAL
    try:
        return Way(reverse(f"admin:{task.page}", args=task.args), label)
    except NoReverseMatch:
        return Way(reverse("admin:work"), _USUAL)


def address(task: Task, user: User) -> str:
    """Return the whole address of the page, for mails and calendars."""
    return f"{settings.SITE_URL}{way(task, user).path}"


def _hand_in(task: Task, user: User) -> Way:
    expectation, control = task.args
    if can(user, Capability.SUBMIT_EVIDENCE):
        return Way(f"{reverse('admin:hand_in')}?expectation={expectation}", _LABELS[_HAND_IN])
    return Way(reverse("admin:controls_control_change", args=[control]), _USUAL)
