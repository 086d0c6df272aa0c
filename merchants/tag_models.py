"""Tags as rows, by which lists are narrowed; the JSON beside them is what programs are shown."""

from django.db import models

from merchants.party_models import Application, Environment


class Tag(models.Model):
    """One tag of one thing, with the place of that thing in the lists of programs."""

    class Of(models.TextChoices):
        APPLICATION = "application", "Platform"
        MERCHANT = "merchant", "Merchant"
        FORM = "form", "Form"
        FILE = "file", "File"
        LINK = "link", "Link to a file"
        USER = "user", "Key"

    of = models.CharField(max_length=12, choices=Of)
    # The key of what wears the tag, in the table that `of` names.
    row = models.BigIntegerField()
    environment = models.CharField(max_length=8, choices=Environment)
    # None for keys of all platforms. Found by the indexes below.
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, related_name="+", db_index=False
    )
    key = models.CharField(max_length=40)
    value = models.CharField(max_length=500, blank=True)
    # When what wears the tag was made, which is the order of every list.
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-row"]
        constraints = [
            models.UniqueConstraint(fields=["of", "row", "key"], name="tag_one_value_per_key")
        ]
        indexes = [
            models.Index(
                fields=["of", "environment", "key", "-created_at", "-row"], name="tag_by_key"
            ),
            models.Index(
                fields=["of", "environment", "key", "value", "-created_at", "-row"],
                name="tag_by_value",
            ),
            models.Index(
                fields=["application", "of", "key", "-created_at", "-row"], name="tag_by_key_of_app"
            ),
            models.Index(
                fields=["application", "of", "key", "value", "-created_at", "-row"],
                name="tag_by_value_of_app",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of} {self.row}: {self.key}"
