"""The answer to a commit is lost on its way: what was kept stays kept, with its files."""

from collections.abc import Callable

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.models import User
from audits.models import PackFile
from collectors.models import Run
from collectors.run import perform
from evidence import intake, quarantine_deeds, store
from evidence.errors import QuarantinedError
from evidence.models import Blob, BlobKey, Evidence
from evidence.quarantine_models import Quarantined, QuarantineDecision
from reports import issue
from tests.audits.world import World
from tests.collectors import world
from tests.evidence import items
from tests.reports.making import frozen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]
CARD = b"pan 4111111111111111"
Loses = Callable[[Callable[[], bool]], None]


@pytest.fixture
def loses(monkeypatch: pytest.MonkeyPatch) -> Loses:
    """Let the first commit after which something is there be one whose answer is lost."""
    commit = BaseDatabaseWrapper.commit

    def lose(is_there: Callable[[], bool]) -> None:
        done: list[bool] = []

        def committed(self: BaseDatabaseWrapper) -> None:
            commit(self)
            if done or connection.in_atomic_block:
                return
            found = is_there()
            # Asking has begun another transaction.
            self.connection.rollback()
            if found:
                done.append(True)
                raise OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(BaseDatabaseWrapper, "commit", committed)

    return lose


def all_open() -> bool:
    """Read every file that a row names to its end."""
    kept = BlobKey.objects.exclude(key_id="").select_related("blob")
    return all(len(b"".join(store.stream(key.pk))) == key.blob.size for key in kept)


def test_of_an_item(loses: Loses) -> None:
    loses(Evidence.objects.exists)
    sent = items.submission(idempotency_key="k")
    with pytest.raises(OperationalError):
        intake.receive(sent, actor="system")
    again, is_new = intake.receive_once(sent, actor="system")
    assert (is_new, Evidence.objects.count()) == (False, 1)
    assert b"".join(store.stream(again.blob_id)) == sent.content


def test_of_a_run(loses: Loses, monkeypatch: pytest.MonkeyPatch) -> None:
    source = world.source(world.install(monkeypatch))
    loses(Run.objects.exists)
    run = perform(source, period=None, key="night", attempt=1)
    assert run.state == Run.State.COMPLETE
    assert (Run.objects.count(), Evidence.objects.count()) == (1, 1)
    assert all_open()


def test_of_a_pack(loses: Loses, alice: User) -> None:
    pack = frozen(World(alice))
    loses(PackFile.objects.exists)
    with pytest.raises(OperationalError):
        issue.issue(pack)
    made = issue.issue(pack)
    assert PackFile.objects.count() == 1
    assert b"".join(store.stream(made.evidence.blob_id)).startswith(b"PK")


def test_of_a_file_in_quarantine(loses: Loses) -> None:
    loses(Quarantined.objects.exists)
    sent = items.submission(content=CARD, idempotency_key="k")
    with pytest.raises(OperationalError):
        intake.receive(sent, actor="token:1")
    with pytest.raises(QuarantinedError):
        intake.receive(sent, actor="token:1")
    assert Quarantined.objects.count() == 1
    assert all_open()


@pytest.mark.parametrize("is_released", [True, False])
def test_of_a_decision_about_it(loses: Loses, alice: User, is_released: bool) -> None:
    with pytest.raises(QuarantinedError):
        intake.receive(items.submission(content=CARD), actor="token:1")
    held = Quarantined.objects.get()
    decide = quarantine_deeds.release if is_released else quarantine_deeds.redact
    loses(QuarantineDecision.objects.exists)
    with pytest.raises(OperationalError):
        decide(held, by=alice, reason="No card of anybody.")
    assert Evidence.objects.count() == 1
    assert all_open()


def test_what_was_not_committed_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_self: BaseDatabaseWrapper) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    source = world.source(world.install(monkeypatch))
    with monkeypatch.context() as broken:
        broken.setattr(BaseDatabaseWrapper, "commit", refused)
        with pytest.raises(OperationalError):
            perform(source, period=None, key="night", attempt=1)
    assert not Blob.objects.exists()
    assert perform(source, period=None, key="night", attempt=2).state == Run.State.COMPLETE
    assert all_open()
