"""Staff at their desks: browsers that are signed in already, for stories of several people."""

from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests import cast
from tests.e2e.journey import LONG


def desk(browser: Browser, live_server: LiveServer, user: User) -> Page:
    """Return a page of a browser of its own, in which a person is signed in."""
    session = cast.sign_in(Client(), user).cookies["sessionid"].value
    context = browser.new_context(base_url=live_server.url)
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    context.set_default_timeout(LONG)
    return context.new_page()


def go(page: Page, path: str) -> Page:
    page.goto(f"/admin/{path}")
    return page


def said(page: Page) -> str:
    return page.inner_text("#content")
