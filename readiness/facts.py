"""Asks the database what readiness needs to know; each kind of fact is read once, when wanted."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from accounts.models import Role, RoleGrant
from audits import changes, claim_facts, days
from audits.coverage import Expected, Occurrence, State
from audits.models import EngagementMember, PackFile
from audits.summed import Clock, cover_summed
from collectors.models import Run, Source
from controls.cadence import Cadence
from evidence.models import CheckResult, Evidence, Review
from readiness.models import Answer
from readiness.standing import Backing, Item, Standing, together
from readiness.wanted import Wanted, wanted_on
from registers.models import Entry, EntryVersion

TOKENS = "service_accounts"
VENDORS = "vendors"
_SHOWN_EXCEPTIONS = 50
_SHOWN_CELLS = 4
_JUDGED_BY_AGE = frozenset({Cadence.SEMI_ANNUAL, Cadence.ANNUAL})


@dataclass(frozen=True)
class Result:
    """The latest result of a check on an item in force; an error is no answer."""

    check: str
    item: int
    ref: str
    is_answer: bool
    count: int
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """One standing entry of a register, with its values by field."""

    register: str
    number: int
    ref: str
    title: str
    values: Mapping[str, Any]

    @property
    def key(self) -> str:
        return f"{self.register}/{self.number}"

    def text(self, name: str) -> str:
        return str(self.values.get(name) or "")

    def day(self, name: str) -> date | None:
        value = self.values.get(name)
        return date.fromisoformat(value) if isinstance(value, str) and value else None


@dataclass(frozen=True)
class Missed:
    """What one expectation missed since the days that are looked at began."""

    counts: Mapping[State, int]
    last: Occurrence


@dataclass(frozen=True)
class SourceFact:
    """One source that is switched on, and whether it ever answered whole."""

    key: int
    title: str
    collector: str
    has_answered: bool


@dataclass(frozen=True)
class _Found:
    """The latest result of one check on one item, as the database tells it."""

    check: str
    item: int
    ref: str
    state: str
    count: int
    exceptions: Mapping[str, Any]


_ITEM = ("pk", "ref", "title", "owner", "covers_from", "covers_to", "collected_at", "received_at")
_RESULT = (
    "check_results__check_ref__slug",
    "check_results__state",
    "check_results__exception_count",
    "check_results__exceptions",
)


@dataclass
class Facts:
    """All that detectors, the score and the queue of gaps may ask, as of today."""

    questions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The expectations that show a yes, by question."""
    today: date = field(default_factory=days.today)
    moment: datetime = field(default_factory=timezone.now)

    @cached_property
    def _wanted(self) -> list[Wanted]:
        return wanted_on(self.today)

    @cached_property
    def standings(self) -> Mapping[str, Standing]:
        """Every expectation that is asked for today, by its slug."""
        items = self._items
        return {
            one.slug: Standing(
                key=one.key,
                slug=one.slug,
                title=one.title,
                control=one.control,
                control_key=one.control_key,
                control_title=one.control_title,
                cadence=one.cadence,
                days_allowed=one.days_allowed,
                collector=one.collector,
                owner_role=one.owner_role,
                item=items.get(one.newest) if one.newest else None,
            )
            for one in self._wanted
        }

    @cached_property
    def _read_items(self) -> tuple[dict[int, Item], list[_Found]]:
        """The items in force, and the latest result of each check on them, in one query."""
        keys = {one.newest for one in self._wanted if one.newest}
        latest = Review.objects.filter(evidence=OuterRef("pk")).order_by("-pk").values("decision")
        rows = (
            Evidence.objects.filter(pk__in=keys)
            .annotate(decision=Subquery(latest[:1]))
            .order_by("pk", "check_results__pk")
            .values_list(*_ITEM, "decision", *_RESULT)
        )
        told: dict[int, tuple[dict[str, Any], str | None]] = {}
        results: dict[tuple[int, str], _Found] = {}
        for row in rows:
            item, decision = dict(zip(_ITEM, row, strict=False)), row[len(_ITEM)]
            told[item["pk"]] = (item, decision)
            check, state, count, exceptions = row[len(_ITEM) + 1 :]
            if check is not None:
                found = _Found(check, item["pk"], item["ref"], state, count or 0, exceptions)
                results[item["pk"], check] = found
        failed: dict[int, list[str]] = defaultdict(list)
        for found in results.values():
            if found.state != CheckResult.State.PASSED:
                failed[found.item].append(found.check)
        items = {
            key: Item(
                key=item.pop("pk"),
                **item,
                is_accepted=decision == Review.Decision.ACCEPTED,
                failed=tuple(failed[key]),
            )
            for key, (item, decision) in told.items()
        }
        return items, list(results.values())

    @property
    def _items(self) -> Mapping[int, Item]:
        return self._read_items[0]

    @cached_property
    def _results(self) -> Mapping[str, Sequence[Result]]:
        """The latest results by check, each with the first of its exceptions in words."""
        results: dict[str, list[Result]] = defaultdict(list)
        for found in self._read_items[1]:
            is_answer = found.state != CheckResult.State.ERROR
            said = tuple(_in_words(found.exceptions))
            results[found.check].append(
                Result(found.check, found.item, found.ref, is_answer, found.count, said)
            )
        return results

    def results_of(self, checks: Iterable[str]) -> list[Result]:
        return [result for check in checks for result in self._results.get(check, ())]

    @cached_property
    def by_key(self) -> Mapping[str, Standing]:
        """The same by the key of the expectation, as an address has it."""
        return {str(one.key): one for one in self.standings.values()}

    def standings_of(self, slugs: Iterable[str]) -> list[Standing]:
        """Return those of some expectations that the loaded catalogue asks for today."""
        return [self.standings[slug] for slug in slugs if slug in self.standings]

    @property
    def items(self) -> Sequence[Item]:
        return list(self._items.values())

    @property
    def has_evidence(self) -> bool:
        return bool(self._items)

    @property
    def registers_stand(self) -> int | None:
        """A number that grows with every change of a register; None where nobody can say.

        It is the key of the newest version: versions are only ever added, under the log's lock.
        """
        return next((stand for *_, stand in self._house), None)

    @cached_property
    def _entries(self) -> Mapping[str, Sequence[Kept]]:
        kept: dict[str, list[Kept]] = defaultdict(list)
        found = Entry.objects.filter(register__in=[TOKENS, VENDORS], is_active=True)
        columns = ("register", "number", "ref", "title", "values")
        for row in found.order_by("register", "number").values_list(*columns):
            kept[row[0]].append(Kept(*row))
        return kept

    @property
    def tokens(self) -> Sequence[Kept]:
        return self._entries.get(TOKENS, ())

    @property
    def vendors(self) -> Sequence[Kept]:
        return self._entries.get(VENDORS, ())

    @cached_property
    def answers(self) -> Mapping[str, Answer]:
        """The answer that stands, by its question."""
        later = Answer.objects.filter(question=OuterRef("question"), number__gt=OuterRef("number"))
        found = Answer.objects.filter(~Exists(later)).select_related("by")
        return {answer.question: answer for answer in found}

    def backing_of(self, slugs: Iterable[str]) -> Backing:
        """Return how well some expectations are shown together today."""
        return together(self.standings_of(slugs), self.today)

    @property
    def mere_claims(self) -> Iterator[Answer]:
        """Yield the answers yes for which nothing is in this installation."""
        for question, answer in self.answers.items():
            is_claim = self.backing_of(self.questions.get(question, ())) is Backing.CLAIM
            if answer.value == Answer.Value.YES and is_claim:
                yield answer

    def missed(self, slugs: Container[str]) -> Mapping[str, Missed]:
        """What came late, partly, failing or not at all since the last quarter began, by slug.

        Of expectations that nothing was ever handed in for there is much to compute and little to
        say, so the caller names those that it wants to hear of.

        What is asked for once or twice a year is judged by the age of its evidence instead: half
        of such a period cannot be missed.
        """
        often = (one for one in self._wanted if one.cadence not in _JUDGED_BY_AGE)
        expected = [one.expected for one in often if one.slug in slugs]
        if not expected:
            return {}
        start = _last_quarter(self.today)
        known = claim_facts.read(expected, start, self.today, self.moment, Clock(days.zone()))
        question = changes.question(expected, start, self.today, self.moment)
        # Of which nothing is known is judged once for all that have its rhythm and its days.
        told = (known.sums, known.claims, question.exemptions, question.moves)
        alike: dict[Expected, list[str]] = defaultdict(list)
        for one in expected:
            is_silent = not any(each.get(one.expectation) for each in told)
            alike[one._replace(expectation=0, slug="") if is_silent else one].append(one.slug)
        found = {}
        for block in cover_summed(alike, question, known.sums, known.claims):
            if short := list(block.short()):
                missed = Missed(Counter(one.state for one in short), short[-1])
                found.update(dict.fromkeys(alike[block.expected], missed))
        return {one.slug: found[one.slug] for one in expected if one.slug in found}

    @cached_property
    def sources(self) -> Sequence[SourceFact]:
        """The sources that are switched on."""
        answered = Run.objects.filter(
            source=OuterRef("pk"), state__in=[Run.State.COMPLETE, Run.State.EMPTY]
        )
        found = Source.objects.filter(enabled=True).annotate(answered=Exists(answered))
        rows = found.order_by("slug").values_list("pk", "title", "collector", "answered")
        return [SourceFact(*row) for row in rows]

    @cached_property
    def _house(self) -> list[tuple[str, bool, bool, bool, int | None]]:
        """Each role, whether somebody holds it, and, the same for all, three facts of the house.

        They are asked together because pages have few queries to spend.
        """
        members = EngagementMember.objects.filter(
            removed_at__isnull=True, access_until__gte=self.today, user__is_active=True
        )
        held = RoleGrant.objects.filter(role=OuterRef("pk"), user__is_active=True)
        newest = EntryVersion.objects.order_by("-pk").values("pk")
        asked = Role.objects.order_by("slug").annotate(
            is_held=Exists(held),
            pack=Exists(PackFile.objects.all()),
            auditor=Exists(members),
            stand=Subquery(newest[:1]),
        )
        return list(asked.values_list("slug", "is_held", "pack", "auditor", "stand"))

    @property
    def roles_held(self) -> frozenset[str]:
        """The roles that an active person holds, in the words of the catalogue."""
        return frozenset(slug.replace("-", "_") for slug, held, *_ in self._house if held)

    @property
    def has_pack(self) -> bool:
        return any(pack for _, _, pack, *_ in self._house)

    @property
    def has_auditor(self) -> bool:
        return any(auditor for *_, auditor, _ in self._house)


def _last_quarter(today: date) -> date:
    """Return the first day of the calendar quarter before the one of a day."""
    first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    before = first - timedelta(days=1)
    return date(before.year, 3 * ((before.month - 1) // 3) + 1, 1)


def _in_words(exceptions: Mapping[str, Any]) -> Iterator[str]:
    columns = exceptions.get("columns", [])[:_SHOWN_CELLS]
    for row in exceptions.get("rows", [])[:_SHOWN_EXCEPTIONS]:
        cells = zip(columns, row, strict=False)
        yield ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in cells)
