"""Uploaded lists of requests: what a row would do, what is refused, and all or nothing."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from audits import request_list, requests
from audits.errors import NotAllowedError, RequestError, RequestListError
from audits.models import Engagement, EvidenceRequest, RequestImport
from audits.request_list import Line, Plan
from audits.request_terms import Owner, Wording
from evidence import ledger
from evidence.models import LedgerEntry
from tests import cast
from tests.audits.asking import admit, answered, asked, state
from tests.audits.world import World, hand_in_staff

DAY = datetime.combine(date(2026, 9, 1), time())
"""A day as a sheet gives it."""
HEADER = ["Number", "Title", "Text", "Controls", "Due", "Owner"]


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


def lines(*rows: list[object], header: list[str] | None = None) -> list[Line]:
    return request_list.read(enumerate([header or HEADER, *rows], 1))


def row(number: object = 1, title: object = "Users", **more: object) -> list[object]:
    cells = {"text": None, "refs": None, "due": None, "owner": None, **more}
    return [number, title, *cells.values()]


def refused(*rows: list[object], header: list[str] | None = None) -> str:
    with pytest.raises(RequestListError) as caught:
        lines(*rows, header=header)
    return str(caught.value)


def planned(engagement: Engagement, by: User, *rows: list[object]) -> Plan:
    return request_list.plan(engagement, lines(*rows), by=by)


def taken_in(engagement: Engagement, by: User, *rows: list[object]) -> Plan:
    staged, _ = request_list.stage(engagement, lines(*rows), filename="list.xlsx", by=by)
    return request_list.apply(staged, by=by)


class TestReading:
    def test_cells_of_every_kind_become_what_they_say(self) -> None:
        (line,) = lines(row(1.0, " All  users ", text="a\r\nb", refs="AC-01; CC6.1", due=DAY))
        assert line == Line(2, 1, "All users", "a\nb", "AC-01, CC6.1", "2026-09-01", "")
        (written,) = lines(row("12", due="2026-09-30"))
        assert (written.number, written.wording.due) == (12, date(2026, 9, 30))

    def test_columns_may_stand_in_any_order_and_own_ones_are_not_read(self) -> None:
        header = ["State", *reversed(HEADER), "Answers", "Last comment"]
        (line,) = lines(
            ["Accepted", None, None, None, None, "Users", 7, "EV-1", "Alice: no"], header=header
        )
        assert (line.number, line.title) == (7, "Users")

    @pytest.mark.parametrize(
        ("header", "said"),
        [
            (["Number", "Name", *HEADER[2:]], "Row 1: 'Name' is no column"),
            (HEADER[:-1], "Row 1: the column 'Owner' is missing"),
            ([*HEADER, "Title"], "Row 1: there are two columns 'Title'"),
            (["Number", "", *HEADER[2:]], "Row 1: '' is no column"),
            ([], "'Number' is missing"),
        ],
    )
    def test_a_renamed_missing_or_doubled_column_is_refused(
        self, header: list[str], said: str
    ) -> None:
        with pytest.raises(RequestListError) as caught:
            request_list.read([(1, header), (2, row())])
        assert said in str(caught.value)

    @pytest.mark.parametrize(
        ("cells", "said"),
        [
            (row(None), "Row 2: Number is empty"),
            (row("R-1"), "Row 2: Number is 'R-1'"),
            (row(1.5), "Row 2: Number is '1.5'"),
            (row(0), "Row 2: Number is '0'"),
            (row(-3), "Row 2: Number is '-3'"),
            (row(True), "Row 2: Number is 'True'"),
            (row("\u0661"), "Row 2: Number is '\u0661'"),
            (row(10**9), "Row 2: Number is '1000000000'"),
            (row(due="31.12.2026"), "Row 2: Due is '31.12.2026'; write a date"),
            (row(due="2026-02-30"), "Row 2: Due is '2026-02-30'"),
            (row(due=DAY.replace(hour=9)), "Row 2: Due is '2026-09-01 09:00:00'"),
            (row(due=46_000), "Row 2: Due is '46000'"),
            (row(title="a\x07b"), "Row 2: The Title has a control character (U+0007)"),
            (row(text="x" * 10_001), "Row 2: The Text has 10,001 characters"),
            (row(title=DAY), "Row 2: Title holds '2026-09-01 00:00:00'"),
            ([*row(), None, None, None, "more"], "Row 2: 'more' stands beyond"),
        ],
        ids=str,
    )
    def test_a_bad_cell_is_refused_with_its_row(self, cells: list[object], said: str) -> None:
        assert said in refused(cells)
        assert "Nothing was changed" in refused(cells)

    def test_numbers_that_stand_twice_are_refused_with_both_rows(self) -> None:
        assert "Row 4: the number 7 stands in row 2 too" in refused(row(7), row(8), row("7"))

    def test_all_bad_rows_are_told_at_once_but_no_flood_of_them(self) -> None:
        told = refused(row(None), row(1), row("x"))
        assert "Row 2:" in told
        assert "Row 4:" in told
        assert "And 60 more rows." in refused(*[row(None)] * 100)

    def test_a_list_without_rows_or_without_anything_is_refused(self) -> None:
        assert "no rows below its header" in refused()
        with pytest.raises(RequestListError):
            request_list.read([])

    def test_a_list_that_never_ends_is_cut_off_early(self) -> None:
        read: list[int] = []

        def endless() -> object:
            yield 1, HEADER
            for number in range(1, 200_000):
                read.append(number)
                yield number + 1, row(number)

        with pytest.raises(RequestListError, match="Row 2002: a list holds at most 2,000"):
            request_list.read(endless())  # type: ignore[arg-type]
        assert len(read) == 2_001

    @given(
        st.lists(
            st.lists(
                st.one_of(
                    st.none(),
                    st.text(max_size=20),
                    st.integers(),
                    st.floats(),
                    st.booleans(),
                    st.dates(),
                    st.datetimes(),
                    st.sampled_from(HEADER),
                ),
                max_size=11,
            ),
            max_size=4,
        )
    )
    def test_whatever_stands_in_a_sheet_it_is_read_or_refused(
        self, cells: list[list[object]]
    ) -> None:
        for header in (HEADER, []):
            try:
                found = request_list.read(enumerate([header, *cells], 1))
            except RequestListError:
                continue
            assert all(line.wording.title == line.title for line in found)


class TestPlan:
    def test_it_says_row_by_row_what_would_happen_and_does_nothing(
        self, engagement: Engagement, bob: User
    ) -> None:
        asked(engagement, bob, "Users", refs=("AC-01",))
        asked(engagement, bob, "Leavers")
        leaves = ledger.size()
        plan = planned(
            engagement,
            bob,
            row(1, "Users", refs="AC-01"),
            row(2, "Leavers", due="2026-09-01"),
            row(5, "Chart"),
        )
        assert (plan.new, plan.changed, plan.unchanged) == (1, 1, 1)
        assert [step.changes for step in plan.steps] == [
            (),
            (("Due", "", "2026-09-01"),),
            (("Title", "", "Chart"),),
        ]
        assert ledger.size() == leaves

    def test_unknown_references_and_owners_name_their_row(
        self, engagement: Engagement, world: World
    ) -> None:
        plan = planned(
            engagement,
            world.alice,
            row(1, refs="AC-01, XX-9"),
            row(2, owner="nobody@example.org"),
            row(3, owner="King"),
            row(4, ""),
            row(5, owner="bob@audit.example"),
        )
        for told, said in zip(
            plan.problems,
            ("'XX-9' is no control", "nobody@", "'King'", "a title", "no active member"),
            strict=True,
        ):
            assert said in told
        assert [told[:6] for told in plan.problems] == [f"Row {at}:" for at in range(2, 7)]

    def test_an_auditor_names_no_owners(self, engagement: Engagement, bob: User) -> None:
        (told,) = planned(engagement, bob, row(1, owner="Engineer")).problems
        assert "Leave Owner empty" in told

    def test_staff_changes_no_words_of_the_auditor(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        asked(engagement, bob, "Users")
        plan = planned(engagement, world.alice, row(1, "Fewer users"))
        assert "Row 2: The auditor asked" in plan.problems[0]
        assert planned(engagement, world.alice, row(1, "Users", owner="Engineer")).changed == 1

    def test_what_is_done_stays(self, engagement: Engagement, world: World, bob: User) -> None:
        request = asked(engagement, bob, "Users")
        seen = answered(request, hand_in_staff(world, date(2026, 6, 30)), world.alice)
        requests.accept(request, seen=seen.pk, by=bob)
        assert "is accepted" in planned(engagement, bob, row(1, "More")).problems[0]
        assert planned(engagement, bob, row(1, "Users")).unchanged == 1

    def test_who_may_not_ask_may_not_even_look(self, engagement: Engagement, charlie: User) -> None:
        for stranger in (charlie, cast.person("auditor"), cast.person("engineer")):
            with pytest.raises(NotAllowedError):
                planned(engagement, stranger, row())

    def test_more_than_an_engagement_holds_is_refused(
        self, engagement: Engagement, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked(engagement, bob, "Users")
        monkeypatch.setattr(requests, "MOST", 2)
        assert planned(engagement, bob, row(2)).problems == ()
        assert "at most 2" in planned(engagement, bob, row(2), row(3)).problems[0]


class TestApplying:
    def test_it_does_what_was_previewed_and_leaves_leaves(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        taken_in(engagement, bob, row(3, "Users", refs="CC6.1", due="2026-09-01"), row(4, "Chart"))
        made = engagement.requests.get(number=3)
        assert (made.title, made.refs, made.due) == ("Users", "CC6.1", date(2026, 9, 1))
        assert (made.asked_by, state(made)) == (bob, "asked")
        taken_in(
            engagement,
            world.alice,
            row(3, "Users", refs="CC6.1", due="2026-09-01", owner="ALICE@example.org"),
        )
        made.refresh_from_db()
        assert made.owner == world.alice
        kinds = list(LedgerEntry.objects.order_by("-index").values_list("kind", flat=True)[:2])
        assert kinds == ["request.list_imported", "request.changed"]

    def test_one_bad_row_stops_all_of_it(self, engagement: Engagement, bob: User) -> None:
        with pytest.raises(RequestListError, match="Row 3: 'XX-9'"):
            taken_in(engagement, bob, row(1), row(2, refs="XX-9"), row(3))
        assert not EvidenceRequest.objects.exists()

    def test_a_row_that_fails_late_undoes_the_ones_before(
        self, engagement: Engagement, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = requests.ask

        def breaking(*args: object, **more: object) -> object:
            if more["number"] == 2:
                raise RequestError("Broken.")
            return whole(*args, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(requests, "ask", breaking)
        leaves = ledger.size()
        with pytest.raises(RequestListError, match=r"Row 3: Broken\. Nothing was changed"):
            taken_in(engagement, bob, row(1), row(2))
        assert not EvidenceRequest.objects.exists()
        assert not RequestImport.objects.filter(applied_at__isnull=False).exists()
        assert ledger.size() == leaves

    def test_what_changed_since_the_preview_stops_it(
        self, engagement: Engagement, bob: User
    ) -> None:
        staged, _ = request_list.stage(engagement, lines(row(1)), filename="l.xlsx", by=bob)
        asked(engagement, bob, "Other")
        with pytest.raises(RequestListError, match="changed since the preview"):
            request_list.apply(staged, by=bob)

    def test_it_is_done_once_and_by_who_uploaded_it(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        staged, _ = request_list.stage(engagement, lines(row(1)), filename="l.xlsx", by=bob)
        with pytest.raises(RequestListError, match="Somebody else"):
            request_list.apply(staged, by=world.alice)
        request_list.apply(staged, by=bob)
        with pytest.raises(RequestListError, match="taken in already"):
            request_list.apply(staged, by=bob)

    def test_an_owner_who_left_is_no_obstacle_to_an_unchanged_row(
        self, engagement: Engagement, world: World
    ) -> None:
        engineer = cast.person("engineer", email="ed@example.org")
        requests.ask(engagement, Wording("A"), by=world.alice, owner=Owner(person=engineer))
        User.objects.filter(pk=engineer.pk).update(is_active=False)
        plan = planned(engagement, world.alice, row(1, "A", owner="ed@example.org"))
        assert (plan.problems, plan.unchanged) == ((), 1)
