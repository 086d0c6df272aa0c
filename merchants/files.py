"""Files that programs hand in and fetch: looked at by content before they are kept as evidence."""

import hmac
from datetime import timedelta
from hashlib import sha256
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from controls.models import Area, Expectation
from evidence import intake, ledger
from evidence.errors import (
    EmptyContentError,
    IdempotencyConflictError,
    QuarantinedError,
    TooLargeError,
)
from evidence.models import Evidence
from merchants import ids, tagged
from merchants.api_users import actor_of
from merchants.errors import FieldError, FileHereError, LinkLapsedError
from merchants.models import ApiUser, Environment, ExternalLink, File, Merchant
from merchants.webhooks import telling

MOST_BYTES = 20 * 1024 * 1024
LONGEST_LINK = timedelta(days=7)
TYPES = frozenset(
    {
        "BANK_STATEMENT",
        "BUSINESS_ADDRESS_VERIFICATION",
        "BUSINESS_REGISTRATION",
        "DIGITAL_SIGNATURE",
        "DRIVERS_LICENSE_BACK",
        "DRIVERS_LICENSE_FRONT",
        "IDENTIFICATION_CARD_BACK",
        "IDENTIFICATION_CARD_FRONT",
        "OTHER",
        "PASSPORT",
        "PCI_DOCUMENT",
        "PROCESSING_STATEMENT",
        "TAX_DOCUMENT",
    }
)
_BEGINNINGS = {
    b"%PDF-": "pdf",
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpg",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
}
_SAME = {"jpeg": "jpg", "tif": "tiff"}
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "tiff": "image/tiff",
}
_LONGEST_NAME = 200


def add(
    merchant: Merchant,
    *,
    file_type: str,
    display_name: str,
    tags: dict[str, str],
    by: ApiUser,
    is_of_identity: bool = False,
) -> File:
    """Announce a file, whose content comes later. Raises FieldError."""
    if file_type not in TYPES:
        raise FieldError({"type": f"There is no type of file {file_type[:60]!r}."})
    name = " ".join(display_name.split())
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise FieldError({"display_name": f"A name has up to {_LONGEST_NAME} characters."})
    now = timezone.now()
    made = File(
        ref=ids.new(ids.FILE),
        environment=merchant.environment,
        application_id=merchant.application_id,
        merchant=merchant,
        is_of_identity=is_of_identity,
        file_type=file_type,
        tags=tags,
        created_at=now,
        updated_at=now,
    )
    made.display_name = name or made.ref
    with transaction.atomic():
        ledger.lock()
        made.save(force_insert=True)
        tagged.keep(made)
        body = {"merchant": merchant.ref, "type": file_type}
        ledger.append("merchant_file.added", subject=made.ref, body=body, actor=actor_of(by))
        telling.files("created", [made])
    return made


def receive(file: File, content: BinaryIO, *, filename: str, actor: str) -> File:
    """Keep the content of an announced file as evidence.

    Without a file name the content alone says what it is. Raises FieldError, FileHereError.
    """
    if file.state == File.State.UPLOADED:
        raise FileHereError
    extension = _kind_of(content)
    _refuse_pretence(extension, filename)
    evidence = _kept(file, content, extension, actor)
    with transaction.atomic():
        ledger.lock()
        waiting = File.objects.filter(pk=file.pk, state=File.State.REQUIRES_UPLOAD)
        if not waiting.update(
            state=File.State.UPLOADED,
            extension=extension,
            evidence=evidence,
            updated_at=timezone.now(),
        ):
            raise FileHereError
        body = {"evidence": evidence.ref, "sha256": evidence.blob_id}
        ledger.append("merchant_file.received", subject=file.ref, body=body, actor=actor)
        telling.files("updated", [file])
    file.refresh_from_db()
    return file


