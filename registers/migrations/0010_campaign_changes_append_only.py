"""Why a campaign was moved or withdrawn is never changed or lost."""

from django.db import migrations

from controls import append_only


class Migration(migrations.Migration):
    dependencies = [("registers", "0009_campaign_changes")]

    operations = [*append_only.operations("registers_campaignchange")]
