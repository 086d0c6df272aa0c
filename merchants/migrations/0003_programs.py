import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0002_append_only"),
        ("merchants", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiUser",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(max_length=40, unique=True, verbose_name="reference")),
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
                (
                    "merchant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="merchants.merchant",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(
                        fields=["environment", "-created_at", "-id"], name="api_user_by_age"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(max_length=40, unique=True, verbose_name="reference")),
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
                "indexes": [
                    models.Index(fields=["environment", "-created_at", "-id"], name="event_by_age"),
                    models.Index(
                        fields=["application", "-created_at", "-id"], name="event_of_application"
                    ),
                    models.Index(fields=["created_at"], name="event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Prospect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(max_length=40, unique=True, verbose_name="reference")),
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
            name="File",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(max_length=40, unique=True, verbose_name="reference")),
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
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="linked_files",
                        to="merchants.merchant",
                    ),
                ),
                (
                    "paper",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="merchants.formfile",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(fields=["environment", "-created_at", "-id"], name="file_by_age"),
                    models.Index(
                        fields=["application", "-created_at", "-id"], name="file_of_application"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(max_length=40, unique=True, verbose_name="reference")),
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
                "indexes": [
                    models.Index(
                        fields=["environment", "-created_at", "-id"], name="webhook_by_age"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(max_length=40, unique=True, verbose_name="reference")),
                (
                    "kind",
                    models.CharField(
                        choices=[("UPLOAD", "Upload"), ("DOWNLOAD", "Download"), ("VIEW", "View")],
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
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(max_length=40, unique=True, verbose_name="reference")),
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
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="merchants.event",
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="merchants.webhook",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(
                        fields=["webhook", "state", "next_at", "id"], name="delivery_that_is_due"
                    ),
                    models.Index(fields=["webhook", "-created_at", "-id"], name="delivery_by_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
        migrations.AddIndex(
            model_name="complianceform",
            index=models.Index(fields=["environment", "-created_at", "-id"], name="saq_newest"),
        ),
        migrations.AddIndex(
            model_name="complianceform",
            index=models.Index(
                fields=["environment", "state", "-created_at", "-id"], name="saq_newest_of_state"
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
                fields=["application", "state", "-created_at", "-id"], name="saq_newest_of_both"
            ),
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
        # Papers that are there already stand among the files that programs see.
        migrations.RunSQL(
            """
            INSERT INTO merchants_file (
                ref, environment, application_id, merchant_id, is_of_identity, file_type,
                display_name, state, extension, tags, evidence_id, paper_id, created_at, updated_at
            )
            SELECT paper.ref, form.environment, form.application_id, form.merchant_id, FALSE,
                'PCI_DOCUMENT', 'SAQ ' || form.form_type || ', ' || paper.which, 'UPLOADED', 'pdf',
                '{}', paper.evidence_id, paper.id, paper.created_at, paper.created_at
            FROM merchants_formfile paper
            JOIN merchants_complianceform form ON form.id = paper.form_id
            """,
            migrations.RunSQL.noop,
        ),
    ]
