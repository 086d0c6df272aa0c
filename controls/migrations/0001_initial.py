import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from controls.tables_at_once import CreateTables


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Control",
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
                        ("ref", models.CharField(max_length=20, unique=True)),
                        ("title", models.CharField(max_length=200)),
                        (
                            "area",
                            models.CharField(
                                choices=[
                                    ("access_control", "Access Control"),
                                    ("api_security", "API Security"),
                                    ("availability", "Availability"),
                                    ("processing_integrity", "Processing Integrity"),
                                    ("vendor", "Vendor"),
                                    ("change", "Change"),
                                    ("risk_register", "Risk Register"),
                                    ("audit_requests", "Audit Requests"),
                                ],
                                max_length=30,
                            ),
                        ),
                        (
                            "owner_role",
                            models.CharField(
                                choices=[
                                    ("compliance_lead", "Compliance lead"),
                                    ("control_owner", "Control owner"),
                                    ("reviewer", "Reviewer"),
                                    ("engineer", "Engineer"),
                                    ("executive", "Executive"),
                                ],
                                max_length=30,
                            ),
                        ),
                        (
                            "nature",
                            models.CharField(
                                choices=[
                                    ("automated", "Automated"),
                                    ("manual", "Manual"),
                                    ("hybrid", "Hybrid"),
                                ],
                                max_length=20,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["ref"],
                    },
                ),
                migrations.CreateModel(
                    name="Criterion",
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
                        ("ref", models.CharField(max_length=40)),
                        ("section", models.CharField(max_length=40)),
                        ("section_title", models.CharField(max_length=200)),
                        ("category", models.CharField(max_length=60)),
                        ("title", models.CharField(max_length=300)),
                        (
                            "position",
                            models.PositiveIntegerField(
                                help_text="Place in the framework's own order."
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "criteria",
                        "ordering": ["framework", "position"],
                    },
                ),
                migrations.CreateModel(
                    name="Framework",
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
                        ("title", models.CharField(max_length=200)),
                        ("version", models.CharField(max_length=60)),
                    ],
                    options={
                        "ordering": ["slug"],
                    },
                ),
                migrations.CreateModel(
                    name="Risk",
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
                        ("ref", models.CharField(max_length=20, unique=True)),
                        ("title", models.CharField(max_length=300)),
                        (
                            "area",
                            models.CharField(
                                choices=[
                                    ("access_control", "Access Control"),
                                    ("api_security", "API Security"),
                                    ("availability", "Availability"),
                                    ("processing_integrity", "Processing Integrity"),
                                    ("vendor", "Vendor"),
                                    ("change", "Change"),
                                    ("risk_register", "Risk Register"),
                                    ("audit_requests", "Audit Requests"),
                                ],
                                max_length=30,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["ref"],
                    },
                ),
                migrations.CreateModel(
                    name="ControlMapping",
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
                        (
                            "reason",
                            models.TextField(help_text="Why this control serves this criterion."),
                        ),
                        (
                            "control",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mappings",
                                to="controls.control",
                            ),
                        ),
                        (
                            "criterion",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mappings",
                                to="controls.criterion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["control", "criterion"],
                    },
                ),
                migrations.AddField(
                    model_name="control",
                    name="criteria",
                    field=models.ManyToManyField(
                        related_name="controls",
                        through="controls.ControlMapping",
                        to="controls.criterion",
                    ),
                ),
                migrations.CreateModel(
                    name="Expectation",
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
                        ("slug", models.SlugField(max_length=80, unique=True)),
                        ("title", models.CharField(max_length=200)),
                        (
                            "guidance",
                            models.TextField(
                                blank=True, help_text="What to hand in, for the person who must."
                            ),
                        ),
                        (
                            "evidence_type",
                            models.CharField(
                                choices=[
                                    ("population_export", "Population export"),
                                    ("config_export", "Configuration export"),
                                    ("test_result", "Test result"),
                                    ("metric_series", "Metric series"),
                                    ("log_extract", "Log extract"),
                                    ("scan_report", "Scan report"),
                                    ("register", "Register"),
                                    ("review_record", "Review record"),
                                    ("sample", "Sample"),
                                    ("ticket", "Ticket"),
                                    ("report", "Report"),
                                    ("external_report", "External report"),
                                    ("policy", "Policy"),
                                    ("procedure", "Procedure"),
                                    ("diagram", "Diagram"),
                                    ("contract", "Contract"),
                                    ("meeting_minutes", "Meeting minutes"),
                                    ("access_log", "Access log"),
                                    ("form", "Form"),
                                    ("pack", "Evidence pack"),
                                ],
                                max_length=30,
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("state", "State: counts for its moment"),
                                    ("event", "Event: complete only after its period"),
                                    ("document", "Document: counts while it is in force"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "cadence",
                            models.CharField(
                                choices=[
                                    ("daily", "Every day"),
                                    ("business_daily", "Every business day"),
                                    ("weekly", "Every week"),
                                    ("twice_monthly", "Twice a month"),
                                    ("monthly", "Every month"),
                                    ("quarterly", "Every quarter"),
                                    ("semi_annual", "Every half-year"),
                                    ("annual", "Every year"),
                                    ("per_event", "Per event, proved month by month"),
                                    ("continuous", "All the time, judged day by day"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "days_allowed",
                            models.PositiveSmallIntegerField(
                                help_text="Days after the period until due."
                            ),
                        ),
                        (
                            "lag_days",
                            models.PositiveSmallIntegerField(
                                default=0,
                                help_text="Days after which its source gains no more events of a day.",
                            ),
                        ),
                        (
                            "collector",
                            models.CharField(
                                blank=True, help_text="Empty: by hand.", max_length=60
                            ),
                        ),
                        (
                            "columns",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="Name and type of the columns that checks may read.",
                            ),
                        ),
                        (
                            "required_columns",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="Columns without which a table is refused.",
                            ),
                        ),
                        (
                            "owner_role",
                            models.CharField(
                                choices=[
                                    ("compliance_lead", "Compliance lead"),
                                    ("control_owner", "Control owner"),
                                    ("reviewer", "Reviewer"),
                                    ("engineer", "Engineer"),
                                    ("executive", "Executive"),
                                ],
                                max_length=30,
                            ),
                        ),
                        ("active_from", models.DateField()),
                        (
                            "active_to",
                            models.DateField(
                                blank=True, help_text="Last day; empty: still active.", null=True
                            ),
                        ),
                        (
                            "control",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="expectations",
                                to="controls.control",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["control", "slug"],
                    },
                ),
                migrations.CreateModel(
                    name="Check",
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
                        ("slug", models.SlugField(max_length=80, unique=True)),
                        ("title", models.CharField(max_length=200)),
                        ("sql", models.TextField()),
                        (
                            "threshold",
                            models.PositiveIntegerField(
                                default=0, help_text="Exceptions that are allowed."
                            ),
                        ),
                        (
                            "digest",
                            models.CharField(
                                help_text="SHA-256 of the query and its threshold.", max_length=64
                            ),
                        ),
                        (
                            "criterion",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="checks",
                                to="controls.criterion",
                            ),
                        ),
                        (
                            "expectation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="checks",
                                to="controls.expectation",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["expectation", "slug"],
                    },
                ),
                migrations.AddField(
                    model_name="criterion",
                    name="framework",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="criteria",
                        to="controls.framework",
                    ),
                ),
                migrations.AddField(
                    model_name="control",
                    name="risks",
                    field=models.ManyToManyField(
                        blank=True, related_name="controls", to="controls.risk"
                    ),
                ),
                migrations.CreateModel(
                    name="ControlVersion",
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
                        ("number", models.PositiveIntegerField()),
                        ("statement", models.TextField()),
                        ("effective_from", models.DateField()),
                        (
                            "digest",
                            models.CharField(
                                help_text="SHA-256 of what this version says.", max_length=64
                            ),
                        ),
                        (
                            "recorded_at",
                            models.DateTimeField(default=django.utils.timezone.now, editable=False),
                        ),
                        (
                            "control",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="controls.control",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["control", "number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("control", "number"), name="one_version_per_number"
                            )
                        ],
                    },
                ),
                migrations.AddConstraint(
                    model_name="controlmapping",
                    constraint=models.UniqueConstraint(
                        fields=("control", "criterion"), name="one_reason_per_mapping"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="criterion",
                    constraint=models.UniqueConstraint(
                        fields=("framework", "ref"), name="one_criterion_per_ref"
                    ),
                ),
            ]
        )
    ]
