"""Issuing a pack: freeze it, render it in the background, and store the file as evidence.

The portal then streams stored bytes only. A job that runs twice stores one file: the pack's bytes
are the same each time, and the row that names the file is unique.
"""

import tempfile
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.access import actor
from accounts.models import User
from audits import packs
from audits.models import Engagement, EvidenceRequest, Pack, PackFile
from controls.models import Area, Expectation
from evidence import intake, ledger, store
from evidence.models import Evidence
from jobs.models import Job
from jobs.queue import enqueue
from reports import audit_pack_zip
from reports.base import Progress

KIND = "reports.pack"


def request_pack(
    engagement: Engagement, *, by: User, nonce: str = "", request: EvidenceRequest | None = None
) -> Job:
    """Freeze a pack and have its file made in the background; the job carries the pack's id.

    It is sealed for the auditor's nonce and request, if there are such. Raises NotAllowedError and
    FreezeError of the audits room.
    """
    with transaction.atomic():
        pack = packs.freeze(engagement, by=by, nonce=nonce, request=request)
        return enqueue(
            KIND, key=f"{KIND}:{pack.pk}", payload={"pack": pack.pk}, requested_by=actor(by)
        )


def issue(pack: Pack, *, progress: Progress | None = None) -> PackFile:
    """Render a frozen pack and store the file as evidence; the file that exists is returned."""
    existing = PackFile.objects.filter(pack=pack).first()
    if existing:
        return existing
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / file_name(pack)
        with path.open("wb") as file:
            audit_pack_zip.write(pack, file, progress=progress)
        ready = intake.prepare(_submission(pack, path))
    with store.undone_on_failure(ready.files), transaction.atomic():
        ledger.lock()
        # Asked again under the lock: another worker may have taken the job over meanwhile.
        existing = PackFile.objects.filter(pack=pack).first()
        if existing is None:
            return _record(pack, ready)
    ready.discard()
    return existing


def file_name(pack: Pack) -> str:
    """Return the name under which the file of a pack is stored and downloaded."""
    return f"{pack.engagement.ref}-pack-{pack.number}.zip"


def _submission(pack: Pack, path: Path) -> intake.Submission:
    engagement = pack.engagement
    return intake.Submission(
        content=path,
        filename=file_name(pack),
        title=f"Evidence pack {pack.ref}",
        evidence_type=Expectation.EvidenceType.PACK,
        kind=Evidence.Kind.DOCUMENT,
        area=Area.AUDIT_REQUESTS,
        source_system="Countersign",
        environment=Evidence.Environment.CORPORATE,
        covers_from=engagement.window_from,
        covers_to=engagement.window_to,
        collected_at=pack.sealed_at,
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        media_type=audit_pack_zip.REPORT.media_type,
        prepared_by=pack.built_by,
        is_made_here=True,
        # All within was screened when it came; what a reviewer released must not stop a pack.
        is_judged=True,
    )


def _record(pack: Pack, ready: intake.Prepared) -> PackFile:
    doer = actor(pack.built_by) if pack.built_by else "system"
    (evidence,) = intake.record([ready], actor=doer)
    ledger.append(
        "pack.issued",
        subject=pack.ref,
        body={"evidence": evidence.ref, "sha256": evidence.blob_id, "size": evidence.blob.size},
        actor=doer,
    )
    return PackFile.objects.create(
        pack=pack, evidence=evidence, sha256=evidence.blob_id, size=evidence.blob.size
    )
