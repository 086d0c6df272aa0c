"""A restore test of a restic repository: the newest snapshots really restored and compared."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.errors import SourceRefusedError
from collectors.restores.restic import Repository, Snapshot
from controls.models import Area, Expectation
from evidence import addresses
from evidence.errors import AddressError
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Restore test of a restic repository",
    asks="Do the newest backups restore, with every file as it was backed up?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.TEST_RESULT,
    area=Area.AVAILABILITY,
    columns={
        "data_store": "text",
        "snapshot_id": "text",
        "backed_up_at": "timestamp",
        "files_kept": "integer",
        "files_restored": "integer",
        "bytes_kept": "integer",
        "bytes_restored": "integer",
        "digests_compared": "integer",
        "differing": "integer",
        "first_differing": "text",
        "restore_seconds": "decimal",
        "engine": "text",
        "tested_at": "timestamp",
    },
    completeness="The newest snapshot of every host and set of paths of the repository, one row "
    "each; every file of it is restored, read back against the repository, and compared by size, "
    "and by its own digest where the backup holds a list of digests.",
    permission="To read the repository, and its password. Nothing is written to it, not even a "
    "lock; the restored copy lies in a private folder and is removed.",
    schedule="0 4 * * 0",
    secrets=("password", "secret_key"),
    time_limit=timedelta(hours=4),
)


class Settings(SourceSettings):
    repository: str = Field(
        title="Repository",
        description="A folder of this machine, rest:https://…, or s3:https://….",
        pattern=r"^(/|rest:https?://|s3:https?://)[^\s]*$",
        max_length=1000,
    )
    password: SecretStr = Field(title="Password", description="Password of the repository.")
    access_key: str = Field(
        default="", title="Access key", description="Id of the key for s3: only.", max_length=200
    )
    secret_key: SecretStr | None = Field(
        default=None, title="Secret key", description="Secret of the key for s3: only."
    )
    manifest: str = Field(
        default="",
        title="List of digests",
        description="Path within the backup of a list that sha256sum wrote of the live data, with "
        "names relative to its folder. Empty: sizes and restic's own digests are compared.",
        max_length=1000,
    )


def collect(ask: Ask[Settings]) -> Answer:
    repository = _opened(ask)
    return Answer(
        rows=_rows(ask, repository, repository.version()),
        source_system=f"restic repository {ask.settings.repository}"[:200],
        query="restic snapshots --latest 1; of each restic restore --verify into an empty folder, "
        "restic ls, and the restored files compared with both lists",
        parameters={"manifest": ask.settings.manifest},
    )


def _opened(ask: Ask[Settings]) -> Repository:
    chosen = ask.settings
    _, _, address = chosen.repository.partition(":")
    try:
        addresses.refuse_named(address, addresses.SOURCES)
    except AddressError as error:
        raise SourceRefusedError(str(error)) from error
    environment = {"RESTIC_PASSWORD": chosen.password.get_secret_value(), "HOME": str(ask.scratch)}
    if chosen.secret_key:
        environment["AWS_ACCESS_KEY_ID"] = chosen.access_key
        environment["AWS_SECRET_ACCESS_KEY"] = chosen.secret_key.get_secret_value()
    return Repository(chosen.repository, environment, ask.scratch, ask.deadline)


def _rows(ask: Ask[Settings], repository: Repository, engine: str) -> Iterator[Row]:
    snapshots = repository.latest()
    ask.trail.source_count = len(snapshots)
    for done, snapshot in enumerate(snapshots):
        ask.progress(done, len(snapshots), snapshot.host)
        yield _row(ask, snapshot, repository, engine)


def _row(ask: Ask[Settings], snapshot: Snapshot, repository: Repository, engine: str) -> Row:
    found = repository.restore(snapshot, ask.settings.manifest)
    ask.trail.saw(repr(found).encode(), asked=f"restore {snapshot.id[:8]}")
    return (
        f"{snapshot.host}: {'; '.join(snapshot.paths)}",
        *(snapshot.id, snapshot.made_at),
        *(found.files_kept, found.files_restored, found.bytes_kept, found.bytes_restored),
        *(found.listed, len(found.differing), min(found.differing, default=None)),
        *(found.seconds, engine, ask.now),
    )
