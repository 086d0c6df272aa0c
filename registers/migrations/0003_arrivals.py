"""Uploads of large files that wait for a worker."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registers", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Arrival",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("leg", models.CharField(max_length=60)),
                ("day", models.DateField()),
                ("filename", models.CharField(max_length=200)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("wrapped_key", models.BinaryField(default=b"")),
                ("is_look", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("coming", "Being received"),
                            ("waiting", "Being read"),
                            ("seen", "Its rules take it"),
                            ("taken", "Handed in"),
                            ("refused", "Refused"),
                        ],
                        default="coming",
                        max_length=7,
                    ),
                ),
                ("problem", models.TextField(blank=True)),
                ("facts", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registers.inputfile",
                    ),
                ),
                (
                    "reconciliation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrivals",
                        to="registers.reconciliation",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ArrivalPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("sealed", models.BinaryField()),
                (
                    "arrival",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="registers.arrival",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(fields=["reconciliation", "day", "-id"], name="arrival_day"),
        ),
        migrations.AddConstraint(
            model_name="arrivalpart",
            constraint=models.UniqueConstraint(fields=("arrival", "number"), name="arrival_part"),
        ),
    ]
