"""The log: gapless under concurrent writers, provable at every size, empty after a rollback."""

import json
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from evidence import ledger, merkle
from evidence.errors import LedgerError
from evidence.models import LedgerEntry, LedgerNode

pytestmark = pytest.mark.django_db


def append(number: int = 0, **body: Any) -> LedgerEntry:
    with transaction.atomic():
        return ledger.append(
            "note", subject=f"N-{number}", body={"n": number, **body}, actor="system"
        )


def test_a_leaf_is_canonical_json_of_the_deed() -> None:
    entry = append(7, b="ü", a=None)
    said = json.loads(entry.leaf)
    assert said["body"] == {"n": 7, "b": "ü", "a": None}
    assert (said["kind"], said["subject"], said["actor"]) == ("note", "N-7", "system")
    assert said["recorded_at"].endswith("Z")
    assert entry.leaf == json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert bytes(entry.leaf_hash) == merkle.leaf_hash(entry.leaf.encode())


def test_indexes_start_at_zero_and_have_no_gap() -> None:
    assert [append(n).index for n in range(5)] == [0, 1, 2, 3, 4]
    assert ledger.size() == 5


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_write_outside_a_transaction() -> None:
    with pytest.raises(LedgerError, match="transaction"):
        ledger.append("note", subject="N", body={}, actor="system")


@pytest.mark.parametrize("body", [{"x": 1.5}, {"x": [{"y": 0.0}]}, {"x": 2**60}])
def test_it_refuses_numbers_that_programs_write_differently(body: dict[str, Any]) -> None:
    with pytest.raises(LedgerError):
        append(**body)
    assert ledger.size() == 0


def test_a_rolled_back_deed_leaves_no_leaf() -> None:
    append(0)
    with transaction.atomic():
        append(1)
        transaction.set_rollback(True)
    assert append(2).index == 1


def test_nodes_of_tiles_are_kept_so_that_proofs_stay_cheap(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with transaction.atomic():
        ledger.append_many([ledger.Draft("note", f"N-{n}", {"n": n}, "system") for n in range(600)])
    append(600)
    assert LedgerNode.objects.filter(level=1).count() == 2
    with django_assert_max_num_queries(8):
        proof = ledger.inclusion_proof(300, 601)
    root = ledger.root(601)
    merkle.verify_inclusion(
        bytes(LedgerEntry.objects.get(index=300).leaf_hash), 300, 601, proof, root
    )
    merkle.verify_consistency(257, ledger.root(257), 601, root, ledger.consistency_proof(257, 601))


def test_a_missing_row_is_told() -> None:
    append(0)
    with pytest.raises(LedgerError, match="lacks nodes of level 0"):
        ledger.root(2)


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_leave_no_gap_and_no_double() -> None:
    errors: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for number in range(20):
                append(number, writer=writer)
        except BaseException as error:  # noqa: BLE001  # told to the test's own thread
            errors.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    assert errors == []
    assert list(LedgerEntry.objects.values_list("index", flat=True)) == list(range(80))
    assert ledger.size() == 80
    leaves = [bytes(one) for one in LedgerEntry.objects.values_list("leaf_hash", flat=True)]
    assert ledger.root(80) == merkle.root(80, lambda _, start, count: leaves[start:][:count])
