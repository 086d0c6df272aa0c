from django.db import migrations

from controls.append_only import operations


class Migration(migrations.Migration):
    dependencies = [("collectors", "0001_initial")]
    operations = operations("collectors_run")
