from django.db import migrations

from controls.append_only import operations

TABLES = (
    "audits_sealedpopulation",
    "audits_draw",
    "audits_sampleitem",
    "audits_worksheetentry",
    "audits_sampleattribute",
    "audits_sampleresult",
)


class Migration(migrations.Migration):
    dependencies = [("audits", "0009_populations_and_samples")]
    operations = [operation for table in TABLES for operation in operations(table)]
