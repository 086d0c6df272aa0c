"""What was decided about a line, and what proved it, is never changed or lost."""

from django.db import migrations

from controls import append_only


class Migration(migrations.Migration):
    dependencies = [("registers", "0006_campaigns")]

    operations = [
        *append_only.operations("registers_campaigndecision"),
        *append_only.operations("registers_campaignproof"),
    ]
