from django.db import migrations

from controls.append_only import operations

TABLES = ("evidence_quarantined", "evidence_quarantinedecision")


class Migration(migrations.Migration):
    dependencies = [("evidence", "0016_quarantine")]
    operations = [operation for table in TABLES for operation in operations(table)]
