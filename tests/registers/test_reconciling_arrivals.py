"""Large files of a day: sealed while they wait, read by a worker, gone afterwards."""

from datetime import timedelta

import pytest

from accounts.models import User
from evidence import seal
from jobs.models import Job
from jobs.work import Work
from registers import tasks
from registers.errors import ReconcilingError, ReconcilingNotAllowedError
from registers.models import Arrival, ArrivalPart, InputFile, Reconciliation
from registers.reconciling import arriving, files
from tests.audits.world import clock
from tests.registers.reconciled import DAY, MONDAY, Accounting, morning, row, written

State = Arrival.State


def came(books: Accounting, cards: Reconciliation, *rows: str, is_look: bool = False) -> Arrival:
    path = written(books.folder, "a", MONDAY, rows or [row("s1")])
    with clock(morning(MONDAY)):
        return arriving.receive(
            cards, leg="a", day=MONDAY, path=path, is_look=is_look, by=books.olga
        )


def read(arrival: Arrival) -> Arrival:
    """Let a worker do the job of an upload."""
    job = Job.objects.get(key=arriving.key_of(arrival))
    with clock(morning(MONDAY)):
        told = tasks.read_file(Work(job.pk, job.key, job.payload))
    arrival.refresh_from_db()
    assert told
    assert told["state"] == arrival.state
    return arrival


def test_it_waits_sealed_and_is_handed_in_by_a_worker(
    books: Accounting, cards: Reconciliation
) -> None:
    waiting = came(books, cards)
    (part,) = ArrivalPart.objects.all()
    assert b"sale" not in bytes(part.sealed)
    assert not InputFile.objects.exists()
    taken = read(waiting)
    file = InputFile.objects.get()
    assert (taken.state, taken.file, taken.problem) == (State.TAKEN, file, "")
    assert (file.filename, file.sha256, file.by) == (
        "a-2026-03-02.csv",
        waiting.sha256,
        books.olga,
    )
    assert not ArrivalPart.objects.exists()
    assert bytes(taken.wrapped_key) == b""


def test_a_long_one_waits_in_pieces(
    books: Accounting, cards: Reconciliation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "CHUNK", 64)
    waiting = came(books, cards)
    assert ArrivalPart.objects.count() == -(-waiting.size // 64) > 1
    original = (books.folder / waiting.filename).read_bytes()
    assert b"".join(arriving._pieces(waiting)) == original


def test_a_broken_one_is_refused_with_its_line(books: Accounting, cards: Reconciliation) -> None:
    refused = read(came(books, cards, row("s1"), row("s2", "ten")))
    assert refused.state == State.REFUSED
    assert "line 3" in refused.problem
    assert not InputFile.objects.exists()
    assert not ArrivalPart.objects.exists()


def test_one_with_a_card_number_is_refused(books: Accounting, cards: Reconciliation) -> None:
    refused = read(came(books, cards, row("4111111111111111")))
    assert refused.state == State.REFUSED
    assert "looks like a card number" in refused.problem
    assert "4111" not in refused.problem
    assert not InputFile.objects.exists()


def test_a_look_keeps_what_is_shown_and_no_file(books: Accounting, cards: Reconciliation) -> None:
    seen = read(came(books, cards, row("s1"), row("s2", "-2.50"), is_look=True))
    assert (seen.state, seen.file) == (State.SEEN, None)
    assert (seen.facts["rows"], seen.facts["totals"]) == (2, {"EUR": [2, 1000, -250]})
    assert not InputFile.objects.exists()


def test_a_worker_that_begins_anew_finds_what_was_handed_in(
    books: Accounting, cards: Reconciliation
) -> None:
    waiting = came(books, cards)
    with clock(morning(MONDAY)):
        first = files.hand_in(
            cards,
            leg="a",
            day=MONDAY,
            path=books.folder / "a-2026-03-02.csv",
            by=books.olga,
        )
    taken = read(waiting)
    assert (taken.state, taken.file) == (State.TAKEN, first)
    # The job may be delivered once more.
    assert read(taken).ended_at == taken.ended_at
    assert InputFile.objects.count() == 1


def test_the_same_bytes_of_before_are_refused(books: Accounting, cards: Reconciliation) -> None:
    books.hand_in(cards, "a", [row("s1")])
    Arrival.objects.all().delete()
    with clock(morning(MONDAY + DAY)):
        again = arriving.receive(
            cards,
            leg="a",
            day=MONDAY,
            path=books.folder / "a-2026-03-02.csv",
            is_look=False,
            by=books.olga,
        )
    refused = read(again)
    assert refused.state == State.REFUSED
    assert "came before" in refused.problem


def test_it_is_told_how_far_the_reading_is(
    books: Accounting, cards: Reconciliation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evidence.reconcile.acceptance._ROWS_PER_WORD", 1)
    waiting, heard = came(books, cards, row("s1"), row("s2")), list[str]()
    with clock(morning(MONDAY)):
        arriving.read(waiting.pk, tell=lambda _done, _total, note: heard.append(note))
    assert heard[-1] == "Reading a-2026-03-02.csv: 2 rows"


def test_strangers_days_and_sides_are_refused_at_once(
    books: Accounting, cards: Reconciliation, charlie: User
) -> None:
    path = written(books.folder, "a", MONDAY, [row("s1")])

    def receive(leg: str = "a", day: object = MONDAY, by: User = books.olga) -> None:
        arriving.receive(cards, leg=leg, day=day, path=path, is_look=False, by=by)  # type: ignore[arg-type]

    with clock(morning(MONDAY)):
        with pytest.raises(ReconcilingNotAllowedError):
            receive(by=charlie)
        with pytest.raises(ReconcilingError, match="no leg moon"):
            receive(leg="moon")
        with pytest.raises(ReconcilingError, match="no business day"):
            receive(day=MONDAY - DAY)
    assert not Arrival.objects.exists()


def test_old_ones_are_forgotten_with_what_is_left_of_them(
    books: Accounting, cards: Reconciliation
) -> None:
    came(books, cards)
    now = morning(MONDAY) + arriving.KEPT
    assert arriving.clear(now - timedelta(hours=1)) == 0
    assert arriving.clear(now + timedelta(hours=1)) == 1
    assert not ArrivalPart.objects.exists()


def test_an_upload_that_never_came_whole_is_not_shown(
    books: Accounting, cards: Reconciliation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(arriving, "_seal", full)
    with pytest.raises(OSError):  # noqa: PT011
        came(books, cards)
    assert Arrival.objects.get().state == State.COMING
    assert arriving.of_day(cards, MONDAY) == []
    assert not Job.objects.filter(kind=arriving.KIND).exists()
