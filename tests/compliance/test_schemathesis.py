"""schemathesis makes up calls from the OpenAPI document: none breaks us, all answers are in it.

The document is the one that is served. Each operation gets calls that keep to it and calls that do
not, half of them about things that are really there, by a token of all scopes.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from compliance.api import documents
from tests import cast
from tests.api import calls
from tests.audits.world import World
from tests.compliance.samples import Samples, routes
from tests.portal import house as houses

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OPERATIONS = sorted(
    (method.upper(), path)
    for path, methods in documents.schema()["paths"].items()
    for method in methods
)
EXAMPLES = 20
KEPT = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
_CONVERTER = re.compile(r"<\w+:(\w+)>")


@dataclass
class Api:
    """The served document, what is really there for its addresses, and a token."""

    schema: Any
    samples: Samples
    secret: str

    def real(self, path: str) -> dict[str, str]:
        """Return parameters for an address of the document that name something."""
        named = {"/" + _CONVERTER.sub(r"{\1}", route.text): route for route in routes()}
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(path))
        found = re.fullmatch(pattern, self.samples.address(named[path]))
        assert found, path
        return found.groupdict()


@pytest.fixture(scope="module")
def api(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Api]:
    """Build a house with something at every address, in a transaction that is undone."""
    folder = tmp_path_factory.mktemp("schemathesis")
    folders = {f"{name.upper()}_DIR": folder / name for name in ("store", "scratch", "inbox")}
    with ExitStack() as stack:
        for one in folders.values():
            one.mkdir()
        kept = {**folders, "VAR_DIR": folder, "KEYS_DIR": folder, "API_REQUESTS_PER_MINUTE": 10**9}
        stack.enter_context(override_settings(**kept))
        stack.enter_context(django_db_blocker.unblock())
        # A web server may close its connection after a call; here it holds the transaction.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
            stack.callback(signal.connect, close_old_connections)
        stack.enter_context(transaction.atomic())
        stack.callback(transaction.set_rollback, True)
        alice = cast.person("compliance-lead", email="alice@example.org")
        bob = cast.person("auditor", email="bob@audit.example")
        house = houses.sampled(houses.build(World(alice), bob))
        samples = Samples(house)
        secret = calls.give_token(alice, *calls.ALL_SCOPES)
        schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
        yield Api(schema, samples, secret)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_in_the_document_and_none_is_a_failure(
    api: Api, method: str, path: str
) -> None:
    operation = api.schema[path][method]
    parameters = api.real(path)
    checks = CHECKS.get_by_names(KEPT)
    strategies: list[Any] = [
        operation.as_strategy(generation_mode=mode, path_parameters=found)
        for mode in GenerationMode
        for found in (parameters, None)
        if found != {}
    ]
    cases = st.one_of(strategies)
    statuses: set[int] = set()

    @effort(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Any) -> None:
        with transaction.atomic():
            answer = case.call(headers={"Authorization": f"Bearer {api.secret}"})
            case.validate_response(answer, checks=checks)
            transaction.set_rollback(True)
        statuses.add(answer.status_code)

    ask()
    # A document that nothing fits would be kept by refusals alone.
    if method == "GET":
        assert 200 in statuses
