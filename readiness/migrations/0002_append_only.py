"""What was once answered or said of a step is never changed or lost."""

from django.db import migrations

from controls import append_only


class Migration(migrations.Migration):
    dependencies = [("readiness", "0001_initial")]

    operations = [
        *append_only.operations("readiness_answer"),
        *append_only.operations("readiness_stepversion"),
    ]
