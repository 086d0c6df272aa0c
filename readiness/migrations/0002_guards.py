"""What these tables hold is only ever added to."""

from django.db import migrations

from controls.append_only import operations

TABLES = (
    "readiness_answer",
    "readiness_buyerreply",
    "readiness_learntwording",
    "readiness_stepversion",
)


class Migration(migrations.Migration):
    dependencies = [("readiness", "0001_tables")]
    operations = [operation for table in TABLES for operation in operations(table)]
