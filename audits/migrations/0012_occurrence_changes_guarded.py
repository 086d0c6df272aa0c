from django.db import migrations

from controls.append_only import operations


class Migration(migrations.Migration):
    dependencies = [("audits", "0011_occurrence_changes")]
    operations = operations("audits_occurrencechange")
