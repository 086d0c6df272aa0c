from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("controls", "0002_append_only")]
    operations = [
        migrations.AddField(
            "expectation",
            "lag_days",
            models.PositiveSmallIntegerField(
                default=0, help_text="Days after which its source gains no more events of a day."
            ),
        ),
    ]
