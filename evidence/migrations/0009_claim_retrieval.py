from datetime import UTC, datetime, timedelta

from django.db import migrations, models

from controls.append_only import lifted

BATCH = 2_000


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def redate(apps, _schema_editor):
    """Date each claim to a table by the start of its query, where that was before its collection."""
    claims = apps.get_model("evidence", "Claim").objects
    made = apps.get_model("evidence", "Population").objects.order_by("pk")
    rows = made.values_list("evidence", "ipe__started_at", "evidence__collected_at")
    for key, said, collected_at in rows.iterator(BATCH):
        started_at = datetime.fromisoformat(said) if said else collected_at
        if started_at < collected_at:
            claims.filter(evidence=key).update(collected_us=_microseconds(started_at))


class Migration(migrations.Migration):
    dependencies = [("evidence", "0008_anchors_append_only")]
    operations = [
        *lifted("evidence_claim"),
        migrations.AlterField(
            "claim",
            "collected_us",
            models.BigIntegerField(help_text="Microseconds from 1970 to its retrieval."),
        ),
        migrations.RunPython(redate, migrations.RunPython.noop),
    ]
