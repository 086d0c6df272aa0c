from django.db import migrations

from controls.append_only import operations

TABLES = ("audits_requestentry", "audits_answeritem")


class Migration(migrations.Migration):
    dependencies = [("audits", "0005_requests")]
    operations = [operation for table in TABLES for operation in operations(table)]
