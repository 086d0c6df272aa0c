from django.db import migrations, models

from controls.append_only import operations


class Migration(migrations.Migration):
    dependencies = [("evidence", "0004_claim_facts")]
    operations = [
        migrations.AlterField(
            "claim",
            "number",
            models.PositiveBigIntegerField(help_text="Number of the version, as in its reference."),
        ),
        migrations.AlterField(
            "claim",
            "received_us",
            models.BigIntegerField(help_text="Microseconds from 1970 to its receipt."),
        ),
        migrations.AlterField(
            "claim",
            "collected_us",
            models.BigIntegerField(help_text="Microseconds from 1970 to its collection."),
        ),
        migrations.RemoveIndex("claim", "claim_period"),
        migrations.AddIndex(
            "claim",
            models.Index(
                fields=[
                    "expectation",
                    "covers_to",
                    "covers_from",
                    "number",
                    "received_us",
                    "collected_us",
                    "is_partial",
                ],
                name="claim_facts",
            ),
        ),
        migrations.AddIndex(
            "claim",
            models.Index(
                fields=["evidence"],
                name="claim_partial",
                condition=models.Q(is_partial=True),
            ),
        ),
        migrations.AddIndex(
            "checkresult",
            models.Index(
                fields=["evidence"],
                name="check_result_not_passed",
                condition=models.Q(state__in=["failed", "error"]),
            ),
        ),
        migrations.AddIndex(
            "review",
            models.Index(
                fields=["evidence"],
                name="review_returned",
                condition=models.Q(decision="returned"),
            ),
        ),
        *operations("evidence_claim"),
    ]
