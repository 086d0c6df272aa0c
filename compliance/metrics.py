"""What Prometheus may ask: how much waits, how old things are, what fails; nothing about people.

Whoever shows METRICS_TOKEN is answered. Without a token only a program on this machine is, and only
where SITE_URL is this machine too: behind a proxy every stranger would look like one.
"""

import hmac
import shutil
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, Min, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from collectors.models import Run, Source
from compliance import health
from compliance.deploy_checks import is_loopback
from evidence import standing
from evidence.models import Checkpoint, LogHead
from jobs import wakeup
from jobs.models import Beat, Job

_LIVE = (Job.State.WAITING, Job.State.RUNNING, Job.State.FAILED)


class _House(Collector):
    """Asks the installation at each scrape, so that every process tells the same."""

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "countersign", "Version of the installation.", {"version": settings.VERSION}
        )
        found = GaugeMetricFamily(
            "countersign_healthy", "1 where a look of the health pages is well.", labels=["look"]
        )
        for name, is_well in health.looks().items():
            found.add_metric([name], float(is_well))
        yield found
        yield from _work()
        yield from _log()
        yield _sources()
        yield from _disk()


_registry = CollectorRegistry()
_registry.register(_House())
PlatformCollector(registry=_registry)
ProcessCollector(registry=_registry)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in the text format of Prometheus; 404 for whoever may not know that this is here."""
    if not _may_ask(request):
        raise Http404
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_ask(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(shown.encode(), settings.METRICS_TOKEN.encode())
    came_through = {"X-Forwarded-For", "X-Real-Ip", "Forwarded"} & set(request.headers)
    return (
        not came_through
        and is_loopback(urlsplit(settings.SITE_URL).hostname)
        and is_loopback(request.META.get("REMOTE_ADDR", ""))
    )


def _work() -> Iterator[Metric]:
    now = timezone.now()
    counts = dict.fromkeys((state.value for state in _LIVE), 0)
    rows = Job.objects.filter(state__in=_LIVE).order_by().values("state")
    counts |= {row["state"]: row["count"] for row in rows.annotate(count=Count("pk"))}
    jobs = GaugeMetricFamily("countersign_jobs", "Jobs that are not done.", labels=["state"])
    for state, count in counts.items():
        jobs.add_metric([state], count)
    yield jobs
    overdue = Job.objects.filter(state=Job.State.WAITING, run_after__lte=now)
    yield GaugeMetricFamily(
        "countersign_job_wait_seconds",
        "How long the job that is due for longest has waited.",
        value=_age(overdue.aggregate(first=Min("run_after"))["first"], now, otherwise=0.0),
    )
    beats = GaugeMetricFamily(
        "countersign_periodic_age_seconds",
        "How long ago a piece of periodic work ran to its end.",
        labels=["work"],
    )
    for name, ran_at in Beat.objects.order_by("name").values_list("name", "last_run_at"):
        beats.add_metric([name], _age(ran_at, now))
    yield beats
    unread = wakeup.unread()
    yield GaugeMetricFamily(
        "countersign_wakeups_unread",
        "Messages that no worker has read; NaN where the broker does not answer.",
        value=float("nan") if unread is None else unread,
    )


def _log() -> Iterator[Metric]:
    log, head = standing.of_log(), LogHead.objects.filter(pk=1).first()
    yield GaugeMetricFamily("countersign_log_leaves", "Leaves of the log.", value=log.size)
    yield GaugeMetricFamily(
        "countersign_log_problems",
        "Problems that the last check of the log found.",
        value=log.problems,
    )
    yield GaugeMetricFamily(
        "countersign_evidence_items",
        "Versions of evidence that were ever taken in.",
        value=head.evidence_count if head else 0,
    )
    newest = Checkpoint.objects.order_by("-pk").values_list("signed_at", flat=True).first()
    yield GaugeMetricFamily(
        "countersign_checkpoint_age_seconds",
        "How long ago the log was signed; NaN before the first time.",
        value=_age(newest, timezone.now()),
    )


def _sources() -> Metric:
    """Count sources by how their latest run ended; their names may be people's."""
    newest = Run.objects.filter(source=OuterRef("pk")).order_by("-number")
    latest = Source.objects.filter(enabled=True).annotate(
        ended=Subquery(newest.values("state")[:1])
    )
    counts = dict.fromkeys([*Run.State.values, "never"], 0)
    for ended in latest.filter(enabled=True).values_list("ended", flat=True):
        counts[ended or "never"] += 1
    found = GaugeMetricFamily(
        "countersign_sources", "Enabled sources by the end of their latest run.", labels=["ended"]
    )
    for ended, count in counts.items():
        found.add_metric([ended], count)
    return found


def _disk() -> Iterator[Metric]:
    try:
        usage = shutil.disk_usage(settings.VAR_DIR)
    except OSError:
        return  # The look at the disk says so.
    yield GaugeMetricFamily(
        "countersign_disk_free_bytes", "Free bytes on the disk of VAR_DIR.", value=usage.free
    )
    yield GaugeMetricFamily(
        "countersign_disk_total_bytes", "Size of the disk of VAR_DIR.", value=usage.total
    )


def _age(moment: datetime | None, now: datetime, *, otherwise: float = float("nan")) -> float:
    return otherwise if moment is None else max(0.0, (now - moment).total_seconds())
