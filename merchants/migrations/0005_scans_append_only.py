"""Scans, official wording and what the operator meets are only ever added to."""

from django.db import migrations

from controls.append_only import operations

TABLES = ("merchants_asvscan", "merchants_linesupport", "merchants_officialtext")


class Migration(migrations.Migration):
    dependencies = [("merchants", "0004_scans_and_texts")]
    operations = [operation for table in TABLES for operation in operations(table)]
