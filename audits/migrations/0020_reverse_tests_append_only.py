from django.db import migrations

from controls.append_only import operations

TABLES = ("audits_reversetest", "audits_reverseentry", "audits_walkthrough")


class Migration(migrations.Migration):
    dependencies = [("audits", "0019_reverse_tests_and_walkthroughs")]
    operations = [operation for table in TABLES for operation in operations(table)]
