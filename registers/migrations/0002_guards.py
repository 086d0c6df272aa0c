"""What these tables hold is only ever added to."""

from django.db import migrations

from controls.append_only import operations

TABLES = (
    "registers_breakevent",
    "registers_campaignchange",
    "registers_campaigndecision",
    "registers_campaignproof",
    "registers_daysignature",
    "registers_entryversion",
    "registers_handedform",
    "registers_inputfile",
    "registers_inputwithdrawal",
    "registers_matchingrules",
    "registers_monthsignature",
    "registers_reconciliationchange",
    "registers_reconciliationrun",
    "registers_rulesapproval",
    "registers_writeofflimit",
)


class Migration(migrations.Migration):
    dependencies = [("registers", "0001_tables")]
    operations = [operation for table in TABLES for operation in operations(table)]
