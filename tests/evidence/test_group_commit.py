"""Threads that wait for each other share the next commit, and each gets what is its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from evidence.group_commit import Group, GroupError

PATIENCE = 30


class LostError(Exception):
    """The connection went away during the commit."""


@dataclass
class Work:
    """Doubles numbers; the first group waits at a gate, so that the others gather behind it."""

    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    groups: list[list[int]] = field(default_factory=list)
    refuse: Callable[[Sequence[int]], None] = lambda _: None

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.groups.append(list(numbers))
        self.begun.set()
        assert self.gate.wait(PATIENCE)
        self.refuse(numbers)
        return [2 * number for number in numbers]


def gathered(work: Work, count: int, *, most: int = 50) -> list["Future[int]"]:
    """Hand in 0, and while it is worked on the numbers from 1 to `count`; then open the gate."""
    group: Group[int, int] = Group(work, most=most, doubtful=(LostError,))
    with ThreadPoolExecutor(count + 1) as pool:
        futures = [pool.submit(group.do, 0)]
        assert work.begun.wait(PATIENCE)
        futures += [pool.submit(group.do, number) for number in range(1, count + 1)]
        while len(group._waiting) < count:
            threading.Event().wait(0.001)
        work.gate.set()
    assert not group._busy
    assert group._waiting == []
    return futures


def test_one_alone_is_worked_on_at_once() -> None:
    work = Work()
    work.gate.set()
    group: Group[int, int] = Group(work, most=50, doubtful=(LostError,))
    assert [group.do(number) for number in (4, 5)] == [8, 10]
    assert work.groups == [[4], [5]]


def test_what_waits_together_is_worked_on_together() -> None:
    work = Work()
    futures = gathered(work, 7)
    assert [future.result() for future in futures] == [2 * number for number in range(8)]
    assert [len(group) for group in work.groups] == [1, 7]


def test_a_group_has_its_limit_and_nobody_is_forgotten() -> None:
    work = Work()
    futures = gathered(work, 7, most=3)
    assert [future.result() for future in futures] == [2 * number for number in range(8)]
    assert [len(group) for group in work.groups] == [1, 3, 3, 1]


def test_a_bad_item_fails_alone() -> None:
    def refuse(numbers: Sequence[int]) -> None:
        if 3 in numbers:
            raise ValueError(f"of {len(numbers)}")

    futures = gathered(Work(refuse=refuse), 5)
    with pytest.raises(ValueError, match="of 1"):
        futures[3].result()
    others = [future.result() for place, future in enumerate(futures) if place != 3]
    assert others == [0, 2, 4, 8, 10]


def test_a_doubtful_end_is_told_to_all_and_never_repeated() -> None:
    def refuse(numbers: Sequence[int]) -> None:
        if 3 in numbers:
            raise LostError

    work = Work(refuse=refuse)
    futures = gathered(work, 5)
    assert [type(future.exception()) for future in futures] == [type(None)] + 5 * [LostError]
    assert [len(group) for group in work.groups] == [1, 5]


def test_nobody_hangs_when_the_one_who_works_is_stopped() -> None:
    def refuse(numbers: Sequence[int]) -> None:
        if 3 in numbers:
            raise SystemExit

    futures = gathered(Work(refuse=refuse), 5)
    ends = [future.exception() for future in futures]
    assert ends[0] is None
    assert sorted(type(end).__name__ for end in ends[1:]) == 4 * [GroupError.__name__] + [
        "SystemExit"
    ]
