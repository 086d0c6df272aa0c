from django.db import migrations

from controls.append_only import operations

TABLES = ("audits_pack", "audits_packfile", "audits_accessnote")


class Migration(migrations.Migration):
    dependencies = [("audits", "0001_initial")]
    operations = [operation for table in TABLES for operation in operations(table)]
