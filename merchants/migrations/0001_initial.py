import django.db.models.deletion
from django.db import migrations, models

from controls.tables_at_once import CreateTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("evidence", "0001_initial"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Application",
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
                            "ref",
                            models.CharField(max_length=40, unique=True, verbose_name="reference"),
                        ),
                        (
                            "environment",
                            models.CharField(
                                choices=[("sandbox", "Sandbox"), ("live", "Live")], max_length=8
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        (
                            "overdue_note",
                            models.CharField(
                                blank=True,
                                help_text="What the platform says about an overdue form.",
                                max_length=300,
                            ),
                        ),
                        ("tags", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["name", "id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("environment", "name"),
                                name="application_one_name_per_environment",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ComplianceForm",
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
                            "ref",
                            models.CharField(max_length=40, unique=True, verbose_name="reference"),
                        ),
                        (
                            "environment",
                            models.CharField(
                                choices=[("sandbox", "Sandbox"), ("live", "Live")], max_length=8
                            ),
                        ),
                        ("form_type", models.CharField(max_length=20)),
                        ("level", models.PositiveSmallIntegerField(default=4)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("INCOMPLETE", "Incomplete"),
                                    ("OVERDUE", "Overdue"),
                                    ("COMPLETE", "Complete"),
                                    ("EXPIRED", "Expired"),
                                    ("INVALID", "Invalid"),
                                ],
                                default="INCOMPLETE",
                                max_length=10,
                            ),
                        ),
                        ("due_at", models.DateTimeField()),
                        ("valid_from", models.DateTimeField(null=True)),
                        ("valid_until", models.DateTimeField(null=True)),
                        ("tags", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "application",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="forms",
                                to="merchants.application",
                            ),
                        ),
                        (
                            "ledger_entry",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.ledgerentry",
                            ),
                        ),
                        (
                            "previous",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="following",
                                to="merchants.complianceform",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="FormAnswer",
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
                        ("line", models.CharField(max_length=20)),
                        ("answer", models.CharField(max_length=20)),
                        ("detail", models.JSONField(default=dict)),
                        ("at", models.DateTimeField()),
                        (
                            "form",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="answers",
                                to="merchants.complianceform",
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
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="FormChange",
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
                            "state",
                            models.CharField(
                                choices=[
                                    ("INCOMPLETE", "Incomplete"),
                                    ("OVERDUE", "Overdue"),
                                    ("COMPLETE", "Complete"),
                                    ("EXPIRED", "Expired"),
                                    ("INVALID", "Invalid"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("at", models.DateTimeField()),
                        (
                            "form",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="changes",
                                to="merchants.complianceform",
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
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="FormTemplate",
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
                            "ref",
                            models.CharField(max_length=40, unique=True, verbose_name="reference"),
                        ),
                        ("slug", models.CharField(max_length=60)),
                        ("form_type", models.CharField(max_length=20)),
                        ("version", models.CharField(max_length=20)),
                        ("content", models.JSONField()),
                        ("sha256", models.CharField(max_length=64, unique=True)),
                        ("created_at", models.DateTimeField()),
                        (
                            "ledger_entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.ledgerentry",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.AddField(
                    model_name="complianceform",
                    name="template",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forms",
                        to="merchants.formtemplate",
                    ),
                ),
                migrations.CreateModel(
                    name="Merchant",
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
                            "ref",
                            models.CharField(max_length=40, unique=True, verbose_name="reference"),
                        ),
                        ("identity_ref", models.CharField(max_length=40, unique=True)),
                        (
                            "environment",
                            models.CharField(
                                choices=[("sandbox", "Sandbox"), ("live", "Live")], max_length=8
                            ),
                        ),
                        (
                            "own_number",
                            models.CharField(
                                blank=True,
                                help_text="How the platform itself names the merchant.",
                                max_length=80,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("PROVISIONING", "Being set up"),
                                    ("APPROVED", "Approved"),
                                    ("REJECTED", "Rejected"),
                                ],
                                default="PROVISIONING",
                                max_length=12,
                            ),
                        ),
                        ("may_take_cards", models.BooleanField(default=False)),
                        ("level", models.PositiveSmallIntegerField(default=4)),
                        ("form_type", models.CharField(max_length=20)),
                        ("interview", models.JSONField(default=dict)),
                        ("identity", models.TextField()),
                        ("tags", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("approved_at", models.DateTimeField(null=True)),
                        (
                            "application",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="merchants",
                                to="merchants.application",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.AddField(
                    model_name="complianceform",
                    name="merchant",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forms",
                        to="merchants.merchant",
                    ),
                ),
                migrations.CreateModel(
                    name="SignatureRecord",
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
                            "basis",
                            models.CharField(
                                choices=[
                                    ("answers", "Each line was answered"),
                                    ("document", "The form was attested as a whole"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("title", models.CharField(max_length=200)),
                        ("ip_address", models.CharField(max_length=100)),
                        ("user_agent", models.CharField(max_length=500)),
                        (
                            "signed_at",
                            models.CharField(
                                help_text="The client's word, kept as it was sent.", max_length=60
                            ),
                        ),
                        ("seen_address", models.CharField(blank=True, max_length=100)),
                        ("seen_agent", models.CharField(blank=True, max_length=500)),
                        ("received_at", models.DateTimeField()),
                        ("consent", models.TextField()),
                        ("overall", models.CharField(max_length=40)),
                        ("answers_sha256", models.CharField(max_length=64)),
                        (
                            "form",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signature",
                                to="merchants.complianceform",
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
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="SigningLink",
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
                        ("fingerprint", models.CharField(max_length=64, unique=True)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("used_at", models.DateTimeField(null=True)),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        (
                            "form",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="links",
                                to="merchants.complianceform",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="FormFile",
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
                            "ref",
                            models.CharField(max_length=40, unique=True, verbose_name="reference"),
                        ),
                        (
                            "which",
                            models.CharField(
                                choices=[("unsigned", "Unsigned"), ("signed", "Signed")],
                                max_length=8,
                            ),
                        ),
                        ("sha256", models.CharField(max_length=64)),
                        ("size", models.BigIntegerField()),
                        ("created_at", models.DateTimeField()),
                        (
                            "evidence",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
                            ),
                        ),
                        (
                            "form",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="files",
                                to="merchants.complianceform",
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
                        "ordering": ["id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("form", "which"), name="form_one_paper_of_each_kind"
                            )
                        ],
                    },
                ),
                migrations.AddIndex(
                    model_name="merchant",
                    index=models.Index(
                        fields=["environment", "state", "-id"], name="merchant_by_state"
                    ),
                ),
                migrations.AddIndex(
                    model_name="merchant",
                    index=models.Index(
                        fields=["application", "-id"], name="merchant_of_application"
                    ),
                ),
                migrations.AddIndex(
                    model_name="merchant",
                    index=models.Index(fields=["own_number"], name="merchant_own_number"),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(
                        fields=["environment", "state", "-id"], name="form_by_state"
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(
                        fields=["environment", "form_type", "-id"], name="form_by_type"
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(
                        fields=["environment", "state", "form_type", "-id"],
                        name="form_by_state_and_type",
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(
                        fields=["environment", "level", "-id"], name="form_by_level"
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(fields=["environment", "created_at"], name="form_by_age"),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(fields=["state", "due_at"], name="form_by_due"),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(fields=["state", "valid_until"], name="form_by_end"),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(fields=["ledger_entry"], name="form_by_leaf"),
                ),
                migrations.AddConstraint(
                    model_name="complianceform",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["COMPLETE", "EXPIRED"]), _negated=True),
                            models.Q(("valid_from__isnull", False), ("valid_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="form_signed_is_dated",
                    ),
                ),
            ]
        )
    ]
