"""Tags as rows, filled from the tags that programs have hung on until now."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

STEP = 1000
MODELS = {
    "application": "Application",
    "merchant": "Merchant",
    "form": "ComplianceForm",
    "file": "File",
    "link": "ExternalLink",
    "user": "ApiUser",
}


def fill(apps: Any, _editor: Any) -> None:
    table = apps.get_model("merchants", "Tag")
    for kind, name in MODELS.items():
        rows = apps.get_model("merchants", name).objects.exclude(tags={})
        if kind == "link":
            rows = rows.select_related("file")
        waiting = []
        for row in rows.order_by("pk").iterator(STEP):
            waiting += [_tag(table, kind, row, key, said) for key, said in row.tags.items()]
            if len(waiting) >= STEP:
                table.objects.bulk_create(waiting)
                waiting = []
        table.objects.bulk_create(waiting)


def _tag(table: Any, kind: str, row: Any, key: str, value: str) -> Any:
    near = row.file if kind == "link" else row
    return table(
        of=kind,
        row=row.pk,
        environment=near.environment,
        application_id=near.pk if kind == "application" else near.application_id,
        key=key,
        value=value,
        created_at=row.created_at,
    )


class Migration(migrations.Migration):
    dependencies = [("merchants", "0002_guards")]

    operations = [
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "of",
                    models.CharField(
                        choices=[
                            ("application", "Platform"),
                            ("merchant", "Merchant"),
                            ("form", "Form"),
                            ("file", "File"),
                            ("link", "Link to a file"),
                            ("user", "Key"),
                        ],
                        max_length=12,
                    ),
                ),
                ("row", models.BigIntegerField()),
                (
                    "environment",
                    models.CharField(
                        choices=[("sandbox", "Sandbox"), ("live", "Live")], max_length=8
                    ),
                ),
                ("key", models.CharField(max_length=40)),
                ("value", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.application",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-row"],
                "indexes": [
                    models.Index(
                        fields=["of", "environment", "key", "-created_at", "-row"],
                        name="tag_by_key",
                    ),
                    models.Index(
                        fields=["of", "environment", "key", "value", "-created_at", "-row"],
                        name="tag_by_value",
                    ),
                    models.Index(
                        fields=["application", "of", "key", "-created_at", "-row"],
                        name="tag_by_key_of_app",
                    ),
                    models.Index(
                        fields=["application", "of", "key", "value", "-created_at", "-row"],
                        name="tag_by_value_of_app",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("of", "row", "key"), name="tag_one_value_per_key"
                    )
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
