"""What these tables hold is only ever added to."""

from django.db import migrations

from controls.append_only import operations

TABLES = (
    "readiness_answer",
    "readiness_stepversion",
)


class Migration(migrations.Migration):
    dependencies = [("readiness", "0001_initial")]
    operations = [operation for table in TABLES for operation in operations(table)]
