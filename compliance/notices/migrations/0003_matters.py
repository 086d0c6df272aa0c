"""Escalations know their matter, which stays while the day of a task slides, and how long it stayed."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def fill(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    told = apps.get_model("notices", "Escalation").objects
    told.update(matter=F("event"), seen=F("day"))
    for row in told.filter(source="evidence").iterator():
        # An event of evidence reads evidence:slug.first day:due day.
        row.matter = row.event.rpartition(":")[0].rpartition(".")[0]
        row.save(update_fields=["matter"])


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_escalations")]

    operations = [
        migrations.AddField(
            "escalation",
            "matter",
            models.CharField(max_length=300, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "escalation",
            "seen",
            models.DateField(
                null=True, help_text="The last day on which it was still overdue for long."
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            "escalation",
            "seen",
            models.DateField(help_text="The last day on which it was still overdue for long."),
        ),
        migrations.AddIndex(
            "escalation", models.Index(fields=["level", "matter"], name="escalated_matter")
        ),
    ]
