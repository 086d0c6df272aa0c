"""What stands beside a form: scans of a merchant, official wording, and what the operator meets."""

from django.db import models

from evidence.models import Evidence, LedgerEntry
from merchants.party_models import Application, Merchant


class AsvScan(models.Model):
    """An external scan by an approved scanning vendor, as it was told; it is never changed."""

    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="scans")
    scanned_on = models.DateField()
    scanner = models.CharField(max_length=200)
    passed = models.BooleanField()
    note = models.CharField(max_length=300, blank=True)
    told_by = models.CharField(max_length=120)
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-scanned_on", "-id"]

    def __str__(self) -> str:
        return f"{self.merchant_id} scanned {self.scanned_on}"


class OfficialText(models.Model):
    """Licensed wording of a line or a requirement; the last one that was loaded counts."""

    form_type = models.CharField(max_length=20, blank=True, help_text="Empty for every form.")
    line = models.CharField(max_length=20)
    text = models.TextField()
    licence = models.CharField(max_length=200)
    at = models.DateTimeField()
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["line", "-id"], name="official_text_of_line")]

    def __str__(self) -> str:
        return f"{self.form_type} {self.line}"


class LineSupport(models.Model):
    """What a control of the operator does for a line of merchants' forms; the last word counts."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="supports")
    line = models.CharField(max_length=20)
    control_ref = models.CharField(max_length=20)
    words = models.CharField(max_length=500)
    is_active = models.BooleanField(default=True)
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.line}: {self.control_ref}"
