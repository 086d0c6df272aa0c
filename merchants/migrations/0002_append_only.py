"""What was asked, answered, signed and filed is never changed or lost."""

from django.db import migrations

from controls import append_only


class Migration(migrations.Migration):
    dependencies = [("merchants", "0001_initial")]

    operations = [
        *append_only.operations("merchants_formtemplate"),
        *append_only.operations("merchants_formanswer"),
        *append_only.operations("merchants_formchange"),
        *append_only.operations("merchants_signaturerecord"),
        *append_only.operations("merchants_formfile"),
    ]
