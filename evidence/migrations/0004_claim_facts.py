from datetime import UTC, datetime, timedelta

from django.db import migrations, models

from controls.append_only import lifted

BATCH = 2_000


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def fill(apps, _schema_editor):
    """Tell each claim what its version says already."""
    claims = apps.get_model("evidence", "Claim").objects
    held = []
    for claim in claims.select_related("evidence").order_by("pk").iterator(BATCH):
        claim.number = int(claim.evidence.ref.removeprefix("EV-"))
        claim.received_us = _microseconds(claim.evidence.received_at)
        claim.collected_us = _microseconds(claim.evidence.collected_at)
        held.append(claim)
        if len(held) == BATCH:
            claims.bulk_update(held, ["number", "received_us", "collected_us"])
            held = []
    if held:
        claims.bulk_update(held, ["number", "received_us", "collected_us"])


class Migration(migrations.Migration):
    dependencies = [("evidence", "0003_review_by_decision")]
    operations = [
        *lifted("evidence_claim"),
        migrations.AddField("claim", "number", models.PositiveBigIntegerField(null=True)),
        migrations.AddField("claim", "received_us", models.BigIntegerField(null=True)),
        migrations.AddField("claim", "collected_us", models.BigIntegerField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
