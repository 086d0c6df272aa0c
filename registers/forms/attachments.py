"""Files that wait with a draft: screened when they come, sealed until the form is handed in."""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from evidence import intake, screening, seal, store
from evidence.errors import ScreeningError
from registers.errors import FormError
from registers.form_models import DraftFile, DraftFilePart, FormDraft, HandedForm
from registers.forms.base import Attached

LARGEST = 20 * 1000 * 1000
"""Bytes of one attached file; what is larger is evidence of its own."""


def of(draft: FormDraft) -> Mapping[str, Attached]:
    """Return the files of a draft by question."""
    return {
        file.question: Attached(file.filename, file.size, file.sha256) for file in draft.files.all()
    }


def refuse_unfit(path: Path, filename: str) -> None:
    """Refuse a file that a form cannot take, before anything of it is kept."""
    name, size = intake.safe_filename(filename), path.stat().st_size
    if size == 0:
        raise FormError(f"{name} is empty. Choose the file again.")
    if size > LARGEST:
        raise FormError(
            f"{name} is too large: {LARGEST // 10**6} MB are the most. Hand it in as an item of "
            "its own, and name that item in the form."
        )
    with path.open("rb") as file:
        findings = screening.scan(file)
    if findings:
        listed = "; ".join(map(str, findings))
        raise ScreeningError(
            f"{name} was refused, nothing of it was kept: {listed}. Remove or mask these values "
            "and attach it again."
        )


def put(draft: FormDraft, *, question: str, path: Path, filename: str) -> DraftFile:
    """Seal a file into the database, in the place of an earlier one."""
    draft.files.filter(question=question).delete()
    size = path.stat().st_size
    data_key = seal.new_data_key()
    cipher = AESGCM(data_key)
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        wrapped = seal.wrap_named(data_key, digest=digest)
        file = DraftFile.objects.create(
            draft=draft,
            question=question,
            filename=intake.safe_filename(filename),
            size=size,
            sha256=digest,
            wrapped_key=wrapped,
        )
        source.seek(0)
        pieces = _pieces(size)
        for number in range(pieces):
            piece = seal.seal_chunk(
                cipher, number, source.read(seal.CHUNK), last=number == pieces - 1
            )
            DraftFilePart.objects.create(file=file, number=number, sealed=piece)
    return file


def stream(file: DraftFile) -> Iterator[bytes]:
    """Yield the plain bytes of a file that waits."""
    cipher = AESGCM(seal.unwrap(bytes(file.wrapped_key), digest=file.sha256))
    last = _pieces(file.size) - 1
    for part in file.parts.iterator(chunk_size=4):
        yield seal.open_chunk(cipher, part.number, bytes(part.sealed), last=part.number == last)


def name_in_zip(place: int, filename: str) -> str:
    """Return the name under which an attached file lies in the evidence of its form."""
    return f"attachments/{place:02}-{filename}"


def take_over(draft: FormDraft, handed: HandedForm) -> None:
    """Put the files of what was handed in into a draft that corrects it."""
    if not handed.files:
        return
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        whole = Path(folder) / "form.zip"
        with whole.open("xb") as copy:
            for chunk in store.stream(handed.evidence.blob_id):
                copy.write(chunk)
        with zipfile.ZipFile(whole) as packed:
            for place, (question, told) in enumerate(sorted(handed.files.items()), 1):
                one = Path(folder) / str(place)
                one.write_bytes(packed.read(name_in_zip(place, told["filename"])))
                put(draft, question=question, path=one, filename=told["filename"])


def _pieces(size: int) -> int:
    return -(-size // seal.CHUNK)
