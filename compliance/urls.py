"""Doors of the house and their addresses."""

from django.urls import URLPattern, URLResolver, include, path

from compliance import hooks
from compliance.health import health, live, ready
from compliance.metrics import metrics
from compliance.staff.door import site as staff

urlpatterns: list[URLPattern | URLResolver] = [
    # First, because it takes the sign-in pages of the admin over.
    path("", include("compliance.signin.urls")),
    path("admin/", staff.urls),
    path("health/", health, name="health"),
    path("health/live/", live, name="health_live"),
    path("health/ready/", ready, name="health_ready"),
    path("metrics", metrics, name="metrics"),
    path("hooks/<slug:slug>", hooks.receive, name="hook"),
    path("portal/", include("compliance.portal.urls")),
    path("sign/", include("compliance.signing.urls")),
    path("trust/", include("compliance.trust.urls")),
    path("api/", include("compliance.api.urls")),
    path("finix/", include("compliance.api.finix.documents")),
    path("finix/", include("compliance.api.finix.urls")),
    path("", include("compliance.notices.urls")),
]
