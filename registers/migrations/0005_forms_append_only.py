"""What was handed in by a form is never changed or lost."""

from django.db import migrations

from controls import append_only


class Migration(migrations.Migration):
    dependencies = [("registers", "0004_typed_forms")]

    operations = append_only.operations("registers_handedform")
