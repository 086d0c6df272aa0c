"""The draft of the report text says what the record says, in the words of auditors."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from audits import finding_deeds
from audits.finding_entries import about, record_of
from audits.finding_record import (
    Entry,
    EntryKind,
    Kind,
    Part,
    Side,
    Source,
    State,
    fold,
    moved,
)
from audits.finding_text import About, draft
from tests.audits import findings as cases
from tests.audits.world import World

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_the_draft_tells_the_whole_matter(world: World, root: User) -> None:
    case = cases.opened(world)
    cases.describe(case)
    case.remedied()
    finding_deeds.retest(
        case.finding, passed=True, evidence=case.proof, text="All have one", by=root
    )
    said = draft(about(case.finding), record_of(case.finding))
    assert said.startswith(
        "For 1 of 3 staff accounts: Everybody should have a second factor; one person had none."
    )
    for sentence in (
        "control AC-01 in the time from 1 June 2026 to 30 June 2026",
        "Found by management's own test.",
        "Cause: The account was made by hand.",
        "The deviation is judged isolated.",
        "Compensating control (AC-01): The network",
        "Management agrees: We saw it too late.",
        "(Head of IT, due ",
        f"shown by {case.proof.ref}.",
        f"({case.proof.ref}): passed. All have one.",
    ):
        assert sentence in said, said


def test_the_draft_is_used_again_after_an_edit(world: World) -> None:
    case = cases.opened(world)
    finding_deeds.revise(case.finding, part=Part.REPORT, text="My own words.", by=case.alice)
    record = finding_deeds.draft_again(case.finding, by=case.alice)
    assert record.report_text(Side.MANAGEMENT) == draft(about(case.finding), record)
    assert record.revisions[Part.REPORT][0].text == "My own words."


def entry(step: int, **more: object) -> Entry:
    given_ = {
        "kind": EntryKind.OBSERVED,
        "state": State.OPEN,
        "side": Side.SYSTEM,
        "at": NOON,
        "actor": "system",
        **more,
    }
    return Entry(step=step, **given_)  # type: ignore[arg-type]


def test_a_check_that_could_not_run_is_said_to_show_nothing() -> None:
    opened = entry(1, kind=EntryKind.OPENED, part=Part.CONDITION, text="No table")
    record = fold([opened, entry(2, value=Kind.COULD_NOT_RUN)])
    day = date(2026, 6, 1)
    said = draft(About("AC-01", day, day, Source.CHECK, is_sample=False, zone=UTC), record)
    assert "neither shown nor disproved" in said
    assert "on 1 June 2026" in said


_words = st.text(max_size=20)


@given(
    st.lists(
        st.builds(
            dict,
            kind=st.sampled_from([EntryKind.OBSERVED, EntryKind.REVISED, EntryKind.COMMENTED]),
            state=st.sampled_from(State),
            side=st.sampled_from(Side),
            part=st.none() | st.sampled_from(Part),
            text=_words,
            value=_words,
            exceptions=st.none() | st.integers(0, 9),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_folding_loses_no_revision_and_the_last_entry_decides(
    rows: list[dict[str, object]],
) -> None:
    entries = [entry(step, **row) for step, row in enumerate(rows, start=1)]
    record = fold(entries)
    assert record.state is entries[-1].state
    assert sum(map(len, record.revisions.values())) == sum(one.part is not None for one in entries)
    for part, found in record.revisions.items():
        assert record.current(part) == found[-1]
    day = date(2026, 6, 1)
    assert draft(About("AC-01", day, day, Source.CHECK, is_sample=False, zone=UTC), record)


def test_a_move_leads_on_or_says_why_not() -> None:
    for kind in (EntryKind.RESPONDED, EntryKind.PLANNED, EntryKind.CLOSED, EntryKind.REOPENED):
        for state in State:
            after, obstacle = moved(kind, state)
            assert bool(obstacle) == (state not in _possible(kind))
            if obstacle:
                assert after is state


def _possible(kind: EntryKind) -> set[State]:
    """Written out a second time, so that a slip in the table of moves is seen."""
    return {
        EntryKind.RESPONDED: {
            *(State.OPEN, State.RESPONDED, State.REMEDIATION, State.RETESTED, State.REOPENED)
        },
        EntryKind.PLANNED: {State.RESPONDED, State.REMEDIATION, State.REOPENED},
        EntryKind.CLOSED: {State.RETESTED},
        EntryKind.REOPENED: {State.RETESTED, State.CLOSED, State.RISK_ACCEPTED},
    }[kind]
