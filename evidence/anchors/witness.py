"""Asks witnesses (C2SP tlog-witness) to cosign a checkpoint, with proof that the log only grew."""

from urllib.parse import urlsplit

from evidence import cosignature, cosigning, ledger, outward, signed_note
from evidence.anchors.note import Note
from evidence.cosignature import Witness
from evidence.errors import AnchorError, CosignatureError, LedgerError
from evidence.key_models import Cosignature
from evidence.models import Checkpoint

TITLE = "Witnesses"
_LARGEST = 64 * 1024
_ASKS = "text/plain; charset=utf-8"
_SIZE = "text/x.tlog.size"
_REFUSALS = {
    400: "It does not understand the request.",
    403: "It does not know our key. Tell whoever runs it the verifier key of the log.",
    404: "It does not know our log. Tell whoever runs it the name and the key of the log.",
    409: "It holds another log of this size under our name. Find out where that one comes from.",
    422: "Our log does not continue what it saw. Its copy is right until shown otherwise.",
}


def where() -> str:
    """Name the witnesses that can be asked; those without an address are asked by people."""
    try:
        return ", ".join(one.name for one in _asked())[:200]
    except CosignatureError:
        # Said when a deposit is tried; the page of the log must open all the same.
        return "WITNESSES cannot be read"


def deposit(note: Note) -> str:
    """Have every witness cosign that has not yet; raises AnchorError for those that did not."""
    signed = Checkpoint.objects.get(size=note.size)
    try:
        failed = obtain(signed)
    except CosignatureError as error:
        raise AnchorError(str(error)) from error
    if failed:
        raise AnchorError(" ".join(f"{name}: {reason}" for name, reason in failed.items()))
    rows = signed.cosignatures.order_by("pk")
    return "; ".join(f"{one.witness} at {one.stated_at:%Y-%m-%d %H:%M:%S} UTC" for one in rows)


def obtain(signed: Checkpoint) -> dict[str, str]:
    """Ask every witness that has not cosigned yet; return who did not, and why.

    Raises CosignatureError where the setting is wrong.
    """
    failed = {}
    for witness in _asked():
        if not signed.cosignatures.filter(vkey=witness.vkey).exists():
            try:
                _ask(signed, witness)
            except (AnchorError, CosignatureError) as error:
                failed[witness.name] = str(error)
    return failed


def _asked() -> list[Witness]:
    return [one for one in cosigning.witnesses() if one.url]


def _ask(signed: Checkpoint, witness: Witness) -> None:
    """Ask with the size that it saw last as we know it; where it knows better, with that size."""
    last = Cosignature.objects.filter(vkey=witness.vkey).order_by("-checkpoint__size")
    seen = last.values_list("checkpoint__size", flat=True).first() or 0
    answer = _sent(signed, witness, min(seen, signed.size))
    if answer.status == 409 and answer.content_type == _SIZE:
        try:
            seen = cosignature.told_size(answer.text)
        except signed_note.NoteError as error:
            raise AnchorError(str(error)) from error
        if seen > signed.size:
            raise AnchorError(
                f"It saw {seen} leaves of our log already, but this checkpoint has {signed.size}."
                " A later one is asked for next time; if there is none, the log was cut short."
            )
        answer = _sent(signed, witness, seen)
    if answer.status != 200:
        raise AnchorError(_REFUSALS.get(answer.status, f"It answered {answer.status}."))
    lines = answer.text.split("\n")[:-1]
    cosigning.keep(signed, [line for line in lines if line], by=None)


def _sent(signed: Checkpoint, witness: Witness, old_size: int) -> outward.Answer:
    try:
        proof = ledger.consistency_proof(old_size, signed.size) if old_size else []
        content = cosignature.request(old_size, proof, signed.note)
    except (LedgerError, signed_note.NoteError, ValueError) as error:
        raise AnchorError(f"The proof that the log only grew cannot be made: {error}") from error
    if urlsplit(witness.url).scheme not in ("https", "http"):
        raise AnchorError("Its address begins neither with https:// nor with http://.")
    return outward.post(
        f"{witness.url.rstrip('/')}/add-checkpoint",
        content.encode(),
        content_type=_ASKS,
        most_bytes=_LARGEST,
    )
