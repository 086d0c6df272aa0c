import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from controls.tables_at_once import CreateTables


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("collectors", "0001_initial"),
        ("collectors", "0002_append_only"),
        ("collectors", "0003_deliveries"),
    ]

    dependencies = [
        ("controls", "0002_append_only"),
        ("evidence", "0002_append_only"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Source",
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
                        ("slug", models.SlugField(max_length=60, unique=True)),
                        ("title", models.CharField(max_length=120)),
                        ("collector", models.CharField(max_length=60)),
                        (
                            "config",
                            models.JSONField(blank=True, default=dict, verbose_name="settings"),
                        ),
                        (
                            "secrets",
                            models.TextField(
                                blank=True, editable=False, verbose_name="sealed secrets"
                            ),
                        ),
                        (
                            "schedule",
                            models.CharField(
                                blank=True, max_length=100, verbose_name="cron expression"
                            ),
                        ),
                        ("time_zone", models.CharField(default="UTC", max_length=60)),
                        (
                            "environment",
                            models.CharField(
                                choices=[
                                    ("production", "Production"),
                                    ("test", "Test"),
                                    ("corporate", "Corporate"),
                                ],
                                default="production",
                                max_length=12,
                            ),
                        ),
                        ("enabled", models.BooleanField(default=True)),
                        (
                            "created_at",
                            models.DateTimeField(default=django.utils.timezone.now, editable=False),
                        ),
                        (
                            "asked_until",
                            models.DateTimeField(
                                editable=False, null=True, verbose_name="last due time"
                            ),
                        ),
                        (
                            "expectations",
                            models.ManyToManyField(
                                blank=True, related_name="sources", to="controls.expectation"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["slug"],
                    },
                ),
                migrations.CreateModel(
                    name="Run",
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
                        ("number", models.PositiveBigIntegerField(unique=True)),
                        ("ticket", models.CharField(max_length=200)),
                        ("key", models.CharField(max_length=220, unique=True)),
                        ("attempt", models.PositiveIntegerField(default=1)),
                        ("period_from", models.DateField(null=True)),
                        ("period_to", models.DateField(null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("complete", "Complete"),
                                    ("partial", "Partial"),
                                    ("failed", "Failed"),
                                    ("empty", "Empty by fact"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        (
                            "transient",
                            models.BooleanField(default=False, verbose_name="may pass by itself"),
                        ),
                        ("retry_after", models.DurationField(null=True)),
                        ("started_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField()),
                        ("rows", models.PositiveBigIntegerField(null=True)),
                        ("ipe", models.JSONField(default=dict, verbose_name="IPE record")),
                        ("requested_by", models.CharField(max_length=120)),
                        ("job_id", models.BigIntegerField(null=True)),
                        (
                            "evidence",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="run",
                                to="evidence.evidence",
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
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="runs",
                                to="collectors.source",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                        "indexes": [
                            models.Index(fields=["source", "-number"], name="run_by_source"),
                            models.Index(
                                fields=["source", "period_from", "period_to"], name="run_by_period"
                            ),
                            models.Index(fields=["state", "-number"], name="run_by_state"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "failed"), _negated=True),
                                fields=("ticket",),
                                name="run_one_answer_per_ticket",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("evidence__isnull", True), ("state", "failed")),
                                    models.Q(
                                        models.Q(("state", "failed"), _negated=True),
                                        ("evidence__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="run_answer_has_evidence",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["complete", "empty"]),
                                    models.Q(("reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="run_shortfall_has_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProbeSample",
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
                        ("at", models.DateTimeField()),
                        ("up", models.BooleanField()),
                        ("status", models.PositiveSmallIntegerField(null=True)),
                        ("latency_ms", models.PositiveIntegerField(null=True)),
                        ("problem", models.CharField(blank=True, max_length=200)),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="samples",
                                to="collectors.source",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "at"), name="probe_once_a_minute"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Delivery",
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
                        ("at", models.DateTimeField()),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("event_id", models.CharField(blank=True, max_length=200)),
                        ("event_type", models.CharField(blank=True, max_length=200)),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("accepted", "Accepted"),
                                    ("repeated", "Accepted before"),
                                    ("forged", "Signature does not fit"),
                                    ("stale", "Signed too long ago"),
                                    ("unreadable", "No readable event"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("body_sha256", models.CharField(max_length=64)),
                        ("size", models.PositiveIntegerField()),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to="collectors.source",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["source", "at"], name="delivery_by_time"),
                            models.Index(
                                fields=["source", "verdict", "at"], name="delivery_by_verdict"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("verdict", "accepted")),
                                fields=("source", "event_id"),
                                name="delivery_event_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("verdict", "accepted")),
                                fields=("source", "body_sha256"),
                                name="delivery_body_once",
                            ),
                        ],
                    },
                ),
            ]
        )
    ]
