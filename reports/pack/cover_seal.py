"""The signature of a cover (PAdES): made once where a certificate is set up, then kept.

Rules:
- A signature has a time in it, so that signing again gives other bytes. The signed cover is kept in
  the store, named by a row and a leaf, and the pack is always written with it.
- A pack whose file exists already without a signed cover stays as it was.
- A kept cover names the digest of the manifest; where a pack has another manifest by now (another
  version of Countersign wrote it), that is refused and not papered over.
"""

from dataclasses import dataclass
from io import BytesIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audits.models import Pack, PackCover, PackFile
from evidence import ledger, store
from reports import pdf_signature
from reports.errors import ContradictionError


@dataclass(frozen=True)
class Seal:
    """How the cover of one pack is signed: as kept, by a signer that is named, or not at all."""

    pack: Pack
    manifest_sha256: str
    kept: PackCover | None = None
    signer: str = ""

    def kept_content(self) -> bytes:
        """Return the cover that was signed; BlobMissingError, BlobDamagedError."""
        if self.kept is None:
            raise ValueError(f"No signed cover of {self.pack} is kept.")
        return b"".join(store.stream(self.kept.blob_id))

    def sealed(self, pdf: bytes) -> bytes:
        """Return the PDF signed, where there is a signer, and keep it; CoverSealError."""
        if not self.signer:
            return pdf
        stored = store.put(BytesIO(pdf_signature.signed(pdf)), is_limited=False)
        try:
            kept = self._keep(stored)
        except BaseException:
            store.discard_unnamed([stored])
            raise
        return Seal(self.pack, self.manifest_sha256, kept).kept_content()

    def _keep(self, stored: store.Stored) -> PackCover:
        with transaction.atomic():
            ledger.lock()
            # Another worker may have signed it meanwhile; its signature is as good.
            existing = PackCover.objects.filter(pack=self.pack).first()
            if existing:
                store.discard(stored)
                return existing
            store.record([stored])
            leaf = ledger.append(
                "pack.cover_signed",
                subject=self.pack.ref,
                body={"sha256": stored.sha256, "manifest_sha256": self.manifest_sha256},
                actor="system",
            )
            return PackCover.objects.create(
                pack=self.pack,
                blob_id=stored.sha256,
                manifest_sha256=self.manifest_sha256,
                signed_at=timezone.now(),
                ledger_entry=leaf,
            )


def of_pack(pack: Pack, manifest_sha256: str, *, is_pdf: bool) -> Seal:
    """Return how the cover of a pack is signed; ContradictionError, CoverSealError."""
    kept = PackCover.objects.filter(pack=pack).first()
    if kept and kept.manifest_sha256 != manifest_sha256:
        raise ContradictionError(
            f"The signed cover of {pack.ref} names another manifest than the one that was made now,"
            " by another version of Countersign perhaps. Take the file that is stored."
        )
    is_signed = bool(settings.PDF_SIGNING_KEY) and is_pdf
    if kept or not is_signed or PackFile.objects.filter(pack=pack).exists():
        return Seal(pack, manifest_sha256, kept)
    return Seal(pack, manifest_sha256, signer=pdf_signature.signer())
