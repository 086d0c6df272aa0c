"""Intakes that meet share a commit: nothing is lost, doubled or mixed up, on both databases."""

import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from pytest_django import Settings

from evidence import intake, ledger, merkle, store
from evidence.errors import IdempotencyConflictError, SupersededError
from evidence.group_commit import Group
from evidence.models import Evidence, IntakeKey, LedgerEntry
from tests.evidence import items
from tests.installation import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

Outcome = tuple[Evidence, bool] | Exception


def all_at_once(deeds: Sequence[Callable[[], tuple[Evidence, bool]]]) -> list[Outcome]:
    """Do each deed in a thread of its own and return what it gave or raised, in order."""
    found: list[Outcome | None] = [None] * len(deeds)

    def run(place: int) -> None:
        try:
            found[place] = deeds[place]()
        except Exception as error:  # noqa: BLE001  # a thread cannot raise into the test
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    assert None not in found
    return [one for one in found if one is not None]


def push(
    content: bytes, *, actor: str = "token:1", **changes: object
) -> Callable[[], tuple[Evidence, bool]]:
    sent = items.submission(content=content, **changes)
    return lambda: intake.receive_once(sent, actor=actor)


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Outcome]]:
    """Let all items gather before the first of them is recorded, so that they share a commit."""

    def run(*deeds: Callable[[], tuple[Evidence, bool]]) -> list[Outcome]:
        recorded = intake._recorded_together
        sizes: list[int] = []

        def watched(sent: Sequence[intake._Sent]) -> list[tuple[Evidence, bool]]:
            sizes.append(len(sent))
            return recorded(sent)

        group = Group(watched, most=50, doubtful=intake._DOUBTFUL)
        group._busy = True
        monkeypatch.setattr(intake, "_GROUP", group)

        def open_the_gate() -> None:
            while len(group._waiting) < len(deeds):
                threading.Event().wait(0.001)
            with group._changed:
                group._waiting.sort(key=lambda one: one[0].prepared.submission.title)
                group._busy = False
                group._changed.notify_all()

        opener = threading.Thread(target=open_the_gate)
        opener.start()
        found = all_at_once(deeds)
        opener.join(timeout=PATIENCE_SECONDS)
        assert sizes[0] == len(deeds)
        return found

    return run


def files(settings: Settings) -> int:
    return sum(path.is_file() for path in Path(settings.STORE_DIR).rglob("*"))


def refuse_gaps(count: int) -> None:
    """The log and the references are gapless, and every item can be read again."""
    assert list(LedgerEntry.objects.values_list("index", flat=True)) == list(range(count))
    hashes = [merkle.leaf_hash(one.leaf.encode()) for one in LedgerEntry.objects.all()]
    assert ledger.root(count) == merkle.root(count, lambda _, start, size: hashes[start:][:size])
    kept = Evidence.objects.order_by("pk")
    assert [one.ref for one in kept] == [f"EV-{number:06d}" for number in range(1, count + 1)]
    for one in kept.select_related("ledger_entry"):
        assert sha256(b"".join(store.stream(one.blob_id))).hexdigest() == one.blob_id
        assert one.ledger_entry.subject == one.ref
        assert one.blob_id in one.ledger_entry.leaf


def test_many_threads_leave_no_gap_and_lose_nothing() -> None:
    def ten(writer: int) -> tuple[Evidence, bool]:
        for number in range(10):
            last = push(f"{writer} {number}".encode(), idempotency_key=f"{writer}-{number}")()
        return last

    found = all_at_once([lambda writer=writer: ten(writer) for writer in range(8)])  # type: ignore[misc]
    assert not [one for one in found if isinstance(one, Exception)]
    refuse_gaps(80)


