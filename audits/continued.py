"""Which pack an auditor received last: the next one proves that the log goes on from there."""

from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from audits.models import AccessNote, Engagement, Pack
from audits.selection import Continued
from evidence import checkpoint, signed_note, signing

_NONE = "No pack was sealed for this auditor before."


def continued(engagement: Engagement) -> Continued:
    """Return the pack from which the log is followed; asked before the next one is saved."""
    former = _received(engagement) or engagement.packs.order_by("-number").first()
    if former is None:
        return Continued(reason=_NONE)
    if not signing.since_restart().filter(pk=former.checkpoint_id).exists():
        return Continued(reason=f"The log was taken up again after {former.ref} was sealed.")
    try:
        signed_note.open_note(former.checkpoint.note, [checkpoint.signer().verifier])
    except signed_note.NoteError:
        return Continued(reason=f"The log has another key than when {former.ref} was sealed.")
    return Continued(pack=former.ref, size=former.checkpoint.size)


def _received(engagement: Engagement) -> Pack | None:
    """Return the newest pack that a member of an engagement of the same firm took away."""
    same = Q(engagement=engagement)
    if engagement.firm:
        same |= Q(engagement__firm=engagement.firm)
    taken = AccessNote.objects.filter(
        engagement=OuterRef("engagement"),
        what=AccessNote.What.DOWNLOAD,
        subject=OuterRef("name"),
        user__engagement_memberships__engagement=F("engagement"),
    )
    name = Concat("engagement__ref", Value("/"), Cast("number", CharField()))
    packs = Pack.objects.filter(same).annotate(name=name).filter(Exists(taken))
    return packs.select_related("engagement", "checkpoint").order_by("-pk").first()
