"""Addresses of the sign-in; of django-allauth's pages only those that we mean to have."""

from allauth.account import views as account
from allauth.socialaccount import views as single_sign_on
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from compliance.signin import clocks, leaked, sessions, views

_to_login = RedirectView.as_view(pattern_name="account_login", query_string=True)

_factors: list[URLPattern | URLResolver] = [
    path("totp/activate/", views.EnrolApp.as_view(), name="mfa_activate_totp"),
]
if settings.PASSKEYS:
    _factors.append(
        path("webauthn/add/", views.EnrolPasskey.as_view(), name="mfa_add_webauthn"),
    )
_factors.append(path("", include("allauth.mfa.urls")))

_accounts: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include(_factors)),
    path("sessions/", sessions.own_sessions, name="sessions"),
    path("time-zone/", clocks.own_zone, name="time_zone"),
    path(
        "3rdparty/login/cancelled/",
        single_sign_on.login_cancelled,
        name="socialaccount_login_cancelled",
    ),
    path("3rdparty/login/error/", single_sign_on.login_error, name="socialaccount_login_error"),
    path("oidc/<str:provider_id>/login/", views.single_sign_on, name="openid_connect_login"),
    path(
        "oidc/<str:provider_id>/login/callback/",
        openid_connect.callback,
        name="openid_connect_callback",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("welcome/<str:secret>/", views.welcome, name="welcome"),
    path("leaked-token/", leaked.leaked, name="leaked_token"),
    path("accounts/", include(_accounts)),
    # The admin brings sign-in pages of its own, which know no second factor.
    path("admin/login/", _to_login),
    path("admin/logout/", account.logout),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
]
