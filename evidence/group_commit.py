"""Lets threads that wait for each other's commit share the next one (group commit).

Rules:
- One thread works at a time, for all that wait at that moment; nobody waits for company to come.
- Each item gets its own result or its own error: where a group fails, its items are worked alone.
- An error after which nobody knows what was kept (`doubtful`) is told to all and never repeated.
- No waiting thread is left behind, whatever happens to the one that works for it.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupError(Exception):
    """The work was broken off in another thread. Send this item again."""


class Group(Generic[Item, Result]):
    """Hands the items of many threads to `work`, which does all of them or none."""

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        most: int,
        doubtful: tuple[type[Exception], ...],
    ) -> None:
        self._work = work
        self._most = most
        self._doubtful = doubtful
        self._changed = threading.Condition()
        self._waiting: list[tuple[Item, Future[Result]]] = []
        self._busy = False

    def do(self, item: Item) -> Result:
        """Return what `work` made of the item, or raise what it raised because of it."""
        mine: Future[Result] = Future()
        with self._changed:
            self._waiting.append((item, mine))
        while not mine.done():
            with self._changed:
                self._changed.wait_for(lambda: mine.done() or not self._busy)
                if mine.done():
                    break
                self._busy = True
                taken = self._waiting[: self._most]
                del self._waiting[: self._most]
            try:
                self._serve(taken)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
        return mine.result()

    def _serve(self, taken: Sequence[tuple[Item, "Future[Result]"]]) -> None:
        try:
            if not self._together(taken):
                for one in taken:
                    self._together([one])
        finally:
            for _, future in taken:
                if not future.done():
                    future.set_exception(GroupError(GroupError.__doc__))

    def _together(self, taken: Sequence[tuple[Item, "Future[Result]"]]) -> bool:
        """Work on these at once; return False where each should be tried alone."""
        try:
            results = self._work([item for item, _ in taken])
        except Exception as error:  # noqa: BLE001  it is raised in the thread that it belongs to
            if len(taken) > 1 and not isinstance(error, self._doubtful):
                return False
            for _, future in taken:
                future.set_exception(error)
        else:
            for (_, future), result in zip(taken, results, strict=True):
                future.set_result(result)
        return True
