"""checkpoint.cosigned.txt: the checkpoint with the lines of the witnesses that saw the log grow."""

from collections.abc import Iterator

from audits.models import PackStamps
from reports.pack.extras import File
from reports.pack.frozen import Frozen

NAME = "checkpoint.cosigned.txt"


def files(frozen: Frozen) -> Iterator[File]:
    """Yield the note, where a witness had cosigned it when the time-stamps were settled.

    It is a file of its own, because time-stamps are about the bytes of `checkpoint.txt`.
    """
    settled_at = PackStamps.objects.get(pack=frozen.pack).settled_at
    signed = frozen.pack.checkpoint
    rows = signed.cosignatures.filter(received_at__lte=settled_at).order_by("pk")
    if lines := "".join(one.line for one in rows):
        yield NAME, (signed.note + lines).encode()
