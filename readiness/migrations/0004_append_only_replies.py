"""What buyers were told, and what the library learnt, is only ever added to."""

from django.db import migrations

from controls.append_only import operations

TABLES = (
    "readiness_buyerreply",
    "readiness_learntwording",
)


class Migration(migrations.Migration):
    dependencies = [("readiness", "0003_buyer_questionnaires")]
    operations = [operation for table in TABLES for operation in operations(table)]
