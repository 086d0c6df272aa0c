"""What these tables hold is only ever added to."""

from django.db import migrations

from controls.append_only import operations

TABLES = (
    "evidence_blob",
    "evidence_checkpoint",
    "evidence_checkresult",
    "evidence_claim",
    "evidence_cosignature",
    "evidence_deposit",
    "evidence_disposal",
    "evidence_evidence",
    "evidence_evidencetag",
    "evidence_intakekey",
    "evidence_keydecision",
    "evidence_keyproposal",
    "evidence_ledgerentry",
    "evidence_ledgernode",
    "evidence_legalhold",
    "evidence_logproblem",
    "evidence_logrestart",
    "evidence_population",
    "evidence_quarantined",
    "evidence_quarantinedecision",
    "evidence_retentiondecision",
    "evidence_retentionproposal",
    "evidence_review",
    "evidence_timestamp",
)


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]
    operations = [operation for table in TABLES for operation in operations(table)]
