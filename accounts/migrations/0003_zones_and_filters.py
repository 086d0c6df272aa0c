"""The time zone moves from the notices to the person; people keep filters of lists."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def to_the_person(apps, _editor):
    for kept in apps.get_model("accounts", "NoticePreference").objects.exclude(zone=""):
        apps.get_model("accounts", "User").objects.filter(pk=kept.user_id).update(zone=kept.zone)


def to_the_notices(apps, _editor):
    preferences = apps.get_model("accounts", "NoticePreference").objects
    for user in apps.get_model("accounts", "User").objects.exclude(zone=""):
        preferences.update_or_create(user_id=user.pk, defaults={"zone": user.zone})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="zone",
            field=models.CharField(
                blank=True,
                default="",
                help_text="IANA name; empty: the organisation's",
                max_length=40,
                verbose_name="time zone",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="user",
            name="keeps_filters",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.RunPython(to_the_person, to_the_notices),
        migrations.RemoveField(model_name="noticepreference", name="zone"),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "page",
                    models.CharField(help_text="name of the address of the list", max_length=80),
                ),
                ("name", models.CharField(max_length=60)),
                (
                    "query",
                    models.CharField(
                        help_text="what stands behind the ? of the address", max_length=1000
                    ),
                ),
                (
                    "is_default",
                    models.BooleanField(default=False, verbose_name="the list opens with it"),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["page", "name"]},
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(
                fields=("user", "page", "name"), name="accounts_one_filter_per_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("user", "page"),
                name="accounts_one_default_filter",
            ),
        ),
    ]
