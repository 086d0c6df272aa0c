"""Packs: who asks for one, what was frozen, its time-stamps and its file; all are append-only."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from audits.models.engagements import Engagement
from audits.models.requests import EvidenceRequest
from evidence.models import Checkpoint, Evidence, LedgerEntry


class Pack(models.Model):
    """A frozen selection of evidence, bound by a leaf of the log and by a signed checkpoint."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="packs")
    number = models.PositiveIntegerField()
    selection = models.TextField(help_text="Canonical JSON: all that the pack says beyond its rows")
    selection_digest = models.CharField(max_length=64)
    item_count = models.PositiveIntegerField()
    shortfall_count = models.PositiveIntegerField()
    as_of = models.DateTimeField()
    sealed_at = models.DateTimeField()
    built_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: on the machine itself",
    )
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="+")
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="one_pack_per_number"),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """The name of the pack: that of its engagement, and its number there."""
        return f"{self.engagement.ref}/{self.number}"


class PackAsk(models.Model):
    """That a request asks for a pack, and the nonce for which it shall be sealed."""

    request = models.OneToOneField(EvidenceRequest, models.PROTECT, related_name="pack_ask")
    nonce = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return f"pack for {self.request_id}"


class PackStamps(models.Model):
    """Which time-stamps belong to a pack: settled once, when its file is first written."""

    pack = models.OneToOneField(Pack, models.PROTECT, related_name="stamps")
    tokens: "models.JSONField[list[int], list[int]]" = models.JSONField(
        help_text="Keys of the tokens over its checkpoint, in their order in the pack"
    )
    missing: "models.JSONField[list[list[str]], list[list[str]]]" = models.JSONField(
        help_text="Authorities that gave none, each with the reason"
    )
    settled_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "pack stamps"

    def __str__(self) -> str:
        return f"{len(self.tokens)} of {self.pack_id}"


class PackFile(models.Model):
    """The finished ZIP of a pack, stored as evidence; the portal streams these bytes."""

    pack = models.OneToOneField(Pack, models.PROTECT, related_name="file")
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    stored_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.sha256
