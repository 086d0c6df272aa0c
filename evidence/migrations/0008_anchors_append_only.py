from django.db import migrations

from controls.append_only import operations

TABLES = (
    "evidence_logrestart",
    "evidence_logproblem",
    "evidence_deposit",
    "evidence_timestamp",
)


class Migration(migrations.Migration):
    dependencies = [("evidence", "0007_anchors")]
    operations = [operation for table in TABLES for operation in operations(table)]
