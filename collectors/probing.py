"""Looks at watched addresses once a minute and keeps what was seen."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from urllib.parse import urljoin, urlsplit

from collectors import configuration, registry
from collectors.deadline import Deadline
from collectors.errors import CollectorError, SourceError
from collectors.models import ProbeSample, Source
from collectors.trail import Trail
from collectors.wire.http import Client

COLLECTOR = "uptime_probe"
KEPT = timedelta(days=400)
MOST_BYTES = 1024 * 1024
_REDIRECTS = {301, 302, 307, 308}
_MOST_HOPS = 3
_AT_ONCE = 16


@dataclass(frozen=True)
class Watch:
    """One address to look at, and what counts as up."""

    source: Source
    url: str
    expected_status: int
    seconds: float


@dataclass(frozen=True)
class Seen:
    """What one look found."""

    up: bool
    status: int | None
    latency_ms: int
    problem: str = ""


def sample_all(now: datetime) -> int:
    """Look at every watched address at the same time; return how many samples were kept.

    A minute that has its sample keeps it. A source whose settings do not fit is left out here; its
    run says why.
    """
    watches = _watches()
    if not watches:
        return 0
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(watches))) as pool:
        seen = list(pool.map(look, watches))
    minute = ProbeSample.minute(now)
    ProbeSample.objects.bulk_create(
        (
            ProbeSample(
                source=watch.source,
                at=minute,
                up=found.up,
                status=found.status,
                latency_ms=found.latency_ms,
                problem=found.problem,
            )
            for watch, found in zip(watches, seen, strict=True)
        ),
        ignore_conflicts=True,
    )
    return len(watches)


def look(watch: Watch) -> Seen:
    """Ask one address once, following redirects within its own host only."""
    deadline = Deadline.after(timedelta(seconds=watch.seconds))
    started = monotonic()
    try:
        status = _status(watch, deadline)
    except SourceError as error:
        return Seen(up=False, status=None, latency_ms=_since(started), problem=str(error)[:200])
    up = status == watch.expected_status
    problem = "" if up else f"answered {status}, not {watch.expected_status}"
    return Seen(up=up, status=status, latency_ms=_since(started), problem=problem)


def prune(now: datetime) -> int:
    """Delete samples that are too old to be asked for; return how many."""
    return ProbeSample.objects.filter(at__lt=now - KEPT).delete()[0]


def _watches() -> Sequence[Watch]:
    collector = registry.get(COLLECTOR)
    found = []
    for source in Source.objects.filter(collector=COLLECTOR, enabled=True):
        try:
            chosen = configuration.read(source, collector)
        except CollectorError:
            continue
        values = chosen.model_dump(mode="json")
        found.append(
            Watch(source, values["url"], values["expected_status"], values["timeout_seconds"])
        )
    return found


def _status(watch: Watch, deadline: Deadline) -> int:
    address = watch.url
    with Client("", deadline=deadline, trail=Trail(), most_bytes=MOST_BYTES) as client:
        for _ in range(_MOST_HOPS):
            reply = client.ask("GET", address)
            target = urljoin(address, reply.headers.get("location", ""))
            if reply.status not in _REDIRECTS or not _same_host(target, watch.url):
                break
            address = target
        return reply.status


def _same_host(one: str, other: str) -> bool:
    return urlsplit(one).hostname == urlsplit(other).hostname


def _since(started: float) -> int:
    return round((monotonic() - started) * 1000)
