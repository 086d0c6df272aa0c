"""Engagements and packs in the staff door: the lists, and the page of each."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import pack_asks, summary, walkthroughs
from audits.coverage import State
from audits.models import Engagement, Pack, PackFile
from compliance.staff import engagement_description, engagement_scope, words
from compliance.staff.base import RoomAdmin
from compliance.staff.coverage import STATES, url_of_state
from compliance.staff.site import site
from evidence import checkpoint, exhibit
from jobs.models import Job
from reports import issue, verifier_page

_PACKS_SHOWN = 10
_VISITS_SHOWN = 10
_USUAL_ACCESS = timedelta(days=90)


@admin.register(Engagement, site=site)
class EngagementAdmin(RoomAdmin):
    intro = "The audits: what is judged, by whom, over which months."
    empty_words = "No engagement yet"
    empty_next = (
        "An engagement names the framework, the categories and the months of an audit; its"
        " coverage is computed from then on."
    )
    list_display = ["engagement", "type", "firm", "window", "latest_pack", "state"]
    list_filter = ["type"]
    detail_template = "staff/engagement.html"
    buttons = [("Open an engagement", "engagement_open", Capability.MANAGE_ENGAGEMENTS)]

    def dress(self, rows: Sequence[Any]) -> None:
        latest = (
            Pack.objects.filter(engagement=OuterRef("pk")).order_by("-number").values("number")[:1]
        )
        found = Engagement.objects.filter(pk__in=[row.pk for row in rows]).annotate(
            last=Subquery(latest)
        )
        numbers = dict(found.order_by().values_list("pk", "last"))
        for row in rows:
            row.last_pack = numbers[row.pk]

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        members = row.members.filter(removed_at=None).select_related("user").order_by("pk")
        totals = summary.of(row).totals
        packs = _with_files(row.packs.order_by("-number")[:_PACKS_SHOWN])
        user = request.user
        return {
            "title": row.title,
            "tiles": [
                {
                    "state": s.value,
                    "label": label,
                    "count": totals[s.value],
                    "url": url_of_state(row, s),
                }
                for s, label, _ in STATES
                if totals[s.value] or s is not State.EXEMPT
            ],
            "categories": row.categories.all(),
            "members": members,
            "could_join": _could_join({member.user_id for member in members}),
            "access_until": words.today() + _USUAL_ACCESS,
            "today": words.today(),
            "packs": packs,
            "reach": walkthroughs.reach_of(row),
            "populations": row.populations.select_related("control").order_by("-number")[:10],
            "visits": row.access_notes.select_related("user").order_by("-pk")[:_VISITS_SHOWN],
            "jobs": _writing(packs),
            "may_manage": can(user, Capability.MANAGE_ENGAGEMENTS),
            "may_invite": can(user, Capability.MANAGE_PEOPLE),
            "may_build": can(user, Capability.BUILD_PACK),
            "asked_packs": pack_asks.waiting(row),
            **engagement_scope.scope_of(row, user),
            **engagement_description.status_of(row),
        }

    @admin.display(description="Engagement")
    def engagement(self, row: Any) -> SafeString:
        return words.lines(row.title, row.ref)

    @admin.display(description="Window")
    def window(self, row: Any) -> str:
        return words.period(row.window_from, row.window_to)

    @admin.display(description="Latest pack")
    def latest_pack(self, row: Any) -> str:
        return f"Pack {row.last_pack}" if row.last_pack else "none yet"

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        return words.badge("inactive", "Closed") if row.closed_at else words.badge("active", "Open")


@admin.register(Pack, site=site)
class PackAdmin(RoomAdmin):
    intro = "Frozen selections of evidence, each bound by the log and verifiable without us."
    empty_words = "No pack was built yet"
    empty_next = "A pack is built on the page of an engagement, and frozen as it was then."
    empty_links = [("Go to the engagements", "audits_engagement_changelist", Capability.VIEW)]
    list_display = ["pack", "of_engagement", "items", "shortfall", "sealed_at", "digest", "state"]
    list_select_related = ["engagement"]
    detail_template = "staff/pack.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("selection")

    def dress(self, rows: Sequence[Any]) -> None:
        _with_files(rows)

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        _with_files([row])
        return {
            "title": f"Pack {row.ref}",
            "proof": exhibit.proof(row.ledger_entry),
            "vkey": checkpoint.vkey(),
            "verifiers": verifier_page.published(),
            "jobs": _writing([row]),
            "file_name": issue.file_name(row),
        }

    @admin.display(description="Pack")
    def pack(self, row: Any) -> str:
        return str(row.ref)

    @admin.display(description="Engagement")
    def of_engagement(self, row: Any) -> str:
        return str(row.engagement.title)

    @admin.display(description="Items")
    def items(self, row: Any) -> str:
        return f"{row.item_count:,}"

    @admin.display(description="Shortfall")
    def shortfall(self, row: Any) -> str:
        return f"{row.shortfall_count:,}"

    @admin.display(description="SHA-256 of the file")
    def digest(self, row: Any) -> SafeString | str:
        return words.short_digest(row.stored.sha256) if row.stored else words.NOTHING

    @admin.display(description="File")
    def state(self, row: Any) -> SafeString:
        if row.stored:
            return words.badge("complete", words.size(row.stored.size))
        return words.badge("waiting", "Not written yet")


def _could_join(inside: set[int]) -> list[User]:
    """The people who may open the portal and are no members yet, those from outside first."""
    people = User.objects.filter(is_active=True).exclude(pk__in=inside).prefetch_related("roles")
    return [
        each for each in people.order_by("is_staff", "email") if can(each, Capability.OPEN_PORTAL)
    ]


def _with_files(packs: Sequence[Any]) -> list[Any]:
    """Attach the finished file to each pack, where there is one."""
    rows = list(packs)
    files = {
        each.pack_id: each for each in PackFile.objects.filter(pack__in=[row.pk for row in rows])
    }
    for row in rows:
        row.stored = files.get(row.pk)
    return rows


def _writing(packs: Sequence[Any]) -> list[Job]:
    """The jobs that write the files of packs and are not done."""
    keys = [f"{issue.KIND}:{pack.pk}" for pack in packs if not pack.stored]
    found = Job.objects.filter(key__in=keys).exclude(state=Job.State.DONE)
    return list(found.order_by("-pk"))
