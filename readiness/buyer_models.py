"""Questionnaires of buyers: what came, what each question got, and what the library learnt of it.

Replies and wordings are append-only: triggers refuse UPDATE and DELETE. A questionnaire and its
questions are the desk on which a person works: they change until the last reply.
"""

from typing import Any

from django.conf import settings
from django.db import models

from audits.models import Engagement
from evidence.models import Evidence, LedgerEntry
from registers.models import Entry


class BuyerQuestionnaire(models.Model):
    """One workbook that a buyer sent, and how its sheets are read."""

    class State(models.TextChoices):
        MAPPING = "mapping", "Columns to be confirmed"
        PROPOSING = "proposing", "Answers are being looked for"
        OPEN = "open", "Open"
        REFUSED = "refused", "Could not be read"

    number = models.PositiveIntegerField(unique=True)
    buyer = models.CharField(max_length=200)
    original = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    # What backs an answer is judged in its window; None: as of today alone.
    engagement = models.ForeignKey(Engagement, models.PROTECT, null=True, related_name="+")
    # The first rows of each sheet, for the page on which its columns are confirmed.
    sheets: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    mapped: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State)
    problem = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.ref} {self.buyer}"

    @property
    def ref(self) -> str:
        return f"QST-{self.number}"


class BuyerQuestion(models.Model):
    """One question of a workbook, and the answer that the library proposes."""

    class State(models.TextChoices):
        OPEN = "open", "No proposal"
        PROPOSED = "proposed", "Proposed"
        ANSWERED = "answered", "Answered"
        LEFT = "left", "Left unanswered"

    questionnaire = models.ForeignKey(BuyerQuestionnaire, models.PROTECT, related_name="questions")
    place = models.PositiveIntegerField()
    sheet = models.CharField(max_length=100)
    row = models.PositiveIntegerField()
    number = models.CharField(max_length=120, blank=True)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State)
    proposed = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+")
    score = models.PositiveSmallIntegerField(default=0)
    wording = models.TextField(blank=True)

    class Meta:
        ordering = ["questionnaire", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["questionnaire", "place"], name="readiness_buyer_question_place"
            ),
        ]
        indexes = [
            models.Index(
                fields=["questionnaire", "state", "place"], name="readiness_buyer_question_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sheet}, row {self.row}"


class BuyerReply(models.Model):
    """What a person said to a question: the answer of the library as it stood then, or own words.

    Without a text the question is left unanswered.
    """

    question = models.ForeignKey(BuyerQuestion, models.PROTECT, related_name="replies")
    number = models.PositiveIntegerField()
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+")
    entry_version = models.PositiveIntegerField(null=True)
    short = models.CharField(max_length=14, blank=True)
    text = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # Confirming many proposals is one deed with one leaf.
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "buyer replies"
        ordering = ["question", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "number"], name="readiness_buyer_reply_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question_id} reply {self.number}"


class LearntWording(models.Model):
    """One more wording by which buyers ask for an answer of the library, taught by a person."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "number"], name="readiness_learnt_wording_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} wording {self.number}"
