"""The day on which the room of an engagement closes to those outside."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audits", "0003_buyers")]
    operations = [
        migrations.AddField(
            model_name="engagement",
            name="room_until",
            field=models.DateField(
                blank=True, null=True, verbose_name="room open until (last day)"
            ),
        ),
        migrations.AlterField(
            model_name="engagementchange",
            name="what",
            field=models.CharField(
                choices=[
                    ("window", "Observation window"),
                    ("fieldwork", "Fieldwork"),
                    ("freeze", "Freeze date"),
                    ("room", "End of the room"),
                ],
                max_length=10,
            ),
        ),
    ]