def make_link(
    file: File, *, kind: str, minutes: int, tags: dict[str, str], by: ApiUser
) -> ExternalLink:
    """Make an address that opens a file to whoever has it, for a while. Raises FieldError."""
    if kind not in ExternalLink.Kind.values:
        raise FieldError({"type": "The type of a link is UPLOAD, DOWNLOAD or VIEW."})
    longest = int(LONGEST_LINK.total_seconds() // 60)
    if not 1 <= minutes <= longest:
        raise FieldError({"duration": f"A link lasts from 1 to {longest} minutes."})
    now = timezone.now()
    with transaction.atomic():
        ledger.lock()
        made = ExternalLink.objects.create(
            ref=ids.new(ids.LINK),
            file=file,
            kind=kind,
            minutes=minutes,
            tags=tags,
            made_by=by,
            created_at=now,
            expires_at=now + timedelta(minutes=minutes),
        )
        tagged.keep(made)
        body = {"file": file.ref, "type": kind, "expires_at": ledger.stamp(made.expires_at)}
        ledger.append("merchant_file.link", subject=made.ref, body=body, actor=actor_of(by))
    return made


def proof_of(link: ExternalLink) -> str:
    """Return what an address must carry: it is computed, so that no table holds it."""
    said = f"merchants.external_link/{link.ref}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), said, sha256).hexdigest()


def link_named(ref: str, proof: str, *, environment: str) -> ExternalLink:
    """Return the link of an address while it lasts; every failure raises LinkLapsedError."""
    found = (
        ExternalLink.objects.filter(ref=ref, file__environment=environment)
        .select_related("file__application", "file__merchant", "file__evidence__blob", "made_by")
        .first()
    )
    right = proof_of(found) if found else "0" * 64
    if not hmac.compare_digest(right.encode(), proof.encode(errors="replace")) or found is None:
        raise LinkLapsedError
    if found.expires_at <= timezone.now() or not found.made_by.enabled:
        raise LinkLapsedError
    return found


def note_access(file: File, *, what: str, actor: str) -> None:
    """Leave a leaf that says who was handed a file's bytes, before they leave."""
    with transaction.atomic():
        ledger.lock()
        sha = file.evidence.blob_id if file.evidence else ""
        body = {"what": what, "sha256": sha}
        ledger.append("access", subject=file.ref, body=body, actor=actor)


def _kind_of(content: BinaryIO) -> str:
    content.seek(0, 2)
    size = content.tell()
    content.seek(0)
    if not size:
        raise FieldError({"file": "The file is empty."})
    if size > MOST_BYTES:
        raise FieldError({"file": f"The file is larger than {MOST_BYTES // 1024**2} MB."})
    begun = content.read(16)
    content.seek(0)
    for beginning, extension in _BEGINNINGS.items():
        if begun.startswith(beginning):
            return extension
    raise FieldError({"file": "Send a PDF, PNG, JPEG or TIFF file; this is none by its content."})


def _refuse_pretence(extension: str, filename: str) -> None:
    """Refuse a file whose name says another kind than its content."""
    if not filename:
        return
    said = filename.rpartition(".")[2].lower() if "." in filename else ""
    if _SAME.get(said, said) != extension:
        raise FieldError({"file": f"The name says {said or 'nothing'}, the content {extension}."})


def _kept(file: File, content: BinaryIO, extension: str, actor: str) -> Evidence:
    today = timezone.now().date()
    is_live = file.environment == Environment.LIVE
    try:
        return intake.receive(
            intake.Submission(
                content=content,
                filename=f"{file.ref}.{extension}",
                title=f"File of {file.merchant.ref}, {file.file_type}",
                evidence_type=Expectation.EvidenceType.FORM,
                kind=Evidence.Kind.DOCUMENT,
                area=Area.VENDOR,
                source_system="Merchant API",
                environment=(
                    Evidence.Environment.PRODUCTION if is_live else Evidence.Environment.TEST
                ),
                covers_from=file.created_at.date(),
                covers_to=today,
                collected_at=timezone.now(),
                sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
                media_type=MEDIA_TYPES[extension],
                idempotency_key=f"merchant_file:{file.ref}",
            ),
            actor=actor,
        )
    except (QuarantinedError, EmptyContentError, TooLargeError) as error:
        raise FieldError({"file": str(error)}) from error
    except IdempotencyConflictError as error:
        raise FileHereError from error
