from django.db import migrations

from controls.append_only import operations


class Migration(migrations.Migration):
    dependencies = [("audits", "0013_population_parts")]
    operations = operations("audits_populationpart")
