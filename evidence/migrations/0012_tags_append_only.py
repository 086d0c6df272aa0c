from django.db import migrations

from controls.append_only import operations


class Migration(migrations.Migration):
    dependencies = [("evidence", "0011_tags")]
    operations = [*operations("evidence_evidencetag")]