def test_each_sender_gets_the_answer_to_its_own_item(
    gathered: Callable[..., list[Outcome]],
) -> None:
    found = gathered(
        *(push(f"{n}".encode(), actor=f"token:{n}", idempotency_key="same") for n in range(6))
    )
    for number, outcome in enumerate(found):
        assert isinstance(outcome, tuple)
        evidence, first = outcome
        assert first
        assert evidence.blob_id == sha256(f"{number}".encode()).hexdigest()
        assert evidence.ledger_entry.actor == f"token:{number}"
        assert IntakeKey.objects.get(sender=f"token:{number}", key="same").evidence == evidence
    refuse_gaps(6)


def test_a_refused_item_does_not_harm_the_others(
    gathered: Callable[..., list[Outcome]], settings: Settings
) -> None:
    push(b"old", idempotency_key="k")()
    found = gathered(
        push(b"one"), push(b"not the old one", idempotency_key="k"), push(b"two"), push(b"three")
    )
    assert [type(one) for one in found] == [tuple, IdempotencyConflictError, tuple, tuple]
    refuse_gaps(4)
    assert files(settings) == 4


def test_the_same_push_twice_at_once_is_one_item(
    gathered: Callable[..., list[Outcome]], settings: Settings
) -> None:
    found = gathered(*(push(b"same", idempotency_key="k") for _ in range(4)))
    assert sorted(one[1] for one in found if isinstance(one, tuple)) == [False, False, False, True]
    assert len({one[0].pk for one in found if isinstance(one, tuple)}) == 1
    refuse_gaps(1)
    assert files(settings) == 1


def test_the_same_key_for_other_content_at_once_is_refused(
    gathered: Callable[..., list[Outcome]], settings: Settings
) -> None:
    found = gathered(push(b"a", idempotency_key="k"), push(b"b", idempotency_key="k"), push(b"c"))
    assert sorted(type(one).__name__ for one in found) == [
        "IdempotencyConflictError",
        "tuple",
        "tuple",
    ]
    refuse_gaps(2)
    assert files(settings) == 2


def test_two_successors_at_once_are_told_apart(gathered: Callable[..., list[Outcome]]) -> None:
    old, _ = push(b"old")()
    found = gathered(push(b"a", supersedes=old), push(b"b", supersedes=old), push(b"c"))
    assert sorted(type(one).__name__ for one in found) == ["SupersededError", "tuple", "tuple"]
    assert [one for one in found if isinstance(one, SupersededError)]
    refuse_gaps(3)


def test_the_same_content_keeps_its_file_whoever_is_refused(
    gathered: Callable[..., list[Outcome]], settings: Settings
) -> None:
    old, _ = push(b"old")()
    push(b"new", supersedes=old)()
    # The refused one comes first, so that its file would be the one kept of the three.
    found = gathered(push(b"same", supersedes=old, title="1"), push(b"same"), push(b"same"))
    assert [type(one) for one in found] == [SupersededError, tuple, tuple]
    assert files(settings) == 3
    kept = {one[0].blob_id for one in found if isinstance(one, tuple)}
    assert [b"".join(store.stream(digest)) for digest in kept] == [b"same"]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_commit_in_doubt_never_costs_a_file_that_a_row_names(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = intake._recorded

    def recorded_but_cut_off(sent: Sequence[intake._Sent]) -> list[tuple[Evidence, bool]]:
        recorded(sent)
        raise error("the connection went away after the commit")

    monkeypatch.setattr(intake, "_recorded", recorded_but_cut_off)
    with pytest.raises(error):
        push(b"kept", idempotency_key="k")()
    monkeypatch.setattr(intake, "_recorded", recorded)
    again, first = push(b"kept", idempotency_key="k")()
    assert not first
    assert b"".join(store.stream(again.blob_id)) == b"kept"


def test_a_commit_that_did_not_take_place_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def locked(_: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(intake, "_record_parts", locked)
    with pytest.raises(OperationalError, match="locked"):
        push(b"x")()
    assert files(settings) == 0
    assert ledger.size() == 0


def test_inside_a_transaction_nothing_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_GROUP", None)
    with transaction.atomic():
        evidence = intake.receive(items.submission(), actor="system")
        assert Evidence.objects.get() == evidence
        transaction.set_rollback(True)
    assert Evidence.objects.count() == 0
