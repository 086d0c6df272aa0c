"""Forms of merchants: what was asked, what was answered, who signed, and the papers of it."""

from typing import Any

from django.db import models
from django.db.models import Q

from evidence.models import Evidence, LedgerEntry
from merchants.party_models import Application, Environment, Merchant


class FormTemplate(models.Model):
    """One revision of a questionnaire as it was when the first form of it was issued."""

    ref = models.CharField("reference", max_length=40, unique=True)
    slug = models.CharField(max_length=60)
    form_type = models.CharField(max_length=20)
    version = models.CharField(max_length=20)
    content: "models.JSONField[Any, Any]" = models.JSONField()
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.form_type} {self.version}"


class ComplianceForm(models.Model):
    """A merchant's self-assessment of one year; its state moves on, by recorded changes only."""

    class State(models.TextChoices):
        INCOMPLETE = "INCOMPLETE", "Incomplete"
        OVERDUE = "OVERDUE", "Overdue"
        COMPLETE = "COMPLETE", "Complete"
        EXPIRED = "EXPIRED", "Expired"
        INVALID = "INVALID", "Invalid"

    ref = models.CharField("reference", max_length=40, unique=True)
    environment = models.CharField(max_length=8, choices=Environment)
    # Found by the index of platform and state.
    application = models.ForeignKey(
        Application, models.PROTECT, related_name="forms", db_index=False
    )
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="forms")
    template = models.ForeignKey(FormTemplate, models.PROTECT, related_name="forms")
    form_type = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField(default=4)
    state = models.CharField(max_length=10, choices=State, default=State.INCOMPLETE)
    due_at = models.DateTimeField()
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    # The form before, whose answers may be confirmed line by line.
    previous = models.OneToOneField("self", models.PROTECT, null=True, related_name="following")
    # The other account that keeps this form and has it signed; empty for our own.
    source = models.CharField(max_length=120, blank=True, default="")
    tags: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # A batch of forms is issued by one leaf, which commits to each of them.
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["environment", "-id"], name="form_by_number"),
            models.Index(fields=["environment", "state", "-id"], name="form_by_state"),
            models.Index(fields=["environment", "form_type", "-id"], name="form_by_type"),
            models.Index(
                fields=["environment", "state", "form_type", "-id"], name="form_by_state_and_type"
            ),
            models.Index(fields=["environment", "level", "-id"], name="form_by_level"),
            models.Index(fields=["environment", "created_at"], name="form_by_age"),
            # Pages of programs: newest first, by state or not, of all platforms or of one.
            models.Index(fields=["environment", "-created_at", "-id"], name="saq_newest"),
            models.Index(
                fields=["environment", "state", "-created_at", "-id"], name="saq_newest_of_state"
            ),
            models.Index(fields=["application", "-created_at", "-id"], name="saq_newest_of_app"),
            models.Index(
                fields=["application", "state", "-created_at", "-id"], name="saq_newest_of_both"
            ),
            models.Index(fields=["application", "state", "-id"], name="form_of_platform"),
            models.Index(fields=["environment", "updated_at"], name="form_by_change"),
            models.Index(fields=["application", "updated_at"], name="form_by_change_of_app"),
            models.Index(fields=["state", "due_at"], name="form_by_due"),
            models.Index(fields=["state", "valid_until"], name="form_by_end"),
            models.Index(fields=["ledger_entry"], name="form_by_leaf"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["COMPLETE", "EXPIRED"])
                | Q(valid_from__isnull=False, valid_until__isnull=False),
                name="form_signed_is_dated",
            )
        ]

    def __str__(self) -> str:
        return str(self.ref)


class FormAnswer(models.Model):
    """What was said to a line, a statement or a part of a form; the last one counts."""

    form = models.ForeignKey(ComplianceForm, models.PROTECT, related_name="answers")
    line = models.CharField(max_length=20)
    answer = models.CharField(max_length=20)
    detail: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    at = models.DateTimeField()
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.form_id} {self.line}: {self.answer}"


class SignatureRecord(models.Model):
    """Who signed a form, from where and when, by their word and by our own observation."""

    class Basis(models.TextChoices):
        ANSWERS = "answers", "Each line was answered"
        DOCUMENT = "document", "The form was attested as a whole"

    form = models.OneToOneField(ComplianceForm, models.PROTECT, related_name="signature")
    basis = models.CharField(max_length=10, choices=Basis)
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    ip_address = models.CharField(max_length=100)
    user_agent = models.CharField(max_length=500)
    signed_at = models.CharField(max_length=60, help_text="The client's word, kept as it was sent.")
    seen_address = models.CharField(max_length=100, blank=True)
    seen_agent = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField()
    consent = models.TextField()
    overall = models.CharField(max_length=40)
    answers_sha256 = models.CharField(max_length=64)
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.form_id} signed {self.received_at}"


class FormChange(models.Model):
    """Why and when a form came into another state after it was issued."""

    form = models.ForeignKey(ComplianceForm, models.PROTECT, related_name="changes")
    state = models.CharField(max_length=10, choices=ComplianceForm.State)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.form_id} {self.state}"


class TakenForm(models.Model):
    """What another account told of a form that it keeps; the last one counts."""

    form = models.ForeignKey(ComplianceForm, models.PROTECT, related_name="tellings")
    foreign_ref = models.CharField(max_length=255)
    foreign_merchant = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=ComplianceForm.State)
    # Days and the title of the signer, as the table said them.
    content: "models.JSONField[Any, Any]" = models.JSONField()
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["foreign_ref", "-id"], name="taken_form_by_ref")]

    def __str__(self) -> str:
        return f"{self.foreign_ref} {self.state}"


class FormFile(models.Model):
    """A paper of a form, kept as evidence."""

    class Which(models.TextChoices):
        UNSIGNED = "unsigned", "Unsigned"
        SIGNED = "signed", "Signed"
        TAKEN_IN = "taken_in", "Signed elsewhere, and taken in"

    ref = models.CharField("reference", max_length=40, unique=True)
    form = models.ForeignKey(ComplianceForm, models.PROTECT, related_name="files")
    which = models.CharField(max_length=8, choices=Which)
    evidence = models.OneToOneField(Evidence, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["form", "which"], name="form_one_paper_of_each_kind")
        ]

    def __str__(self) -> str:
        return str(self.ref)


class SigningLink(models.Model):
    """An address by which a merchant comes to one form; only the digest of its secret is kept."""

    form = models.ForeignKey(ComplianceForm, models.PROTECT, related_name="links")
    fingerprint = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"link of form {self.form_id}"
