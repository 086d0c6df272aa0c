from django.db import migrations

from controls.append_only import operations

TABLES = ("evidence_keyproposal", "evidence_keydecision", "evidence_cosignature")


class Migration(migrations.Migration):
    dependencies = [("evidence", "0014_keys")]
    operations = [operation for table in TABLES for operation in operations(table)]
