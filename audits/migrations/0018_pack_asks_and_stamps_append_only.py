from django.db import migrations

from controls.append_only import operations


class Migration(migrations.Migration):
    dependencies = [("audits", "0017_pack_asks_and_stamps")]
    operations = [*operations("audits_packask"), *operations("audits_packstamps")]
