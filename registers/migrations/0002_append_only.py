"""What an entry once said is never changed or lost."""

from django.db import migrations

from controls import append_only


class Migration(migrations.Migration):
    dependencies = [("registers", "0001_initial")]

    operations = append_only.operations("registers_entryversion")
