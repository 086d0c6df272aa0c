from django.db import migrations

from controls.append_only import operations

TABLES = (
    "evidence_blob",
    "evidence_ledgerentry",
    "evidence_ledgernode",
    "evidence_checkpoint",
    "evidence_evidence",
    "evidence_claim",
    "evidence_population",
    "evidence_checkresult",
    "evidence_review",
    "evidence_intakekey",
)


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]
    operations = [operation for table in TABLES for operation in operations(table)]
