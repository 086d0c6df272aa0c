"""What these tables hold is only ever added to."""

from django.db import migrations

from controls.append_only import operations

TABLES = ("collectors_run",)


class Migration(migrations.Migration):
    dependencies = [("collectors", "0001_tables")]
    operations = [operation for table in TABLES for operation in operations(table)]
