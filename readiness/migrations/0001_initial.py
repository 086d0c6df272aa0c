import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from controls.tables_at_once import CreateTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("evidence", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Answer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("question", models.CharField(max_length=80)),
                        ("number", models.PositiveIntegerField()),
                        (
                            "value",
                            models.CharField(
                                choices=[
                                    ("yes", "Yes"),
                                    ("no", "No"),
                                    ("not_applicable", "Not applicable"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        ("backing", models.CharField(max_length=12)),
                        ("evidence", models.JSONField(default=list)),
                        ("at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "ledger_entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.ledgerentry",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["question", "-number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("question", "number"), name="readiness_answer_number"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StepVersion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("step", models.CharField(max_length=80)),
                        ("number", models.PositiveIntegerField()),
                        ("due_on", models.DateField(null=True)),
                        ("is_ticked", models.BooleanField(default=False)),
                        ("note", models.CharField(blank=True, max_length=1000)),
                        ("at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "ledger_entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.ledgerentry",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["step", "-number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("step", "number"), name="readiness_step_number"
                            )
                        ],
                    },
                ),
            ]
        )
    ]
