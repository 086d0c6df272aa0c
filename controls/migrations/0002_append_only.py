"""The wording of a control, once recorded, is never changed or lost."""

from django.db import migrations

from controls import append_only


class Migration(migrations.Migration):
    dependencies = [("controls", "0001_initial")]

    operations = append_only.operations("controls_controlversion")
