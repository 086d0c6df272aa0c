from django.db import migrations

from controls.append_only import operations

TABLES = ("audits_finding", "audits_findingentry")


class Migration(migrations.Migration):
    dependencies = [("audits", "0003_findings")]
    operations = [operation for table in TABLES for operation in operations(table)]
