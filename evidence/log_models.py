"""Records about the log itself: who signs it, where it was taken up again, how it was checked.

SigningLease and LogCheck move on with the work; all other tables here are append-only.
"""

from django.conf import settings
from django.db import models


class SigningLease(models.Model):
    """The one row that says which folder of keys signs the log, and until when no other may."""

    holder = models.CharField(max_length=32)
    until = models.DateTimeField()
    kept_size = models.PositiveBigIntegerField(
        default=0, help_text="Size of the last checkpoint that was kept beside the key."
    )
    refusal = models.TextField(blank=True, help_text="Why the log was not signed when last asked.")

    def __str__(self) -> str:
        return f"{self.holder} until {self.until}"


class LogRestart(models.Model):
    """An administrator's decision to go on signing a log that is not what was signed before."""

    given_size = models.PositiveBigIntegerField()
    given_note = models.TextField(blank=True)
    found_size = models.PositiveBigIntegerField()
    found_root = models.BinaryField()
    reason = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField()
    ledger_entry = models.OneToOneField("LedgerEntry", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"from {self.given_size} to {self.found_size}"


class LogCheck(models.Model):
    """One recomputation of everything that the log tells about; it goes on where it stopped."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    size = models.PositiveBigIntegerField(help_text="Leaves that the log had at the start.")
    stage = models.CharField(max_length=80, blank=True)
    cursor = models.CharField(max_length=80, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    problem_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"check of {self.size} leaves"


class LogProblem(models.Model):
    """Something that is not what the log tells of it, as a check found it."""

    check_ref = models.ForeignKey(LogCheck, models.PROTECT, related_name="problems")
    stage = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    sentence = models.TextField()
    found_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.subject}: {self.sentence}"


class Deposit(models.Model):
    """One attempt to leave a checkpoint at a place outside, and what came of it."""

    checkpoint = models.ForeignKey("Checkpoint", models.PROTECT, related_name="deposits")
    place = models.CharField(max_length=20)
    where = models.CharField(max_length=200)
    is_done = models.BooleanField()
    receipt = models.CharField(max_length=400, blank=True)
    error = models.TextField(blank=True)
    tried_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["place", "is_done", "-id"], name="deposit_by_place")]
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "place"],
                condition=models.Q(is_done=True),
                name="deposit_done_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint_id} at {self.place}"


class TimeStamp(models.Model):
    """An RFC 3161 token: an authority says that a checkpoint existed at a time."""

    SELF_ISSUED = "self-issued"
    """What stands for an authority where the token is our own; verifiers know the word."""

    checkpoint = models.ForeignKey("Checkpoint", models.PROTECT, related_name="time_stamps")
    authority = models.CharField(max_length=200)
    token = models.BinaryField()
    stated_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "authority"], name="time_stamp_once")
        ]

    def __str__(self) -> str:
        return f"{self.authority} at {self.stated_at}"

    @property
    def proves_nothing(self) -> bool:
        """Whether we issued it ourselves, so that it proves nothing against us."""
        return self.authority == self.SELF_ISSUED
