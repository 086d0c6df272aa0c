import django.db.models.deletion
from django.db import migrations, models

from controls.tables_at_once import CreateTables


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("merchants", "0001_initial"),
        ("merchants", "0002_append_only"),
        ("merchants", "0003_programs"),
        ("merchants", "0004_scans_and_texts"),
        ("merchants", "0005_scans_append_only"),
        ("merchants", "0006_taken_forms_and_reminders"),
    ]

    dependencies = [
        ("evidence", "0002_append_only"),
    ]

    operations = [
        CreateTables(
            [
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
                        (
                            "ref",
                            models.CharField(max_length=40, unique=True, verbose_name="reference"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("WAITING", "Waiting"),
                                    ("DELIVERED", "Delivered"),
                                    ("FAILED", "Failed"),
                                ],
                                default="WAITING",
                                max_length=9,
                            ),
                        ),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("next_at", models.DateTimeField()),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name_plural": "deliveries",
                        "ordering": ["-created_at", "-id"],
                    },
                ),
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
                        ("remind_on", models.JSONField(null=True)),
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
                    name="ApiUser",
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
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("ROLE_PLATFORM", "All platforms"),
                                    ("ROLE_PARTNER", "One platform"),
                                    ("ROLE_MERCHANT", "One merchant"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("fingerprint", models.CharField(max_length=64)),
                        ("enabled", models.BooleanField(default=True)),
                        ("tags", models.JSONField(default=dict)),
                        ("created_by", models.CharField(max_length=80)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("last_used_at", models.DateTimeField(null=True)),
                        (
                            "application",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="keys",
                                to="merchants.application",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
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
                        ("source", models.CharField(blank=True, default="", max_length=120)),
                        ("tags", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "application",
                            models.ForeignKey(
                                db_index=False,
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
                    name="DeliveryAttempt",
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
                        ("status", models.PositiveSmallIntegerField(default=0)),
                        ("error", models.CharField(blank=True, max_length=200)),
                        ("milliseconds", models.PositiveIntegerField(default=0)),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="attempts",
                                to="merchants.delivery",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="Event",
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
                        ("entity", models.CharField(max_length=40)),
                        ("kind", models.CharField(max_length=20)),
                        ("subject", models.CharField(max_length=40)),
                        ("body", models.JSONField()),
                        ("created_at", models.DateTimeField()),
                        (
                            "application",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="merchants.application",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                    },
                ),
                migrations.AddField(
                    model_name="delivery",
                    name="event",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="merchants.event",
                    ),
                ),
                migrations.CreateModel(
                    name="File",
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
                        ("is_of_identity", models.BooleanField(default=False)),
                        ("file_type", models.CharField(max_length=60)),
                        ("display_name", models.CharField(max_length=200)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("REQUIRES_UPLOAD", "Waits for its content"),
                                    ("UPLOADED", "Here"),
                                ],
                                default="REQUIRES_UPLOAD",
                                max_length=16,
                            ),
                        ),
                        ("extension", models.CharField(blank=True, max_length=10)),
                        ("tags", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "application",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="merchants.application",
                            ),
                        ),
                        (
                            "evidence",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                    },
                ),
                migrations.CreateModel(
                    name="ExternalLink",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("UPLOAD", "Upload"),
                                    ("DOWNLOAD", "Download"),
                                    ("VIEW", "View"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("minutes", models.PositiveIntegerField()),
                        ("tags", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        (
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="merchants.apiuser",
                            ),
                        ),
                        (
                            "file",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="links",
                                to="merchants.file",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
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
                                choices=[
                                    ("unsigned", "Unsigned"),
                                    ("signed", "Signed"),
                                    ("taken_in", "Signed elsewhere, and taken in"),
                                ],
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
                    },
                ),
                migrations.AddField(
                    model_name="file",
                    name="paper",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.formfile",
                    ),
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
                    name="LineSupport",
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
                        ("control_ref", models.CharField(max_length=20)),
                        ("words", models.CharField(max_length=500)),
                        ("is_active", models.BooleanField(default=True)),
                        ("at", models.DateTimeField()),
                        (
                            "application",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="supports",
                                to="merchants.application",
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
                    },
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
                        ("yearly_transactions", models.BigIntegerField(null=True)),
                        ("scan_due_on", models.DateField(null=True)),
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
                    model_name="file",
                    name="merchant",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="linked_files",
                        to="merchants.merchant",
                    ),
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
                    name="AsvScan",
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
                        ("scanned_on", models.DateField()),
                        ("scanner", models.CharField(max_length=200)),
                        ("passed", models.BooleanField()),
                        ("note", models.CharField(blank=True, max_length=300)),
                        ("told_by", models.CharField(max_length=120)),
                        ("at", models.DateTimeField()),
                        (
                            "evidence",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
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
                            "merchant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="scans",
                                to="merchants.merchant",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-scanned_on", "-id"],
                    },
                ),
                migrations.AddField(
                    model_name="apiuser",
                    name="merchant",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="merchants.merchant",
                    ),
                ),
                migrations.CreateModel(
                    name="OfficialText",
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
                            "form_type",
                            models.CharField(
                                blank=True, help_text="Empty for every form.", max_length=20
                            ),
                        ),
                        ("line", models.CharField(max_length=20)),
                        ("text", models.TextField()),
                        ("licence", models.CharField(max_length=200)),
                        ("at", models.DateTimeField()),
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
                    name="Prospect",
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
                        ("identity", models.TextField(blank=True)),
                        ("tags", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "application",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="prospects",
                                to="merchants.application",
                            ),
                        ),
                        (
                            "merchant",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="merchants.merchant",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                    },
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
                    name="TakenForm",
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
                        ("foreign_ref", models.CharField(max_length=255)),
                        ("foreign_merchant", models.CharField(max_length=255)),
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
                        ("content", models.JSONField()),
                        ("at", models.DateTimeField()),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
                            ),
                        ),
                        (
                            "form",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tellings",
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
                    name="Webhook",
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
                        ("url", models.CharField(max_length=120)),
                        ("nickname", models.CharField(blank=True, max_length=100)),
                        ("enabled", models.BooleanField(default=True)),
                        ("enabled_events", models.JSONField(default=list)),
                        ("authentication_type", models.CharField(default="NONE", max_length=6)),
                        ("authentication", models.TextField(blank=True)),
                        ("secret", models.TextField()),
                        ("previous_secret", models.TextField(blank=True)),
                        ("previous_secret_expires_at", models.DateTimeField(null=True)),
                        ("accepted_at", models.DateTimeField(null=True)),
                        ("is_accepting", models.BooleanField(default=True)),
                        ("created_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        (
                            "application",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="webhooks",
                                to="merchants.application",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at", "-id"],
                    },
                ),
                migrations.AddField(
                    model_name="delivery",
                    name="webhook",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="merchants.webhook",
                    ),
                ),
                migrations.AddIndex(
                    model_name="event",
                    index=models.Index(
                        fields=["environment", "-created_at", "-id"], name="event_by_age"
                    ),
                ),
                migrations.AddIndex(
                    model_name="event",
                    index=models.Index(
                        fields=["application", "-created_at", "-id"], name="event_of_application"
                    ),
                ),
                migrations.AddIndex(
                    model_name="event",
                    index=models.Index(fields=["created_at"], name="event_by_time"),
                ),
                migrations.AddConstraint(
                    model_name="formfile",
                    constraint=models.UniqueConstraint(
                        fields=("form", "which"), name="form_one_paper_of_each_kind"
                    ),
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
                    model_name="merchant",
                    index=models.Index(
                        fields=["environment", "-created_at", "-id"], name="merchant_newest"
                    ),
                ),
                migrations.AddIndex(
                    model_name="merchant",
                    index=models.Index(
                        fields=["application", "-created_at", "-id"], name="merchant_newest_of_app"
                    ),
                ),
                migrations.AddIndex(
                    model_name="merchant",
                    index=models.Index(
                        condition=models.Q(("scan_due_on__isnull", False)),
                        fields=["environment", "scan_due_on", "id"],
                        name="merchant_scan_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="merchant",
                    index=models.Index(
                        condition=models.Q(("scan_due_on__isnull", False)),
                        fields=["application", "scan_due_on", "id"],
                        name="merchant_scan_of_platform",
                    ),
                ),
                migrations.AddIndex(
                    model_name="file",
                    index=models.Index(
                        fields=["environment", "-created_at", "-id"], name="file_by_age"
                    ),
                ),
                migrations.AddIndex(
                    model_name="file",
                    index=models.Index(
                        fields=["application", "-created_at", "-id"], name="file_of_application"
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(fields=["environment", "-id"], name="form_by_number"),
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
                    index=models.Index(
                        fields=["environment", "-created_at", "-id"], name="saq_newest"
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(
                        fields=["environment", "state", "-created_at", "-id"],
                        name="saq_newest_of_state",
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(
                        fields=["application", "-created_at", "-id"], name="saq_newest_of_app"
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(
                        fields=["application", "state", "-created_at", "-id"],
                        name="saq_newest_of_both",
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(
                        fields=["application", "state", "-id"], name="form_of_platform"
                    ),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(fields=["environment", "updated_at"], name="form_by_change"),
                ),
                migrations.AddIndex(
                    model_name="complianceform",
                    index=models.Index(
                        fields=["application", "updated_at"], name="form_by_change_of_app"
                    ),
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
                migrations.AddIndex(
                    model_name="apiuser",
                    index=models.Index(
                        fields=["environment", "-created_at", "-id"], name="api_user_by_age"
                    ),
                ),
                migrations.AddIndex(
                    model_name="officialtext",
                    index=models.Index(fields=["line", "-id"], name="official_text_of_line"),
                ),
                migrations.AddIndex(
                    model_name="takenform",
                    index=models.Index(fields=["foreign_ref", "-id"], name="taken_form_by_ref"),
                ),
                migrations.AddIndex(
                    model_name="webhook",
                    index=models.Index(
                        fields=["environment", "-created_at", "-id"], name="webhook_by_age"
                    ),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(
                        fields=["webhook", "state", "next_at", "id"], name="delivery_that_is_due"
                    ),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(
                        fields=["webhook", "-created_at", "-id"], name="delivery_by_age"
                    ),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(
                        fields=["state", "-created_at", "-id"], name="delivery_newest_of_state"
                    ),
                ),
            ]
        )
    ]
