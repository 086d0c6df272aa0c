"""What every list and every page of the staff door has in common."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from accounts.access import can
from accounts.capabilities import Capability
from accounts.errors import AccountsError
from accounts.models import User
from audits.errors import AuditsError
from collectors.errors import CollectorError
from compliance.staff import filter_shelf
from compliance.staff.site import StaffSite
from controls.errors import ControlsError
from evidence.errors import EvidenceError
from jobs.errors import JobsError
from merchants.errors import MerchantsError
from readiness.errors import ReadinessError
from registers.errors import RegistersError
from reports.errors import ReportsError

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    from django.contrib.admin.views.main import ChangeList as _ChangeList

    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator
    _ModelAdmin = ModelAdmin
    _ChangeList = ChangeList

T = TypeVar("T")

PER_PAGE = 50
COUNTED = 5_000
"""So many rows of a list are counted and paged through; beyond, a filter or a search is needed."""

REFUSALS = (
    AccountsError,
    JobsError,
    ControlsError,
    EvidenceError,
    CollectorError,
    AuditsError,
    MerchantsError,
    ReadinessError,
    RegistersError,
    ReportsError,
)
"""What the rooms raise when a deed is not possible; the message is for the person who tried."""


class BoundedPaginator(_Paginator):
    """Counts only so far: the cost of a list must not grow with all that is stored."""

    counted = COUNTED

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by()[: self.counted + 1].count()

    @cached_property
    def num_pages(self) -> int:
        return max(1, -(-min(self.count, self.counted) // self.per_page))

    @property
    def is_cut(self) -> bool:
        return self.count > self.counted


class Shelf(_ChangeList):
    """One page of a list, with what is said of its rows fetched for those rows only."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        self.result_list = rows
        if isinstance(self.model_admin, RoomAdmin):
            self.model_admin.dress(rows)


class RoomAdmin(_ModelAdmin):
    """A list to read; deeds have pages of their own, so nothing is written through a model form."""

    needs = Capability.VIEW
    actions = None
    paginator = BoundedPaginator
    list_per_page = PER_PAGE
    show_full_result_count = False
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "staff/list.html"
    detail_template = ""
    heading = ""
    """The title of the list, where it is not that of the model."""
    intro = ""
    empty_words = "Nothing here yet."
    empty_next = ""
    """What somebody does, or what happens by itself, so that the list does not stay empty."""
    empty_links: Sequence[tuple[str, str, Capability]] = ()
    """Where that is done, beside the buttons of the list; in the order of buttons."""
    is_found = True
    """Whether the list's own search, if it has one, also answers where one looks for anything."""
    buttons: Sequence[tuple[str, str, Capability]] = ()
    """Label, name of the page, and what the person must hold to see the button."""

    admin_site: StaffSite

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return can(request.user, self.needs)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return can(request.user, self.needs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Shelf]:
        return Shelf

    def get_urls(self) -> list[URLPattern]:
        """Only the list and the page of one row: what is not there cannot be left open."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        found = [path("", wrap(require_safe(self.changelist_view)), name=f"{name}_changelist")]
        if self.detail_template:
            detail = wrap(require_safe(self.detail_view))
            found.append(path("<str:key>/", detail, name=f"{name}_change"))
        return found

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if any("\0" in value for name, value in request.GET.items() if name != "q"):
            # No row can fit, and not every database can even be asked.
            return redirect(request.path)
        if opening := filter_shelf.opening(request):
            return redirect(f"{request.path}{opening}")
        shown = [button for button in self.buttons if can(request.user, button[2])]
        context = {
            "buttons": shown,
            "empty_links": [one for one in self.empty_links if can(request.user, one[2])],
            "title": self.heading or str(self.opts.verbose_name_plural).capitalize(),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def detail_view(self, request: HttpRequest, key: str) -> HttpResponseBase:
        row = self.row(request, key)
        context = {"title": str(row), "row": row, "opts": None, **self.detail(request, row)}
        return self.admin_site.render(request, self.detail_template, context)

    def row(self, request: HttpRequest, key: str) -> Any:
        """Return the row of a page, or raise 404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, key)
        if row is None:
            raise Http404
        return row

    def detail(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of one row says beside the row itself."""
        return {}

    def dress(self, rows: Sequence[Any]) -> None:
        """Attach to the rows of one page what their cells need, in a fixed number of queries."""


def attempt(request: HttpRequest, deed: Callable[[], T], *, done: str = "") -> T | None:
    """Do a deed of a room; its refusal becomes a message, and the answer None.

    Without words for `done` the caller tells of it.
    """
    try:
        result = deed()
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
        return None
    if done:
        messages.success(request, done)
    return result


def person(request: HttpRequest) -> User:
    """The signed-in person; the door let nobody else in."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user


def typed(request: HttpRequest, name: str) -> str:
    """A word that was sent outside of a form; no database keeps the character that ends strings."""
    return request.POST.get(name, "").replace("\0", "").strip()


def back(request: HttpRequest, otherwise: str) -> str:
    """Where a button leads afterwards: the page that it stood on, if that is one of ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return otherwise
