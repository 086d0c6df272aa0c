"""Known secret fields are dropped at the source: nothing of them is kept, shown or even read."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, User
from collectors import connections, registry
from collectors.base import AsksFor, Row
from collectors.connections import Wishes
from collectors.errors import DeclarationError
from collectors.files import inbox
from collectors.models import Run
from collectors.run import perform
from collectors.wire.answers import without
from evidence import store
from evidence.models import Blob, Evidence
from evidence.population import Column
from evidence.quarantine_models import Quarantined
from tests import cast
from tests.collectors import world

pytestmark = pytest.mark.django_db

SHIPPED = [slug for slug, one in registry.collectors().items() if "tests" not in one.version]
NAME = "leavers__2026-10-01_2026-10-31.csv"


def kept() -> bytes:
    """All that the store holds, opened."""
    return b"".join(store.open_blob(blob.sha256).read() for blob in Blob.objects.all())


@pytest.mark.parametrize("slug", SHIPPED)
def test_no_column_of_a_shipped_source_is_a_secret(slug: str) -> None:
    declared = registry.get(slug).declared
    assert not {*declared.secrets} & {*declared.columns}
    # A file comes as somebody wrote it, is kept so, and is screened as a whole.
    is_file = declared.asks_for is AsksFor.FILE
    assert declared.secrets or is_file, "say which fields of it are secret"


def test_a_column_that_is_declared_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeclarationError, match="door is declared to be a secret"):
        world.install(monkeypatch, secrets=("door",))


def test_api_tokens_leave_their_fingerprints_behind(alice: User, root: User) -> None:
    token, secret = tokens.issue(
        alice,
        purpose="Nightly push",
        scopes=["runs:read"],
        environment="production",
        expires_at=timezone.now() + timedelta(days=30),
        issued_by=root,
    )
    run = world.collect(world.source(collector="api_tokens"))
    assert run.state == Run.State.COMPLETE, run.reason
    content = kept()
    assert b"Nightly push" in content
    for hidden in (ApiToken.objects.get(pk=token.pk).fingerprint, secret, alice.password):
        assert hidden.encode() not in content


def test_second_factors_leave_passwords_and_seeds_behind(alice: User) -> None:
    alice.set_password("correct horse battery staple")
    alice.save()
    seed = cast.enrol(alice)
    run = world.collect(world.source(collector="staff_mfa"))
    assert run.state == Run.State.COMPLETE, run.reason
    content = kept()
    assert alice.email.encode() in content
    assert seed.encode() not in content
    assert alice.password.encode() not in content


def test_columns_that_the_settings_name_are_dropped_with_the_file_as_it_came() -> None:
    wishes = Wishes(title="Leavers", values={"secrets": ["pin", "token"]})
    source = connections.connect("csv_import", slug="leavers", wishes=wishes, by=world.BY)
    path = inbox.folder_of(source) / NAME
    path.write_text("name,pin,days\nAnn,hunter2,3\n", encoding="utf-8")
    run = perform(source, period=None, key="t", file=path)
    assert run.state == Run.State.COMPLETE, run.reason
    assert run.evidence
    assert kept() == b"name,days\nAnn,3\n"
    assert run.ipe["parameters"]["dropped_columns"] == ["pin"]
    assert [one["name"] for one in run.evidence.population.columns] == ["name", "days"]


def test_an_answer_drops_what_its_collector_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    def rows() -> Iterator[Row]:
        try:
            yield ("front", True, "1234")
        finally:
            closed.append(True)

    columns = (Column("door", "text"), Column("locked", "boolean"), Column("pin", "text"))

    def collect(ask: Any) -> Any:
        ask.trail.source_count = 1
        return world.answer(rows(), columns=columns)

    world.install(
        monkeypatch, collect, secrets=("pin",), columns={}, asks_for=AsksFor.FILE, schedule=""
    )
    run = world.collect(world.source(schedule=""))
    assert run.state == Run.State.COMPLETE, run.reason
    assert kept() == b"door,locked\nfront,true\n"
    assert closed == [True]


def test_json_loses_secret_members_however_deep_they_lie() -> None:
    told: Any = {"users": [{"name": "Ann", "password": "x", "keys": {"secret": 1, "id": 2}}]}
    assert without(told, {"password", "secret"}) == {"users": [{"name": "Ann", "keys": {"id": 2}}]}


def test_a_file_with_a_card_number_does_not_stay_in_the_folder(own_folders: Path) -> None:
    source = connections.connect(
        "csv_import", slug="leavers", wishes=Wishes(title="Leavers"), by=world.BY
    )
    path = inbox.folder_of(source) / NAME
    path.write_text("name,paid\nAnn,4111 1111 1111 1111\n", encoding="utf-8")
    run = perform(source, period=None, key="t", file=path)
    inbox.settle(path, run)
    assert run.state == Run.State.FAILED
    assert "QU-000001" in run.reason
    assert Quarantined.objects.get().table_id is not None
    assert Evidence.objects.count() == 0
    left = [each for each in own_folders.rglob("*") if each.is_file()]
    assert not any(b"4111" in each.read_bytes() for each in left)
    (note,) = inbox.folder_of(source).rglob("*.reason.txt")
    assert "QU-000001" in note.read_text(encoding="utf-8")
