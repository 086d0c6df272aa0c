from django.db import migrations

from controls.append_only import operations


class Migration(migrations.Migration):
    dependencies = [("audits", "0021_pack_cover")]
    operations = operations("audits_packcover")
