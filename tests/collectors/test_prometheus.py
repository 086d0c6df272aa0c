"""Service levels and alert rules from a real Prometheus server."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from collectors.errors import (
    SettingsError,
    SourceDeniedError,
    SourceNonsenseError,
    SourceRefusedError,
)
from collectors.period import Period
from tests.collectors.asking import Told, ask
from tests.collectors.loopback import Loopback, Reply
from tests.conftest import demand

CONFIGURATION = """
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: api
    static_configs: [{targets: ["127.0.0.1:%(port)s"]}]
"""
RULES = """
groups:
  - name: payments
    rules:
      - alert: ApiDown
        expr: up{job="api"} == 0
        for: 5m
        labels: {severity: critical, owner: ada}
      - alert: Slow
        expr: vector(1) > 2
      - record: not:an_alert
        expr: vector(1)
"""
QUERIES: dict[str, Any] = {
    "service": "payment API",
    "up_query": 'up{job="api"}[{window}]',
    "latency_query": "histogram_quantile(0.95, sum by (le) "
    "(rate(prometheus_http_request_duration_seconds_bucket[{window}])))",
    "error_query": '100 * sum(rate(prometheus_http_requests_total{code=~"5.."}[{window}])) '
    "/ sum(rate(prometheus_http_requests_total[{window}])) or vector(0)",
    "latency_objective_ms": 500,
    "error_objective_percent": "0.5",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = demand("prometheus", "prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "rules.yml").write_text(RULES, encoding="utf-8")
    (folder / "prometheus.yml").write_text(CONFIGURATION % {"port": port}, encoding="utf-8")
    running = subprocess.Popen(
        [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        ]
    )
    try:
        _await(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()


def _await(url: str) -> None:
    """Wait until there are a few samples and every rule was evaluated."""
    asked = urlencode({"query": 'count_over_time(up{job="api"}[1h]) > 4'})
    for _ in range(600):
        try:
            counted = _told(f"{url}/api/v1/query?{asked}")["result"]
            groups = _told(f"{url}/api/v1/rules?type=alert")["groups"]
        except URLError:
            counted, groups = [], []
        if counted and all(rule["health"] == "ok" for group in groups for rule in group["rules"]):
            return
        time.sleep(0.2)
    pytest.fail("Prometheus has no samples after two minutes.")


def _told(url: str) -> Any:
    with urlopen(url) as answer:  # noqa: S310  # the server of this very test
        return json.load(answer)["data"]


def levels(scratch: Path, url: str, **options: Any) -> Told:
    now = datetime.now(UTC)
    period = Period((now - timedelta(days=1)).date(), now.date())
    return ask("prometheus_levels", scratch, **{"period": period, "url": url, **QUERIES, **options})


@pytest.mark.debian
def test_a_day_is_measured_and_one_without_samples_is_told(server: str, scratch: Path) -> None:
    told = levels(scratch, server)
    before, today = told.rows
    assert told.trail.source_count == len(told.rows) == 2
    assert told.trail.shortfalls == [f"No samples on {before['day']}."]
    assert (before["samples"], before["availability_percent"]) == (0, None)
    assert today["samples"] > 0
    assert today["availability_percent"] == Decimal("100.0000")
    assert today["p95_ms"] >= 0
    assert today["error_percent"] == 0
    assert (today["p95_objective_ms"], today["error_objective_percent"]) == (500, Decimal("0.5"))
    # Four questions for each day.
    assert told.trail.pages == 8
    assert told.trail.source_clock is not None


@pytest.mark.debian
def test_a_query_with_several_series_is_refused(server: str, scratch: Path) -> None:
    many = "sum by (handler) (rate(prometheus_http_requests_total[{window}]))"
    with pytest.raises(SourceRefusedError, match=r"gives \d+ series instead of one"):
        levels(scratch, server, error_query=many)


@pytest.mark.debian
def test_a_query_that_is_none_is_refused(server: str, scratch: Path) -> None:
    with pytest.raises(SourceRefusedError, match="does not accept the question"):
        levels(scratch, server, error_query="sum((( [{window}]")


@pytest.mark.debian
def test_every_alert_rule_is_a_row(server: str, scratch: Path) -> None:
    told = ask("prometheus_alert_rules", scratch, url=server)
    assert [
        (row["rule_name"], row["owner"], row["active"], row["severity"], row["waits_seconds"])
        for row in told.rows
    ] == [("ApiDown", "ada", True, "critical", 300), ("Slow", None, True, None, 0)]
    assert told.rows[0]["watches"] == 'up{job="api"} == 0'
    assert told.rows[0]["evaluated_at"].tzinfo is not None
    assert told.trail.source_count == 2


@pytest.mark.parametrize("query", ["up", "up[1d]"])
def test_a_query_needs_the_length_of_the_day(scratch: Path, query: str) -> None:
    with pytest.raises(SettingsError, match="up_query"):
        levels(scratch, "http://127.0.0.1:9", up_query=query)


def test_a_warning_makes_the_answer_less_than_whole(scratch: Path) -> None:
    body = b'{"status": "success", "warnings": ["one store is away"], "data": {"groups": []}}'
    with Loopback(Reply(body)) as server:
        told = ask("prometheus_alert_rules", scratch, url=server.url, token="planted-token")
    assert "may not be whole" in told.trail.shortfalls[0]
    assert server.asked[0].headers["Authorization"] == "Bearer planted-token"


@pytest.mark.parametrize("value", ['"NaN"', "7", '"+Inf"', "null", '["x"]'])
def test_a_value_is_a_number_or_nothing(scratch: Path, value: str) -> None:
    body = f'{{"status": "success", "data": {{"result": [{{"value": [1.5, {value}]}}]}}}}'
    with Loopback(Reply(body.encode())) as server:
        if value == '"NaN"':
            assert {row["error_percent"] for row in levels(scratch, server.url).rows} == {None}
        elif value == "7":
            assert {row["error_percent"] for row in levels(scratch, server.url).rows} == {7}
        else:
            with pytest.raises(SourceNonsenseError):
                levels(scratch, server.url)


@pytest.mark.parametrize("body", [b"[]", b'{"status": "error"}', b'{"status": "success"}', b"7"])
@pytest.mark.parametrize("collector", ["prometheus_alert_rules", "prometheus_levels"])
def test_another_answer_is_nonsense(scratch: Path, collector: str, body: bytes) -> None:
    values = QUERIES if collector == "prometheus_levels" else {}
    with Loopback(Reply(body)) as server, pytest.raises(SourceNonsenseError):
        ask(collector, scratch, url=server.url, **values)


def test_a_denial_is_told(scratch: Path) -> None:
    with Loopback(Reply(b"{}", status=403)) as server, pytest.raises(SourceDeniedError):
        levels(scratch, server.url)
