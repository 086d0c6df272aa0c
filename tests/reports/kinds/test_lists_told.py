"""Reports that are lists: the index of evidence, requests of the auditor, answers to a buyer."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from audits.models import Engagement
from evidence import review
from readiness.buyers import replying
from reports.errors import AskedError
from tests import cast
from tests.audits.asking import asked
from tests.audits.world import World, clock, hand_in_staff
from tests.readiness.buyers import asking
from tests.reports.written.reading import AT, Read

Ask = Callable[..., Read]
SUMMER = {"start": date(2026, 6, 1), "end": date(2026, 8, 31)}


class TestEvidenceIndex:
    def test_it_lists_what_covers_a_day_of_the_period(self, ask: Ask, world: World) -> None:
        june = hand_in_staff(world, date(2026, 6, 30))
        hand_in_staff(world, date(2026, 5, 31))
        with clock(AT):
            review.accept(june, reviewer=cast.person("reviewer"))
        said = ask("evidence_index", **SUMMER)
        (row,) = said.sheets["Items"][1:]
        assert (row[0], row[2], row[9]) == (june.ref, world.access.ref, "accepted")
        assert (row[10], row[11]) == (june.ledger_entry_id, june.blob_id)
        assert (said.figures["Items"], said.figures["Accepted"]) == (1, 1)
        assert sum(row[1] for row in said.sheets["By library"][1:]) == 1

    def test_as_of_an_earlier_day_only_what_was_known_then_is_told(
        self, ask: Ask, world: World
    ) -> None:
        first = hand_in_staff(world, date(2026, 6, 10), without_mfa=1)
        with clock(datetime(2026, 6, 20, tzinfo=UTC)):
            review.return_with_reason(
                first, reviewer=cast.person("reviewer"), reason="One has no second factor."
            )
        second = hand_in_staff(world, date(2026, 6, 30), supersedes=first)

        def told(*day: int) -> list[tuple[str, int, str]]:
            at = datetime(*day, tzinfo=UTC)  # type: ignore[arg-type, misc]
            rows = ask("evidence_index", **SUMMER, at=at, made_at=AT).sheets["Items"][1:]
            return [(row[0], row[8], row[9]) for row in rows if row[1] is not None]

        assert told(2026, 6, 5) == []
        assert told(2026, 6, 15) == [(first.ref, 1, "not reviewed")]
        assert told(2026, 6, 25) == [(first.ref, 1, "returned")]
        assert told(2026, 7, 15) == [(second.ref, 0, "not reviewed")]

    def test_a_period_without_an_item_says_so(self, ask: Ask, world: World) -> None:
        hand_in_staff(world, date(2026, 5, 31))
        said = ask("evidence_index", **SUMMER)
        assert "No item covers a day from 2026-06-01 to 2026-08-31." in said.words
        assert said.figures["Items"] == 0


class TestRequestList:
    def test_it_lists_requests_and_what_is_overdue(
        self, ask: Ask, world: World, audit: Engagement
    ) -> None:
        late = asked(audit, world.alice, due=AT.date().replace(day=1))
        asked(audit, world.alice, title="=1+1")
        said = ask("request_list", engagement=audit)
        assert [row[1] for row in said.sheets["Requests"][1:]] == [late.title, "=1+1"]
        assert [row[0] for row in said.sheets["Overdue"][1:]] == [late.number]
        assert said.figures["Overdue"] == 1

    def test_without_requests_it_says_so(self, ask: Ask, audit: Engagement) -> None:
        assert "made no request" in ask("request_list", engagement=audit).words


class TestAnswers:
    def test_it_names_sources_and_what_is_missing(
        self, ask: Ask, world: World, tmp_path: Path
    ) -> None:
        made = asking.opened(tmp_path, world.alice)
        question = asking.question(made, "CEK-03.1")
        before = ask("questionnaire_answers", subject=made.ref)
        assert before.sheets["Not backed"][1][0] == "No question is answered yet."
        replying.reply(question, short="yes", text="In a safe.", seen=0, by=world.alice)
        said = ask("questionnaire_answers", subject=made.ref.lower())
        (answer,) = said.sheets["Answers"][1:]
        assert answer[2:5] == ("yes", "In a safe.", "not backed")
        assert len(said.sheets["Unanswered"]) == len(made.questions.all())
        assert said.figures["Not backed"] == 1
        assert made.original.blob_id in said.words

    def test_an_unknown_one_is_said(self, ask: Ask) -> None:
        with pytest.raises(AskedError, match="none came in yet"):
            ask("questionnaire_answers", subject="QST-7")
