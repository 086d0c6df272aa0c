"""The sources that every installation has from the start: they ask the installation itself."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from collectors import connections, registry
from collectors.connections import Wishes
from collectors.models import Source
from controls.models import Expectation
from evidence.models import Evidence

SLUGS = frozenset(
    {"staff_mfa", "api_tokens", "database_restore", "uptime_probe", "csv_import", "git_changes"}
)
"""The collectors of these sources; each source is named as its collector."""


@dataclass(frozen=True)
class _Default:
    """A source named as its collector."""

    slug: str
    environment: str = Evidence.Environment.PRODUCTION
    values: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def connect_defaults(*, by: str = "system") -> list[Source]:
    """Connect the sources that are missing, and let them serve expectations that nobody serves.

    Safe to call at every start: what a person changed or disabled stays as it is. A demo gets
    none, because this house and its code are no systems of the company that it shows.
    """
    if settings.DEMO:
        return []
    connected: list[Source] = []
    for default in _wanted():
        source = Source.objects.filter(slug=default.slug).first()
        unserved = list(Expectation.objects.filter(collector=default.slug, sources=None))
        if source is None:
            wishes = Wishes(
                title=registry.get(default.slug).declared.title,
                values=default.values,
                time_zone=settings.ORGANISATION_TIME_ZONE,
                environment=default.environment,
                expectations=unserved,
            )
            connected.append(
                connections.connect(default.slug, slug=default.slug, wishes=wishes, by=by)
            )
        elif unserved:
            connections.serve(source, expectations=unserved, by=by)
    return connected


def _wanted() -> list[_Default]:
    wanted = [
        _Default("staff_mfa"),
        _Default("api_tokens"),
        _Default("database_restore"),
        _Default("uptime_probe", values={"url": f"{settings.SITE_URL}/health/"}),
        _Default("csv_import", environment=Evidence.Environment.CORPORATE),
    ]
    clone = Path(settings.BASE_DIR)
    if (clone / ".git").exists():
        wanted.append(
            _Default(
                "git_changes",
                environment=Evidence.Environment.CORPORATE,
                values={"repository": str(clone)},
            )
        )
    return wanted
