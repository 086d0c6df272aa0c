"""An installation to judge: expectations by the slugs of the shipped programme, items, tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from unittest.mock import patch

from django.db import transaction

from accounts.models import User
from audits import days
from controls.models import Area, Check, Control, Expectation
from controls.readiness_file import Entry, Kind
from evidence import checks, ledger, review
from evidence.models import Evidence
from readiness import programme, registry
from readiness.detection import Judgement
from readiness.facts import Facts
from readiness.standing import Standing
from registers import entries
from registers import registry as books
from registers.models import Entry as Kept
from tests import cast
from tests.audits.world import hand_in, staff_table, submission
from tests.registers.books import GOOD

_numbers = count(1)
_FAILS = "SELECT * FROM population WHERE has_mfa = false"
_BREAKS = "SELECT nothing FROM population"


def begin(day: date) -> None:
    """Have this installation begin on a day: the log's first leaf is of then."""
    then = datetime.combine(day, time(), UTC)
    with patch("evidence.ledger.timezone.now", return_value=then), transaction.atomic():
        ledger.lock()
        ledger.append("house.begun", subject="house", body={}, actor="system")


def ago(number: int) -> date:
    return days.today() - timedelta(days=number)


@dataclass
class Ground:
    """What a test puts into the installation, in a few words."""

    alice: User
    made: dict[str, Expectation] = field(default_factory=dict)
    reviewer: User | None = None

    def control(self, ref: str) -> Control:
        return Control.objects.get_or_create(
            ref=ref,
            defaults={
                "title": f"Control {ref}",
                "area": Area.API_SECURITY,
                "owner_role": Control.OwnerRole.COMPLIANCE_LEAD,
                "nature": Control.Nature.MANUAL,
            },
        )[0]

    def expect(
        self,
        slug: str,
        *,
        cadence: str = "quarterly",
        kind: str = "state",
        control: str = "",
        since: date | None = None,
        collector: str = "",
    ) -> Expectation:
        made = Expectation.objects.create(
            control=self.control(control or f"T-{len(self.made) + 10}"),
            slug=slug,
            title=slug.replace("-", " ").capitalize(),
            evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
            kind=kind,
            cadence=cadence,
            days_allowed=5,
            collector=collector,
            owner_role=Control.OwnerRole.COMPLIANCE_LEAD,
            active_from=since or ago(1),
        )
        self.made[slug] = made
        return made

    def check(self, slug: str, expectation: str, *, breaks: bool = False) -> Check:
        sql = _BREAKS if breaks else _FAILS
        return Check.objects.create(
            expectation=self.made[expectation],
            slug=slug,
            title=slug,
            sql=sql,
            digest=sha256(f"{slug}{sql}".encode()).hexdigest(),
        )

    def show(
        self,
        slug: str,
        *,
        age: int = 0,
        exceptions: int = 0,
        accepted: bool = True,
        owner: str = "alice@example.org",
        came_after: int = 0,
    ) -> Evidence:
        """Hand in an item for an expectation, run its checks, and have somebody accept it."""
        if slug not in self.made:
            self.expect(slug)
        content, population = staff_table(without_mfa=exceptions)
        name = f"{slug}-{next(_numbers)}.csv"
        day = ago(age)
        sent = submission(
            content,
            day,
            day,
            self.made[slug],
            collected=day - timedelta(days=came_after),
            filename=name,
            population=population,
        )
        item = hand_in(replace(sent, owner=owner), received=day)
        checks.run(item, actor="system")
        if accepted:
            review.accept(item, reviewer=self._reviewer())
        return item

    def token(self, **changed: Any) -> Kept:
        given: Mapping[str, Any] = {
            **GOOD["service_accounts"],
            "name": f"token {next(_numbers)}",
            "fingerprint": f"{next(_numbers):016x}",
            "created_on": ago(10).isoformat(),
            "last_used_on": ago(1).isoformat(),
            "rotate_by": ago(-30).isoformat(),
            **changed,
        }
        return entries.add(books.get("service_accounts"), given=given, by=self.alice)

    def vendor(self, **changed: Any) -> Kept:
        given = {**GOOD["vendors"], "name": f"Vendor {next(_numbers)}", **changed}
        return entries.add(books.get("vendors"), given=given, by=self.alice)

    def judged(self, detector: str) -> Judgement:
        """What a detector says now, by the first entry of the programme that names it."""
        return registry.judged(entry_of(detector), facts())

    def give_back(self, item: Evidence) -> None:
        review.return_with_reason(item, reviewer=self._reviewer(), reason="It is another list.")

    def standing(self, slug: str) -> Standing:
        return facts().standings[slug]

    def _reviewer(self) -> User:
        if self.reviewer is None:
            self.reviewer = cast.person("reviewer")
        return self.reviewer


def facts() -> Facts:
    questions = programme.programme().entries(Kind.QUESTION)
    return Facts(questions={one.id: one.expectations for one in questions})


def entry_of(detector: str) -> Entry:
    files = programme.programme().files.values()
    return next(one for file in files for one in file.entries if one.detector == detector)
