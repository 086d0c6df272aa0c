from django.db import migrations

from controls.append_only import operations

TABLES = (
    "audits_engagementchange",
    "audits_boundinvitation",
    "audits_userentitywording",
    "audits_descriptionrevision",
    "audits_assertion",
    "audits_assertionsignature",
)


class Migration(migrations.Migration):
    dependencies = [("audits", "0007_engagement_depth")]
    operations = [operation for table in TABLES for operation in operations(table)]
