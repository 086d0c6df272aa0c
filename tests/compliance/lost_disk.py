"""What happens inside an installation before its disk is lost, and after its backup is restored."""

import io
import sys
import zipfile

from django.core.management import call_command

from accounts.models import User
from audits import packs
from audits.models import Engagement
from evidence import checkpoint, restart, signing, store
from evidence.models import Blob
from reports import audit_pack_zip
from tests import cast
from tests.audits.world import World
from tests.reports.making import engagement_with_evidence


def build() -> None:
    """Make an installation with evidence, reviews, an engagement and a signed log."""
    call_command("migrate", verbosity=0)
    world = World(cast.person("compliance-lead", email="alice@example.org"))
    engagement_with_evidence(world)
    cast.person("administrator", email="root@example.org")
    checkpoint.newest()


def look() -> None:
    """Say whether all evidence opens, that the log waits, and that a pack is built afterwards."""
    opened = [b"".join(store.stream(blob.sha256)) for blob in Blob.objects.all()]
    _say(f"{len(opened)} opened")
    _say(f"refused: {signing.refusal()}")
    root = User.objects.get(email="root@example.org")
    restart.resume_log(by=root, reason="The disk died; the backup of this test.")
    lead = User.objects.get(email="alice@example.org")
    pack = packs.freeze(Engagement.objects.get(), by=lead)
    file = io.BytesIO()
    audit_pack_zip.write(pack, file)
    with zipfile.ZipFile(file) as archive:
        _say(f"pack whole: {archive.testzip() is None}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
