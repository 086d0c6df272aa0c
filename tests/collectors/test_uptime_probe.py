"""Uptime: real samples of a real server, and days made of them."""

import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectors import connections, probing
from collectors.connections import Wishes
from collectors.errors import SettingsError
from collectors.models import ProbeSample, Run, Source
from collectors.period import Period
from collectors.probing import Watch, look
from collectors.run import perform
from collectors.sources import uptime_probe
from evidence import store
from tests.collectors import world
from tests.collectors.asking import NOW, OCTOBER, Told, ask
from tests.collectors.loopback import Loopback, Reply

URL = "https://shop.example.org/health/"
FIRST = Period(date(2026, 10, 1), date(2026, 10, 2))


def watch(url: str, *, seconds: float = 5, status: int = 200) -> Watch:
    return Watch(Source(slug="shop"), url, status, seconds)


class TestLooking:
    def test_an_address_is_up(self) -> None:
        with Loopback(Reply(b"ok")) as server:
            seen = look(watch(f"{server.url}/health/"))
        assert (seen.up, seen.status, seen.problem) == (True, 200, "")
        assert 0 <= seen.latency_ms < 3000
        assert server.asked[0].path == "/health/"

    @pytest.mark.parametrize("status", [500, 404, 401, 204])
    def test_another_status_is_down(self, status: int) -> None:
        with Loopback(Reply(status=status)) as server:
            seen = look(watch(server.url))
        assert (seen.up, seen.status) == (False, status)
        assert seen.problem == f"answered {status}, not 200"

    def test_another_status_may_mean_up(self) -> None:
        with Loopback(Reply(status=401)) as server:
            assert look(watch(server.url, status=401)).up

    def test_silence_is_down_in_time(self) -> None:
        with Loopback(Reply(wait=10)) as server:
            seen = look(watch(server.url, seconds=0.3))
        assert (seen.up, seen.status) == (False, None)
        assert "answer" in seen.problem
        assert 250 < seen.latency_ms < 9000

    def test_nobody_is_down(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        assert not look(watch(f"http://127.0.0.1:{port}")).up

    def test_a_redirect_within_the_host_is_followed(self) -> None:
        moved = Reply(status=301, headers={"Location": "/health/"})
        with Loopback(moved, Reply(b"ok")) as server:
            assert look(watch(f"{server.url}/health")).up
        assert [asked.path for asked in server.asked] == ["/health", "/health/"]

    def test_a_redirect_to_another_host_is_not_followed(self) -> None:
        moved = Reply(status=302, headers={"Location": "http://localhost.invalid/"})
        with Loopback(moved) as server:
            seen = look(watch(server.url))
        assert (seen.up, seen.status) == (False, 302)

    def test_redirects_end(self) -> None:
        moved = Reply(status=302, headers={"Location": "/again"})
        with Loopback(moved) as server:
            assert look(watch(server.url)).status == 302
        assert len(server.asked) == 3


@pytest.mark.django_db
class TestSampling:
    @pytest.fixture
    def server(self) -> Iterator[Loopback]:
        with Loopback(Reply(b"ok"), Reply(status=503)) as server:
            yield server

    def connect(self, slug: str, url: str) -> Source:
        wishes = Wishes(title=slug, values={"url": url})
        return connections.connect("uptime_probe", slug=slug, wishes=wishes, by=world.BY)

    def test_one_sample_a_minute(self, server: Loopback) -> None:
        source = self.connect("shop", server.url)
        for seconds in (5, 35, 65):
            probing.sample_all(NOW + timedelta(seconds=seconds))
        samples = list(source.samples.order_by("at"))
        assert [(sample.at, sample.up) for sample in samples] == [
            (NOW, True),
            (NOW + timedelta(minutes=1), False),
        ]
        assert samples[1].status == 503

    def test_a_source_with_bad_settings_does_not_stop_the_others(self, server: Loopback) -> None:
        self.connect("shop", server.url)
        broken = self.connect("broken", server.url)
        Source.objects.filter(pk=broken.pk).update(config={"url": "nonsense"})
        assert probing.sample_all(NOW) == 1

    def test_a_disabled_source_is_not_watched(self, server: Loopback) -> None:
        connections.disable(self.connect("shop", server.url), by=world.BY)
        assert probing.sample_all(NOW) == 0


@pytest.fixture
def shop(db: None) -> Source:
    wishes = Wishes(title="Shop", values={"url": URL})
    return connections.connect("uptime_probe", slug="shop", wishes=wishes, by=world.BY)


def sampled(source: Source, at: str, latency: int = 100, *, up: bool = True) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    ProbeSample.objects.create(source=source, at=moment, up=up, latency_ms=latency)


def report(scratch: Path, **more: Any) -> Told:
    return ask("uptime_probe", scratch, **{"period": FIRST, "source": "shop", "url": URL, **more})


def test_a_day_is_a_row(shop: Source, tmp_path: Path) -> None:
    for minute, latency in enumerate([100, 300, 200, 50, 900]):
        sampled(shop, f"2026-10-01T08:0{minute}", latency, up=latency != 900)
    sampled(shop, "2026-10-02T08:00", 70)
    told = report(tmp_path)
    assert told.rows[0] == {
        "day": date(2026, 10, 1),
        "url": URL,
        "samples": 5,
        "successes": 4,
        "failures": 1,
        "uptime_percent": Decimal("80.000"),
        "latency_p50_ms": 200,
        "latency_p95_ms": 900,
        "latency_max_ms": 900,
    }
    assert told.rows[1]["uptime_percent"] == Decimal("100.000")
    assert told.trail.shortfalls == []
    assert told.trail.source_count == 2


def test_a_day_without_samples_is_shown_and_makes_the_run_partial(
    shop: Source, tmp_path: Path
) -> None:
    sampled(shop, "2026-10-01T08:00")
    told = report(tmp_path)
    assert told.rows[1]["samples"] == 0
    assert told.rows[1]["uptime_percent"] is None
    assert told.rows[1]["latency_p50_ms"] is None
    assert told.trail.shortfalls == ["No samples on 1 of 2 days, first on 2026-10-02."]


def test_days_are_those_of_the_time_zone(shop: Source, tmp_path: Path) -> None:
    sampled(shop, "2026-09-30T22:30")
    sampled(shop, "2026-10-02T22:30")
    assert [row["samples"] for row in report(tmp_path).rows] == [0, 1]
    assert [row["samples"] for row in report(tmp_path, zone="Europe/Berlin").rows] == [1, 0]


def test_one_failure_never_rounds_to_a_hundred() -> None:
    assert uptime_probe._percent(9_999_999, 10_000_000) == Decimal("99.999")


def test_samples_of_another_source_do_not_count(shop: Source, tmp_path: Path) -> None:
    wishes = Wishes(title="Other", values={"url": URL})
    other = connections.connect("uptime_probe", slug="other", wishes=wishes, by=world.BY)
    sampled(other, "2026-10-01T08:00")
    assert [row["samples"] for row in report(tmp_path).rows] == [0, 0]


def test_credentials_in_the_address_are_not_stored(shop: Source, tmp_path: Path) -> None:
    told = report(tmp_path, url="https://ann:geheim@shop.example.org/")
    assert "geheim" not in str(told.rows) + str(told.answer.parameters) + told.answer.source_system


@pytest.mark.parametrize("url", ["ftp://example.org", "nonsense", "", "/health"])
def test_what_is_no_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="url"):
        report(tmp_path, url=url)


def test_a_closed_month_becomes_evidence(shop: Source) -> None:
    for day in OCTOBER.days():
        sampled(shop, f"{day}T08:00")
    run = perform(shop, period=OCTOBER, key="one")
    assert (run.state, run.rows) == (Run.State.COMPLETE, 31)
    assert run.evidence
    content = b"".join(store.stream(run.evidence.blob_id)).decode()
    assert content.splitlines()[1] == f"2026-10-01,{URL},1,1,0,100.000,100,100,100"
