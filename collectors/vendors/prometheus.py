"""Prometheus: how to reach its HTTP API, which answers everything in one envelope."""

from datetime import datetime
from decimal import Decimal

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Ask, SourceSettings
from collectors.errors import SourceNonsenseError, SourceRefusedError
from collectors.wire.fields import Item
from collectors.wire.http import Client

SECRETS = ("token", "password")
_PAIR = 2


class PrometheusSettings(SourceSettings):
    """Prometheus knows no permissions of its own; what stands before it may ask for a token."""

    url: HttpUrl = Field(
        title="Address", description="Base address of the server: https://prometheus.example.com."
    )
    token: SecretStr | None = Field(
        default=None, title="Token", description="Bearer token, where a proxy asks for one."
    )


def opened(ask: Ask[PrometheusSettings]) -> Client:
    token = ask.settings.token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else None
    return ask.http(str(ask.settings.url), headers=headers)


def data(ask: Ask[PrometheusSettings], api: Client, path: str, **params: str) -> Item:
    """Return what the envelope holds; a warning of the server makes the answer less than whole."""
    page = api.get_page(f"api/v1/{path}", params=params)
    envelope = Item(page.content, page.reply.asked)
    if envelope.text("status") != "success":
        message = f"{page.reply.asked} answered without success. Check the query."
        raise SourceNonsenseError(message)
    if envelope.value("warnings"):
        ask.trail.lacks("Prometheus warns that its answer may not be whole.")
    return envelope.part("data")


def value(ask: Ask[PrometheusSettings], api: Client, query: str, *, at: datetime) -> Decimal | None:
    """Return the one value of a query at a moment; None where there was nothing to measure."""
    asked = {"query": query, "time": str(int(at.timestamp()))}
    result = list(data(ask, api, "query", **asked).parts("result"))
    if not result:
        return None
    if len(result) > 1:
        message = f"A query gives {len(result)} series instead of one; put sum() or avg() round it."
        raise SourceRefusedError(message)
    pair = result[0].value("value")
    told = pair[1] if isinstance(pair, list) and len(pair) == _PAIR else None
    # Nothing divided by nothing: there were no requests.
    return None if told == "NaN" else Item({"value": told}, result[0].asked).decimal("value")


def system(ask: Ask[PrometheusSettings]) -> str:
    """Name the source system as evidence shows it."""
    return f"Prometheus at {ask.settings.url.host}"
