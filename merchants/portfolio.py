"""Which forms of a portfolio are meant, how many there are of each kind, and the order of lists.

A list follows the number of a form, newest first, along an index. Numbers grow with time, so that
an age is a bound of the number. Figures of a large portfolio are counted by a job, because a page
must not grow with what it counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone

from jobs.models import Job
from jobs.queue import enqueue
from merchants.models import ComplianceForm, Environment, Merchant

KIND = "merchants.figures"
COUNTED_AT_ONCE = 5_000
"""So many forms are counted by the page that shows them."""
AGES = {"7": 7, "30": 30, "90": 90, "365": 365}
OLDER = "older"
FACETS = ("form_type", "level", "age")
_MOST_FOUND = 50


@dataclass(frozen=True)
class Choice:
    """Which forms are meant."""

    environment: str = Environment.LIVE.value
    application: int = 0
    state: str = ""
    form_type: str = ""
    level: str = ""
    age: str = ""
    words: str = ""
    """A whole reference, of a form, of a merchant, or the platform's own number of it."""

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Figures:
    """How many forms there are of each state, and by state within each kind."""

    total: int
    by_state: Mapping[str, int]
    facets: Mapping[str, Mapping[str, Mapping[str, int]]]
    """Facet, then its word (a type, a level, an age), then state."""
    counted_at: datetime


def of_json(kept: Mapping[str, Any]) -> Choice:
    known = {one.name for one in fields(Choice)}
    return Choice(**{name: value for name, value in kept.items() if name in known})


def chosen(choice: Choice) -> QuerySet[ComplianceForm]:
    """Return the forms that are meant, the newest first."""
    found = ComplianceForm.objects.filter(environment=choice.environment)
    if choice.application:
        found = found.filter(application=choice.application)
    if choice.words:
        # References are whole words that nobody types in part; each has an index of its own.
        merchants = Merchant.objects.filter(
            Q(ref=choice.words) | Q(own_number=choice.words), environment=choice.environment
        )
        keys = list(merchants.order_by().values_list("pk", flat=True)[:_MOST_FOUND])
        return found.filter(Q(ref=choice.words) | Q(merchant__in=keys)).order_by("-pk")
    if choice.state:
        found = found.filter(state=choice.state)
    if choice.form_type:
        found = found.filter(form_type=choice.form_type)
    if choice.level:
        found = found.filter(level=int(choice.level))
    if choice.age == OLDER:
        found = found.filter(pk__lt=_first_since(choice.environment, max(AGES.values())))
    elif choice.age:
        found = found.filter(pk__gte=_first_since(choice.environment, AGES[choice.age]))
    return found.order_by("-pk")


def figures(environment: str) -> Figures | None:
    """Return the figures of a portfolio; none where a large one was not counted yet."""
    forms = ComplianceForm.objects.filter(environment=environment).order_by()
    if forms[: COUNTED_AT_ONCE + 1].count() <= COUNTED_AT_ONCE:
        return count(environment, timezone.now())
    done = Job.objects.filter(kind=KIND, state=Job.State.DONE).order_by("-pk").first()
    kept = done.result.get(environment) if done and isinstance(done.result, dict) else None
    return _read(kept) if kept else None


def ask_for_figures(now: datetime) -> Job | None:
    """Have large portfolios counted; where none is large, nothing is asked for."""
    large = ComplianceForm.objects.order_by()[: COUNTED_AT_ONCE + 1].count()
    if large <= COUNTED_AT_ONCE:
        return None
    return enqueue(KIND, key=f"{KIND}:{now:%Y-%m-%dT%H:%M}", payload={})


def run(now: datetime) -> dict[str, object]:
    """Count every environment, for pages to read."""
    return {one: _kept(count(one, now)) for one in Environment.values}


def count(environment: str, now: datetime) -> Figures:
    """Count a portfolio, in one query."""
    forms = ComplianceForm.objects.filter(environment=environment).order_by()
    newest = [When(created_at__gte=now - timedelta(days=days), then=Value(word))
              for word, days in AGES.items()]  # fmt: skip
    rows = forms.annotate(age=Case(*newest, default=Value(OLDER)))
    counted = rows.values("state", *FACETS).annotate(forms=Count("pk"))
    return _summed(counted, now)


def _summed(rows: Iterable[Mapping[str, Any]], now: datetime) -> Figures:
    states: dict[str, int] = {}
    facets: dict[str, dict[str, dict[str, int]]] = {facet: {} for facet in FACETS}
    for row in rows:
        state, forms = str(row["state"]), int(row["forms"])
        states[state] = states.get(state, 0) + forms
        for facet in FACETS:
            cell = facets[facet].setdefault(str(row[facet]), {})
            cell[state] = cell.get(state, 0) + forms
    facets["age"] = _cumulated(facets["age"])
    return Figures(sum(states.values()), states, facets, now)


def _cumulated(ages: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Let an age count what is younger too, as the list of that age shows it."""
    found: dict[str, dict[str, int]] = {}
    sofar: dict[str, int] = {}
    for word in AGES:
        for state, forms in ages.get(word, {}).items():
            sofar[state] = sofar.get(state, 0) + forms
        found[word] = dict(sofar)
    return {**found, OLDER: dict(ages.get(OLDER, {}))}


def _kept(found: Figures) -> dict[str, object]:
    return {
        "by_state": dict(found.by_state),
        "facets": {name: dict(words) for name, words in found.facets.items()},
        "counted_at": found.counted_at.isoformat(),
    }


def _read(kept: Mapping[str, Any]) -> Figures:
    by_state = kept["by_state"]
    counted_at = datetime.fromisoformat(kept["counted_at"])
    return Figures(sum(by_state.values()), by_state, kept["facets"], counted_at)


def _first_since(environment: str, days: int) -> int:
    """Return the first form of an age: numbers grow with time, so that one index is enough."""
    since = timezone.now() - timedelta(days=days)
    newer = ComplianceForm.objects.filter(environment=environment, created_at__gte=since)
    first = newer.order_by("created_at").values_list("pk", flat=True).first()
    return first if first is not None else 2**63 - 1
