"""The command that makes the first key."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from merchants.models import ApiUser, Application
from tests.finix.calls import Program
from tests.merchants import shops

pytestmark = pytest.mark.django_db


def made(**options: Any) -> Program:
    out = StringIO()
    call_command("add_api_user", stdout=out, **options)
    user, password = (line.split()[1] for line in out.getvalue().splitlines()[:2])
    return Program(ApiUser.objects.get(ref=user), password)


def test_it_makes_a_key_for_an_environment() -> None:
    program = made(environment="sandbox")
    assert program.get("applications").headers["Finix-Apiuser-Role"] == "ROLE_PLATFORM"


def test_it_makes_a_key_for_a_platform(platform: Application) -> None:
    program = made(environment="live", application=platform.ref)
    assert program.ids("applications") == [platform.ref]


def test_a_platform_of_the_other_environment_is_none(alice: User) -> None:
    other = shops.application(alice, environment="sandbox")
    with pytest.raises(CommandError, match="no platform"):
        made(environment="live", application=other.ref)
