from django.db import migrations

from controls.append_only import operations


class Migration(migrations.Migration):
    dependencies = [("audits", "0015_holiday_calendar")]
    operations = operations("audits_holidaycalendar")
