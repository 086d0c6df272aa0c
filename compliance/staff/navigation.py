"""The menu of the staff door: what each person may open, and how much waits there."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.access import can
from accounts.capabilities import Capability

_MENU: tuple[tuple[str, tuple[tuple[str, str, str, Capability], ...]], ...] = (
    (
        "",
        (
            ("My work", "task_alt", "work", Capability.VIEW),
            ("Overview", "space_dashboard", "index", Capability.VIEW),
            ("Coverage", "grid_view", "coverage", Capability.VIEW),
            ("Review queue", "rule", "review_queue", Capability.REVIEW_EVIDENCE),
        ),
    ),
    (
        "Readiness",
        (
            ("Readiness", "speed", "readiness", Capability.VIEW),
            ("Gaps", "low_priority", "gaps", Capability.VIEW),
            ("Plan", "checklist", "plan", Capability.VIEW),
        ),
    ),
    (
        "Evidence",
        (
            ("Evidence", "inventory_2", "evidence_evidence_changelist", Capability.VIEW),
            ("Quarantine", "shield_question", "evidence_quarantined_changelist", Capability.VIEW),
            ("Registers", "lists", "registers", Capability.VIEW),
            ("Forms", "assignment", "forms", Capability.VIEW),
            ("Review campaigns", "checklist_rtl", "campaigns", Capability.VIEW),
            ("Reconciliations", "balance", "reconciliations", Capability.VIEW),
            ("Breaks", "heart_broken", "breaks", Capability.VIEW),
            ("Merchants", "storefront", "merchants", Capability.VIEW),
            ("Ledger", "receipt_long", "evidence_ledgerentry_changelist", Capability.VIEW),
            ("Log and anchors", "anchor", "log", Capability.VIEW),
        ),
    ),
    (
        "Collecting",
        (
            ("Sources", "hub", "collectors_source_changelist", Capability.VIEW),
            ("Runs", "sync", "collectors_run_changelist", Capability.VIEW),
            ("Jobs", "pending_actions", "job_board", Capability.VIEW_JOBS),
        ),
    ),
    (
        "Audit",
        (
            ("Engagements", "fact_check", "audits_engagement_changelist", Capability.VIEW),
            ("Findings", "flag", "audits_finding_changelist", Capability.VIEW),
            ("Requests", "contact_support", "requests", Capability.VIEW),
            ("Populations", "dataset", "audits_sealedpopulation_changelist", Capability.VIEW),
            ("Packs", "package_2", "audits_pack_changelist", Capability.VIEW),
            ("Reports", "description", "papers", Capability.VIEW),
            ("Trust page", "handshake", "trust", Capability.SHARE_DOCUMENTS),
            ("Questionnaires", "quiz", "questionnaires", Capability.VIEW),
        ),
    ),
    (
        "Catalogue",
        (
            ("Controls", "shield_lock", "controls_control_changelist", Capability.VIEW),
            (
                "Expectations",
                "event_repeat",
                "controls_expectation_changelist",
                Capability.VIEW,
            ),
            ("Criteria", "menu_book", "controls_criterion_changelist", Capability.VIEW),
            ("Risks", "crisis_alert", "controls_risk_changelist", Capability.VIEW),
        ),
    ),
    (
        "People",
        (
            ("People", "group", "accounts_user_changelist", Capability.MANAGE_PEOPLE),
            ("Invitations", "mail", "accounts_invitation_changelist", Capability.MANAGE_PEOPLE),
            ("Roles", "badge", "accounts_role_changelist", Capability.MANAGE_PEOPLE),
            ("API tokens", "key", "accounts_apitoken_changelist", Capability.MANAGE_TOKENS),
        ),
    ),
)


@functools.cache
def titles() -> Mapping[str, str]:
    """The names of all pages of the menu, whoever may open them, and their titles."""
    return {name: title for _, entries in _MENU for title, _, name, _ in entries}


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the menu that hold anything for this person."""
    return [
        {"title": title, "separator": False, "items": _items(request, entries)}
        for title, entries in _MENU
    ]


def _items(
    request: HttpRequest, entries: Sequence[tuple[str, str, str, Capability]]
) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "icon": icon,
            "link": reverse(f"admin:{name}"),
            "active": _at(reverse(f"admin:{name}")),
        }
        for title, icon, name, needs in entries
        if can(request.user, needs)
    ]


def _at(link: str) -> Callable[[HttpRequest], bool]:
    """Say whether a page lies under a link; the first page lies above all others."""
    top = reverse("admin:index")

    def is_at(request: HttpRequest) -> bool:
        return request.path == link if link == top else request.path.startswith(link)

    return is_at
