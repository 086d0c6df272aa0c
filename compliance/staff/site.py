"""The staff door itself: who may enter, and which pages beside the lists of models it has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from allauth.account.decorators import reauthentication_required
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import RedirectView
from unfold.sites import UnfoldAdminSite

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User

if TYPE_CHECKING:
    _Site = admin.AdminSite
else:
    _Site = UnfoldAdminSite

View = Callable[..., Any]
_V = TypeVar("_V", bound=View)
READ = ("GET", "HEAD")
DO = ("POST",)
READ_AND_DO = (*READ, *DO)


@dataclass(frozen=True)
class Page:
    """A page of the door: its address, what one must hold to open it, and how it is asked."""

    route: str
    name: str
    view: View
    needs: Capability
    methods: tuple[str, ...]


class StaffSite(_Site):
    """Lets active staff in; each page and each list then asks for its own capability."""

    index_title = "Overview"
    index_template = "staff/dashboard.html"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.pages: list[Page] = []
        self.overview: Callable[[HttpRequest], dict[str, Any]] = lambda _request: {}
        self.home: Callable[[User], str] = lambda _user: ""

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_staff

    def admin_view(self, view: _V, cacheable: bool = False) -> _V:
        """Send strangers to the sign-in; a person who is signed in and no staff gets a refusal."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def refusing(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated and not self.has_permission(request):
                # Sending the person to the sign-in again would only send them back here.
                raise PermissionDenied
            return guarded(request, *args, **kwargs)

        return cast("_V", refusing)

    def page(
        self,
        route: str,
        *,
        name: str,
        needs: Capability,
        methods: Sequence[str] = READ,
        fresh: bool = False,
    ) -> Callable[[View], View]:
        """Register the decorated view as a page of the door, for those who hold a capability.

        A page that is `fresh` asks whoever signed in longer than FRESH_MINUTES ago to prove once
        more who they are, and then goes on with what they wanted.
        """

        def register(view: View) -> View:
            confirmed = reauthentication_required(view) if fresh else view

            @wraps(view)
            def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                if not can(request.user, needs):
                    raise PermissionDenied
                return confirmed(request, *args, **kwargs)

            answered = require_http_methods(list(methods))(guarded)
            self.pages.append(Page(route, name, answered, needs, tuple(methods)))
            return view

        return register

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our pages, the lists, and nothing else of the many pages that Django's admin brings."""
        own = [path(each.route, self.admin_view(each.view), name=each.name) for each in self.pages]
        lists = [
            path(f"{model._meta.app_label}/{model._meta.model_name}/", include(admin.urls))
            for model, admin in self._registry.items()
        ]
        return [
            path("", self.admin_view(require_safe(self.index)), name="index"),
            path("login/", RedirectView.as_view(pattern_name="account_login"), name="login"),
            path("logout/", RedirectView.as_view(pattern_name="account_logout"), name="logout"),
            *own,
            *lists,
        ]

    def index(  # type: ignore[override]  # it may also lead elsewhere
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The overview, the page that is home to the person, or where an empty house begins.

        Their content comes from whoever registered them, so the site knows no room.
        """
        if not can(request.user, Capability.VIEW):
            raise PermissionDenied
        if isinstance(request.user, User) and (home := self.home(request.user)):
            return redirect(home)
        overview = self.overview(request)
        if beginning := overview.get("beginning"):
            return redirect(beginning)
        context = {"title": self.index_title, **(extra_context or {})}
        return self.render(request, self.index_template, {**context, **overview})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The menu is ours: Django's own list of models is shown nowhere."""
        return []

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the inline style of the skin: its values stand in a file of ours."""
        return {**super().each_context(request), "colors": {}}

    def render(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
    ) -> TemplateResponse:
        """Return one of our own pages within the frame of the door."""
        request.current_app = self.name
        whole = {**self.each_context(request), **context}
        return TemplateResponse(request, template, whole, status=status)


site = StaffSite()
