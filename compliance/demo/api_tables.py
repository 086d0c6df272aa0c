"""Lists about the API, its tokens and what watches it, in which nothing goes wrong."""

from collections.abc import Callable
from datetime import timedelta

from compliance.demo.asked import Asked, Row
from compliance.demo.calendar import DAY
from compliance.demo.company import DOMAIN

_EDDA = f"edda@{DOMAIN}"
_SOURCES = ("Gateway", "Ledger", "Directory", "Cloud console", "Payout console")
_SIGNALS = ("errors", "latency", "backlog", "silence")
_OWNERS = ("edda", "finn", "otto", "edda", "finn")


def _scopes(_asked: Asked) -> list[Row]:
    reach = ("deploy:write", "payments:read", "tickets:write", "metrics:write", "payments:read")
    return [
        (number, f"smp_{number:04x}", f"{owner}@{DOMAIN}", scopes, "production", None)
        for number, (owner, scopes) in enumerate(zip(_OWNERS, reach, strict=True), start=1)
    ]


def _use(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for number, owner in enumerate(_OWNERS, start=1):
        made = asked.at - timedelta(days=20 + number)
        used, ends = asked.at - timedelta(hours=number), made + timedelta(days=90)
        said = (f"smp_{number:04x}", f"{owner}@{DOMAIN}", made, used, ends, None, asked.at)
        rows.append((number, *said))
    return rows


def _withdrawals(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(2):
        wished = asked.moment()
        refused = wished + timedelta(minutes=asked.dice.randint(1, 20))
        rows.append((asked.number("TW", place), f"t-{place}", wished, refused, _EDDA))
    return rows


def _admin_calls(_asked: Asked) -> list[Row]:
    return [(f"/admin/{name}", True, True, True, True) for name in ("fees", "limits", "merchants")]


def _limits(_asked: Asked) -> list[Row]:
    return [
        ("per-token", "All calls of a token", 600, True),
        ("per-address", "Sign-in", 10, True),
        ("per-card", "Attempts with a card", 5, True),
    ]


def _secrets(asked: Asked) -> list[Row]:
    found = asked.moment()
    number = asked.number("SS", 0)
    return [(number, "gateway", "word in a test", found, found + timedelta(minutes=30), True)]


def _logs(_asked: Asked) -> list[Row]:
    return [(source, True, 400, 120, False, True) for source in _SOURCES]


def _detections(asked: Asked) -> list[Row]:
    tried = asked.calendar.begins - 20 * DAY
    return [
        (rule, looks_for, _EDDA, max(tried, asked.day - 200 * DAY), asked.day)
        for rule, looks_for in (
            ("many-refusals", "Guessing of passwords or tokens"),
            ("new-country", "A token used from far away"),
            ("mass-read", "Somebody who reads all merchants"),
        )
    ]


def _environments(_asked: Asked) -> list[Row]:
    return [
        ("production", "smp-live", "https://api.saltmarsh-pay.example", "", True, 0),
        ("sandbox", "smp-sandbox", "https://sandbox.saltmarsh-pay.example", "", False, 40),
    ]


def _triage(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(1, 5)):
        raised = asked.moment()
        taken = raised + timedelta(minutes=asked.dice.randint(1, 50))
        severity = asked.dice.choice(("critical", "high", "low", "low"))
        outcome = asked.dice.choice(("mended", "went away by itself", "became an incident"))
        rule = f"{asked.dice.choice(_SIGNALS)} of payments"
        rows.append((asked.number("AL", place), rule, severity, raised, taken, _EDDA, outcome))
    return rows


def _validation(asked: Asked) -> list[Row]:
    commit = f"{asked.dice.getrandbits(40):010x}"
    rules = ("amount", "currency", "account", "merchant", "date", "key against repetition")
    return [(rule, asked.dice.randint(6, 40), 0, asked.at, commit) for rule in rules]


def _traces(asked: Asked) -> list[Row]:
    found = (True,) * 7
    return [(asked.number("P", place), *found, f"finn@{DOMAIN}") for place in range(15)]


def _retries(asked: Asked) -> list[Row]:
    kinds = ("payout", "webhook", "statement")
    return [
        (asked.number("RW", place), kind, asked.dice.randint(2, 4), 5, "done", 1)
        for place, kind in enumerate(kinds)
    ]


def _endpoints(asked: Asked) -> list[Row]:
    renewed = asked.day - 90 * DAY
    return [
        (f"WE-{number:02d}", True, renewed, 300, 8, "webhooks-lost", _EDDA, asked.day)
        for number in range(1, 13)
    ]


def _signals(_asked: Asked) -> list[Row]:
    return [
        (service, signal, True, f"{signal} of {service}", _EDDA)
        for service in ("payments", "payouts")
        for signal in _SIGNALS
    ]


TABLES: dict[str, Callable[[Asked], list[Row]]] = {
    "api-token-scopes": _scopes,
    "api-token-use": _use,
    "token-withdrawals": _withdrawals,
    "admin-endpoints": _admin_calls,
    "limits-in-force": _limits,
    "secret-scan": _secrets,
    "log-sources": _logs,
    "detection-rules": _detections,
    "environment-settings": _environments,
    "alert-triage": _triage,
    "validation-tests": _validation,
    "payment-traces": _traces,
    "retried-work": _retries,
    "webhook-endpoints": _endpoints,
    "monitoring-settings": _signals,
}
"""By the expectation that the list is for; its cells in the order of the catalogue's columns."""
