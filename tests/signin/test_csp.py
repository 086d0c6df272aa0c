"""Headers of every answer: a strict policy, one concession under /admin/, none elsewhere."""

import pytest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from compliance.csp import PolicyMiddleware

pytestmark = pytest.mark.django_db

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def policy(response: HttpResponseBase) -> dict[str, str]:
    parts = response["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


@pytest.mark.parametrize(
    "path", ["/", "/accounts/login/", "/welcome/x/", "/portal/", "/no/such/page/", "/administer/"]
)
def test_the_policy_is_strict_everywhere(client: Client, path: str) -> None:
    assert policy(client.get(path)) == STRICT


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/no/such/page/"])
def test_the_admin_may_evaluate_expressions_and_no_more(client: Client, path: str) -> None:
    expected = {**STRICT, "script-src": "'self' 'unsafe-eval'"}
    assert policy(client.get(path)) == expected


def test_a_view_can_still_set_a_policy_of_its_own() -> None:
    response = HttpResponse()
    response._csp_config = {"default-src": ["'none'"]}  # type: ignore[attr-defined]
    middleware = PolicyMiddleware(lambda _request: response)
    sent = middleware.process_response(RequestFactory().get("/admin/file/"), response)
    assert policy(sent) == {"default-src": "'none'"}


def test_the_other_headers_are_there(client: Client) -> None:
    response = client.get("/accounts/login/")
    assert "camera=()" in response["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in response["Permissions-Policy"]
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
