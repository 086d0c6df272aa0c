import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from controls.tables_at_once import CreateTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("controls", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Blob",
                    fields=[
                        (
                            "sha256",
                            models.CharField(max_length=64, primary_key=True, serialize=False),
                        ),
                        ("size", models.PositiveBigIntegerField()),
                        ("stored_at", models.DateTimeField(auto_now_add=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Checkpoint",
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
                        ("size", models.PositiveBigIntegerField(unique=True)),
                        ("root", models.BinaryField()),
                        ("note", models.TextField()),
                        ("signed_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["-size"],
                    },
                ),
                migrations.CreateModel(
                    name="LogCheck",
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
                        ("started_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "size",
                            models.PositiveBigIntegerField(
                                help_text="Leaves that the log had at the start."
                            ),
                        ),
                        ("stage", models.CharField(blank=True, max_length=80)),
                        ("cursor", models.CharField(blank=True, max_length=80)),
                        ("done", models.PositiveBigIntegerField(default=0)),
                        ("problem_count", models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="LogHead",
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
                        ("size", models.PositiveBigIntegerField(default=0)),
                        ("evidence_count", models.PositiveBigIntegerField(default=0)),
                    ],
                ),
                migrations.CreateModel(
                    name="SigningLease",
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
                        ("holder", models.CharField(max_length=32)),
                        ("until", models.DateTimeField()),
                        (
                            "kept_size",
                            models.PositiveBigIntegerField(
                                default=0,
                                help_text="Size of the last checkpoint that was kept beside the key.",
                            ),
                        ),
                        (
                            "refusal",
                            models.TextField(
                                blank=True, help_text="Why the log was not signed when last asked."
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="BlobKey",
                    fields=[
                        (
                            "blob",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="key",
                                serialize=False,
                                to="evidence.blob",
                            ),
                        ),
                        ("location", models.CharField(max_length=200)),
                        (
                            "version",
                            models.CharField(
                                blank=True,
                                help_text="Version that the store gave the file.",
                                max_length=200,
                            ),
                        ),
                        ("wrapped_key", models.BinaryField()),
                        (
                            "key_id",
                            models.CharField(
                                blank=True,
                                help_text="The wrapping key; empty once shredded.",
                                max_length=16,
                            ),
                        ),
                        (
                            "locked_until",
                            models.DateField(
                                blank=True,
                                help_text="Day until which the store refuses to remove the file.",
                                null=True,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="LedgerEntry",
                    fields=[
                        (
                            "index",
                            models.PositiveBigIntegerField(primary_key=True, serialize=False),
                        ),
                        ("kind", models.CharField(max_length=40)),
                        ("subject", models.CharField(max_length=120)),
                        ("actor", models.CharField(max_length=120)),
                        ("leaf", models.TextField()),
                        ("leaf_hash", models.BinaryField()),
                        ("recorded_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name_plural": "ledger entries",
                        "ordering": ["index"],
                        "indexes": [
                            models.Index(fields=["subject", "kind"], name="ledger_subject")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="KeyProposal",
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
                            "deed",
                            models.CharField(
                                choices=[
                                    ("rotate", "Put a new key in place"),
                                    ("revoke", "Revoke a key"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "vkey",
                            models.TextField(
                                help_text="The key that it is about, as a verifier key."
                            ),
                        ),
                        ("reason", models.TextField()),
                        (
                            "overlap_days",
                            models.PositiveSmallIntegerField(
                                default=0,
                                help_text="So many days the old key signs beside the new one.",
                            ),
                        ),
                        (
                            "keeps_old",
                            models.BooleanField(
                                default=False,
                                help_text="Whether the old private key is moved aside, not destroyed.",
                            ),
                        ),
                        ("compromised_at", models.DateTimeField(blank=True, null=True)),
                        ("proposed_at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
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
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="KeyDecision",
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
                            "outcome",
                            models.CharField(
                                choices=[("confirmed", "Confirmed"), ("declined", "Declined")],
                                max_length=10,
                            ),
                        ),
                        (
                            "event",
                            models.TextField(blank=True, help_text="Canonical JSON of the event."),
                        ),
                        ("reason", models.TextField()),
                        ("decided_at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "proposal",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decision",
                                to="evidence.keyproposal",
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
                    name="Evidence",
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
                            models.CharField(max_length=20, unique=True, verbose_name="reference"),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("title", models.CharField(max_length=200)),
                        ("evidence_type", models.CharField(max_length=60)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("state", "State at a moment"),
                                    ("event", "Events of a period"),
                                    ("document", "Document"),
                                ],
                                max_length=10,
                            ),
                        ),
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
                        ("owner", models.CharField(blank=True, max_length=120)),
                        (
                            "sensitivity",
                            models.CharField(
                                choices=[
                                    ("public", "Public"),
                                    ("internal", "Internal"),
                                    ("confidential", "Confidential"),
                                    ("restricted", "Restricted"),
                                ],
                                default="internal",
                                max_length=12,
                            ),
                        ),
                        ("source_system", models.CharField(max_length=200)),
                        (
                            "environment",
                            models.CharField(
                                choices=[
                                    ("production", "Production"),
                                    ("test", "Test"),
                                    ("corporate", "Corporate"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("covers_from", models.DateField()),
                        ("covers_to", models.DateField()),
                        ("collected_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField(db_index=True)),
                        ("filename", models.CharField(max_length=200)),
                        ("media_type", models.CharField(max_length=100)),
                        (
                            "run_ref",
                            models.CharField(
                                blank=True, max_length=80, verbose_name="collector run"
                            ),
                        ),
                        (
                            "handling",
                            models.JSONField(
                                help_text="Steps after the export, and what was seen when it was taken",
                                null=True,
                            ),
                        ),
                        ("metadata_digest", models.CharField(max_length=64)),
                        (
                            "blob",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.blob",
                            ),
                        ),
                        (
                            "prepared_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "related_risk",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="controls.risk",
                            ),
                        ),
                        (
                            "supersedes",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="superseded_by",
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
                    ],
                    options={
                        "verbose_name_plural": "evidence",
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="CheckResult",
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
                        ("check_digest", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("passed", "Passed"),
                                    ("failed", "Exceptions found"),
                                    ("error", "Could not run"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("population_count", models.PositiveBigIntegerField(null=True)),
                        ("exception_count", models.PositiveBigIntegerField(null=True)),
                        ("exceptions", models.JSONField(default=dict)),
                        ("error", models.TextField(blank=True)),
                        ("ran_at", models.DateTimeField()),
                        (
                            "check_ref",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="results",
                                to="controls.check",
                            ),
                        ),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="check_results",
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
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerNode",
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
                        ("level", models.PositiveSmallIntegerField()),
                        ("index", models.PositiveBigIntegerField()),
                        ("hash", models.BinaryField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("level", "index"), name="ledger_node_place"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LegalHold",
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
                        ("reason", models.TextField()),
                        ("placed_at", models.DateTimeField()),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="holds",
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
                            "placed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="LogProblem",
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
                        ("stage", models.CharField(max_length=80)),
                        ("subject", models.CharField(max_length=120)),
                        ("sentence", models.TextField()),
                        ("found_at", models.DateTimeField()),
                        (
                            "check_ref",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="problems",
                                to="evidence.logcheck",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="LogRestart",
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
                        ("given_size", models.PositiveBigIntegerField()),
                        ("given_note", models.TextField(blank=True)),
                        ("found_size", models.PositiveBigIntegerField()),
                        ("found_root", models.BinaryField()),
                        ("reason", models.TextField()),
                        ("decided_at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
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
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="Population",
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
                        ("columns", models.JSONField()),
                        ("row_count", models.PositiveBigIntegerField()),
                        ("control_totals", models.JSONField()),
                        ("ipe", models.JSONField(verbose_name="IPE record")),
                        (
                            "evidence",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="population",
                                to="evidence.evidence",
                            ),
                        ),
                        (
                            "table",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.blob",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Quarantined",
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
                        (
                            "size",
                            models.PositiveBigIntegerField(
                                help_text="Bytes of the file as it came."
                            ),
                        ),
                        ("filename", models.CharField(max_length=200)),
                        ("title", models.CharField(max_length=200)),
                        ("findings", models.JSONField()),
                        ("description", models.JSONField()),
                        ("sender", models.CharField(max_length=120)),
                        ("idempotency_key", models.CharField(blank=True, max_length=200)),
                        ("received_at", models.DateTimeField()),
                        (
                            "blob",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.blob",
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
                            "sent_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "table",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.blob",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "quarantine",
                        "ordering": ["-number"],
                    },
                ),
                migrations.CreateModel(
                    name="QuarantineDecision",
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
                            "deed",
                            models.CharField(
                                choices=[
                                    ("released", "Released"),
                                    ("redacted", "Redacted"),
                                    ("destroyed", "Destroyed"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("decided_at", models.DateTimeField()),
                        ("removed", models.JSONField(default=list)),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "evidence",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="quarantine_decision",
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
                            "quarantined",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decisions",
                                to="evidence.quarantined",
                            ),
                        ),
                        (
                            "salts",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.blob",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="RetentionDecision",
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
                        ("is_approved", models.BooleanField()),
                        ("note", models.TextField(blank=True)),
                        ("decided_at", models.DateTimeField()),
                        (
                            "decided_by",
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
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="Disposal",
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
                            "blob",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="disposals",
                                to="evidence.blob",
                            ),
                        ),
                        (
                            "decision",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="disposals",
                                to="evidence.retentiondecision",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="RetentionProposal",
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
                            "deed",
                            models.CharField(
                                choices=[
                                    ("lift", "Lift the legal hold"),
                                    ("dispose", "Dispose of the content"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("proposed_at", models.DateTimeField()),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="retention_proposals",
                                to="evidence.evidence",
                            ),
                        ),
                        (
                            "hold",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="proposals",
                                to="evidence.legalhold",
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
                            "proposed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.AddField(
                    model_name="retentiondecision",
                    name="proposal",
                    field=models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision",
                        to="evidence.retentionproposal",
                    ),
                ),
                migrations.CreateModel(
                    name="Review",
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
                            "decision",
                            models.CharField(
                                choices=[("accepted", "Accepted"), ("returned", "Returned")],
                                max_length=10,
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        (
                            "digest",
                            models.CharField(max_length=64, verbose_name="SHA-256 reviewed"),
                        ),
                        ("decided_at", models.DateTimeField()),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reviews",
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
                            "reviewer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="TimeStamp",
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
                        ("authority", models.CharField(max_length=200)),
                        ("token", models.BinaryField()),
                        ("stated_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField()),
                        (
                            "checkpoint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="time_stamps",
                                to="evidence.checkpoint",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="Cosignature",
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
                        ("witness", models.CharField(max_length=200)),
                        ("vkey", models.TextField()),
                        (
                            "line",
                            models.TextField(
                                help_text="The signature line, as it stands in a note."
                            ),
                        ),
                        ("stated_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "checkpoint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="cosignatures",
                                to="evidence.checkpoint",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("checkpoint", "witness", "vkey"),
                                name="cosigned_once_by_each",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Deposit",
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
                        ("place", models.CharField(max_length=20)),
                        ("where", models.CharField(max_length=200)),
                        ("is_done", models.BooleanField()),
                        ("receipt", models.CharField(blank=True, max_length=400)),
                        ("error", models.TextField(blank=True)),
                        ("tried_at", models.DateTimeField()),
                        (
                            "checkpoint",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deposits",
                                to="evidence.checkpoint",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                        "indexes": [
                            models.Index(
                                fields=["place", "is_done", "-id"], name="deposit_by_place"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_done", True)),
                                fields=("checkpoint", "place"),
                                name="deposit_done_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Claim",
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
                        ("covers_from", models.DateField()),
                        ("covers_to", models.DateField()),
                        ("is_partial", models.BooleanField(default=False)),
                        (
                            "number",
                            models.PositiveBigIntegerField(
                                help_text="Number of the version, as in its reference."
                            ),
                        ),
                        (
                            "received_us",
                            models.BigIntegerField(
                                help_text="Microseconds from 1970 to its receipt."
                            ),
                        ),
                        (
                            "collected_us",
                            models.BigIntegerField(
                                help_text="Microseconds from 1970 to its retrieval."
                            ),
                        ),
                        (
                            "expectation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="claims",
                                to="controls.expectation",
                            ),
                        ),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="claims",
                                to="evidence.evidence",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=[
                                    "expectation",
                                    "covers_to",
                                    "covers_from",
                                    "number",
                                    "received_us",
                                    "collected_us",
                                    "is_partial",
                                ],
                                name="claim_facts",
                            ),
                            models.Index(
                                condition=models.Q(("is_partial", True)),
                                fields=["evidence"],
                                name="claim_partial",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("expectation", "evidence"), name="claim_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EvidenceTag",
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
                        ("key", models.CharField(max_length=40)),
                        ("value", models.CharField(blank=True, max_length=500)),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tags",
                                to="evidence.evidence",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["key"],
                        "indexes": [
                            models.Index(fields=["key", "value", "-evidence"], name="tag_sought")
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("evidence", "key"), name="tag_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="IntakeKey",
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
                        ("sender", models.CharField(max_length=120)),
                        ("key", models.CharField(max_length=200)),
                        ("request_digest", models.CharField(max_length=64)),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("sender", "key"), name="intake_key_once"
                            )
                        ],
                    },
                ),
                migrations.AddIndex(
                    model_name="evidence",
                    index=models.Index(fields=["area", "-id"], name="evidence_area"),
                ),
                migrations.AddIndex(
                    model_name="evidence",
                    index=models.Index(fields=["evidence_type", "-id"], name="evidence_type"),
                ),
                migrations.AddIndex(
                    model_name="evidence",
                    index=models.Index(fields=["run_ref"], name="evidence_run"),
                ),
                migrations.AddIndex(
                    model_name="evidence",
                    index=models.Index(
                        condition=models.Q(("supersedes__isnull", False)),
                        fields=["supersedes"],
                        name="evidence_superseding",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="evidence",
                    constraint=models.UniqueConstraint(
                        fields=("uid", "version"), name="evidence_version"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="evidence",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("covers_to__gte", models.F("covers_from"))),
                        name="evidence_period_in_order",
                    ),
                ),
                migrations.AddIndex(
                    model_name="checkresult",
                    index=models.Index(
                        condition=models.Q(("state__in", ["failed", "error"])),
                        fields=["evidence"],
                        name="check_result_not_passed",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="checkresult",
                    constraint=models.UniqueConstraint(
                        fields=("evidence", "check_ref", "check_digest"), name="check_result_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="quarantined",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("idempotency_key", ""), _negated=True),
                        fields=("sender", "idempotency_key"),
                        name="quarantined_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="quarantinedecision",
                    constraint=models.UniqueConstraint(
                        fields=("quarantined", "deed"), name="quarantine_deed_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="disposal",
                    constraint=models.UniqueConstraint(
                        fields=("blob", "decision"), name="disposal_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="review",
                    index=models.Index(fields=["decision", "evidence"], name="review_by_decision"),
                ),
                migrations.AddIndex(
                    model_name="review",
                    index=models.Index(
                        condition=models.Q(("decision", "returned")),
                        fields=["evidence"],
                        name="review_returned",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="timestamp",
                    constraint=models.UniqueConstraint(
                        fields=("checkpoint", "authority"), name="time_stamp_once"
                    ),
                ),
            ]
        )
    ]
