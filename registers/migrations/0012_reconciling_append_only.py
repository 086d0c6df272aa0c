"""Rules, files, runs, limits, signatures and the history of breaks are never changed or lost."""

from django.db import migrations

from controls import append_only


class Migration(migrations.Migration):
    dependencies = [("registers", "0011_reconciling")]

    operations = [
        *append_only.operations("registers_reconciliationchange"),
        *append_only.operations("registers_matchingrules"),
        *append_only.operations("registers_rulesapproval"),
        *append_only.operations("registers_inputfile"),
        *append_only.operations("registers_inputwithdrawal"),
        *append_only.operations("registers_reconciliationrun"),
        *append_only.operations("registers_breakevent"),
        *append_only.operations("registers_writeofflimit"),
        *append_only.operations("registers_daysignature"),
        *append_only.operations("registers_monthsignature"),
    ]
