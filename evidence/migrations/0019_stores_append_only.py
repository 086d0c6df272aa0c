from django.db import migrations

from controls.append_only import operations

TABLES = (
    "evidence_legalhold",
    "evidence_retentionproposal",
    "evidence_retentiondecision",
    "evidence_disposal",
)


class Migration(migrations.Migration):
    dependencies = [("evidence", "0018_stores")]
    operations = [operation for table in TABLES for operation in operations(table)]
