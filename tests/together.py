"""Does things at once, in threads that start together."""

import threading
from collections.abc import Callable, Iterable

from django.db import connection

from tests.installation import PATIENCE_SECONDS


def at_once(deeds: Iterable[Callable[[], object]]) -> list[object]:
    """Do these in threads that start together, and return what each gave or raised."""
    wanted = list(deeds)
    gate = threading.Barrier(len(wanted), timeout=PATIENCE_SECONDS)
    found: list[object] = []

    def run(deed: Callable[[], object]) -> None:
        gate.wait(timeout=PATIENCE_SECONDS)
        try:
            found.append(deed())
        except Exception as error:  # noqa: BLE001  # a thread cannot raise into the test
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    return found
