"""What these tables hold is only ever added to."""

from django.db import migrations

from controls.append_only import operations

TABLES = (
    "merchants_asvscan",
    "merchants_formanswer",
    "merchants_formchange",
    "merchants_formfile",
    "merchants_formtemplate",
    "merchants_linesupport",
    "merchants_officialtext",
    "merchants_signaturerecord",
    "merchants_takenform",
)


class Migration(migrations.Migration):
    dependencies = [("merchants", "0001_tables")]
    operations = [operation for table in TABLES for operation in operations(table)]
