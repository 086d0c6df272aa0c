from django.db import migrations

from controls.append_only import operations


class Migration(migrations.Migration):
    dependencies = [("evidence", "0009_claim_retrieval")]
    operations = [*operations("evidence_claim")]
