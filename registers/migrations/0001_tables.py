import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from controls.tables_at_once import CreateTables


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("registers", "0001_initial"),
        ("registers", "0002_append_only"),
        ("registers", "0003_arrivals"),
    ]

    dependencies = [
        ("evidence", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="DraftFile",
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
                        ("question", models.CharField(max_length=40)),
                        ("filename", models.CharField(max_length=200)),
                        ("size", models.PositiveBigIntegerField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("wrapped_key", models.BinaryField()),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="Campaign",
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
                        ("number", models.PositiveIntegerField(unique=True)),
                        (
                            "ref",
                            models.CharField(max_length=20, unique=True, verbose_name="reference"),
                        ),
                        ("kind", models.CharField(max_length=40)),
                        ("title", models.CharField(max_length=200)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("closed", "Closed"),
                                    ("withdrawn", "Withdrawn"),
                                ],
                                default="open",
                                max_length=9,
                            ),
                        ),
                        ("columns", models.JSONField(default=dict)),
                        ("row_count", models.PositiveIntegerField()),
                        ("line_count", models.PositiveIntegerField()),
                        ("left_out", models.JSONField(default=dict)),
                        ("due_on", models.DateField()),
                        ("opened_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(null=True)),
                        (
                            "closed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                            "ledger_entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.ledgerentry",
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "population",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="campaigns",
                                to="evidence.evidence",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                    },
                ),
                migrations.CreateModel(
                    name="CampaignChange",
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
                        ("due_before", models.DateField(null=True)),
                        ("due_after", models.DateField(null=True)),
                        ("reason", models.TextField()),
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
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="changes",
                                to="registers.campaign",
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
                    name="CampaignLine",
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
                        ("key", models.CharField(max_length=300)),
                        ("key_digest", models.CharField(max_length=64)),
                        ("label", models.CharField(blank=True, max_length=200)),
                        ("system", models.CharField(max_length=200)),
                        ("person", models.TextField(blank=True)),
                        ("owner", models.TextField(blank=True)),
                        ("rights", models.TextField(blank=True)),
                        ("secret", models.TextField(blank=True)),
                        ("values", models.JSONField(default=dict)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("decided", "Decided"),
                                    ("unproved", "Not yet proved"),
                                    ("proved", "Proved"),
                                ],
                                default="open",
                                max_length=8,
                            ),
                        ),
                        (
                            "decision",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("keep", "Keep"),
                                    ("reduce", "Reduce"),
                                    ("rotate", "Rotate"),
                                    ("revoke", "Revoke"),
                                ],
                                max_length=6,
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("followed_words", models.CharField(blank=True, max_length=300)),
                        ("done_on", models.DateField(null=True)),
                        (
                            "campaign",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="registers.campaign",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "followed_in",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
                            ),
                        ),
                        (
                            "reviewer",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["campaign", "number"],
                    },
                ),
                migrations.CreateModel(
                    name="CampaignDecision",
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
                                choices=[
                                    ("keep", "Keep"),
                                    ("reduce", "Reduce"),
                                    ("rotate", "Rotate"),
                                    ("revoke", "Revoke"),
                                ],
                                max_length=6,
                            ),
                        ),
                        ("reason", models.TextField()),
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
                            "line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decisions",
                                to="registers.campaignline",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="CampaignProof",
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
                        ("done_on", models.DateField()),
                        ("words", models.CharField(max_length=300)),
                        ("reason", models.TextField(blank=True)),
                        ("at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
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
                            "line",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="proof",
                                to="registers.campaignline",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="DraftFilePart",
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
                        ("sealed", models.BinaryField()),
                        (
                            "file",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="parts",
                                to="registers.draftfile",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                    },
                ),
                migrations.CreateModel(
                    name="Entry",
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
                        ("register", models.CharField(max_length=40)),
                        ("number", models.PositiveBigIntegerField()),
                        (
                            "ref",
                            models.CharField(max_length=60, unique=True, verbose_name="reference"),
                        ),
                        ("title", models.CharField(max_length=200)),
                        ("key", models.CharField(max_length=64)),
                        ("values", models.JSONField(default=dict)),
                        ("due_on", models.DateField(null=True)),
                        ("is_active", models.BooleanField(default=True)),
                        ("version", models.PositiveIntegerField()),
                        ("created_at", models.DateTimeField()),
                        ("changed_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name_plural": "entries",
                        "ordering": ["-id"],
                        "indexes": [
                            models.Index(
                                fields=["register", "is_active", "-id", "title", "ref"],
                                name="register_newest",
                            ),
                            models.Index(
                                fields=["register", "-changed_at"], name="register_changed"
                            ),
                            models.Index(
                                fields=["register", "is_active", "due_on", "id"],
                                name="register_due",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("register", "key"), name="register_one_entry_per_key"
                            ),
                            models.UniqueConstraint(
                                fields=("register", "number"), name="register_entry_number"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EntryVersion",
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
                        ("values", models.JSONField(default=dict)),
                        ("is_active", models.BooleanField()),
                        ("reason", models.CharField(blank=True, max_length=300)),
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
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="registers.entry",
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
                        "ordering": ["entry", "-number"],
                    },
                ),
                migrations.CreateModel(
                    name="FormDraft",
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
                        ("kind", models.CharField(max_length=40)),
                        ("given", models.JSONField(default=dict)),
                        ("lines", models.PositiveSmallIntegerField(default=0)),
                        ("started_at", models.DateTimeField()),
                        ("changed_at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "supersedes",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-changed_at"],
                    },
                ),
                migrations.AddField(
                    model_name="draftfile",
                    name="draft",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="registers.formdraft",
                    ),
                ),
                migrations.CreateModel(
                    name="HandedForm",
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
                        ("kind", models.CharField(max_length=40)),
                        ("given", models.JSONField(default=dict)),
                        ("files", models.JSONField(default=dict)),
                        ("zone", models.CharField(max_length=60)),
                        ("code_digest", models.CharField(max_length=64)),
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
                            "evidence",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="handed_form",
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
                        "ordering": ["-id"],
                    },
                ),
                migrations.AddField(
                    model_name="formdraft",
                    name="handed",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registers.handedform",
                    ),
                ),
                migrations.CreateModel(
                    name="InputFile",
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
                        ("leg", models.CharField(max_length=60)),
                        ("day", models.DateField()),
                        ("filename", models.CharField(max_length=200)),
                        ("sha256", models.CharField(max_length=64)),
                        ("at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
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
                    name="InputWithdrawal",
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
                            "file",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="withdrawal",
                                to="registers.inputfile",
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
                    name="Reconciliation",
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
                        ("number", models.PositiveIntegerField(unique=True)),
                        (
                            "ref",
                            models.CharField(max_length=20, unique=True, verbose_name="reference"),
                        ),
                        ("title", models.CharField(max_length=200)),
                        ("account", models.CharField(max_length=120)),
                        ("currencies", models.JSONField(default=list)),
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
                        ("calendar", models.CharField(blank=True, max_length=60)),
                        ("daily_legs", models.JSONField(default=list)),
                        ("feeds", models.JSONField(default=dict)),
                        ("window_days", models.PositiveSmallIntegerField()),
                        ("due_days", models.PositiveSmallIntegerField()),
                        ("large", models.JSONField(default=dict)),
                        ("huge", models.JSONField(default=dict)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(null=True)),
                        ("defined_at", models.DateTimeField()),
                        (
                            "defined_by",
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
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                    },
                ),
                migrations.CreateModel(
                    name="MonthSignature",
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
                        ("month", models.DateField()),
                        ("facts", models.JSONField(default=dict)),
                        ("note", models.TextField()),
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
                            "evidence",
                            models.ForeignKey(
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
                            "reconciliation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="month_signatures",
                                to="registers.reconciliation",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="MatchingRules",
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
                        ("name", models.CharField(max_length=60)),
                        ("stated_version", models.PositiveIntegerField()),
                        (
                            "digest",
                            models.CharField(max_length=64, verbose_name="SHA-256 of the rules"),
                        ),
                        ("text", models.TextField()),
                        ("reason", models.TextField()),
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
                        (
                            "reconciliation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rules",
                                to="registers.reconciliation",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                    },
                ),
                migrations.AddField(
                    model_name="inputfile",
                    name="reconciliation",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="registers.reconciliation",
                    ),
                ),
                migrations.CreateModel(
                    name="Arrival",
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
                    name="ReconciliationChange",
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
                        ("before", models.JSONField(default=dict)),
                        ("after", models.JSONField(default=dict)),
                        ("reason", models.TextField()),
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
                        (
                            "reconciliation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="changes",
                                to="registers.reconciliation",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="ReconciliationRun",
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
                        ("day", models.DateField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("complete", "Complete"), ("failed", "Failed")],
                                max_length=8,
                            ),
                        ),
                        ("problem", models.TextField(blank=True)),
                        ("inputs_digest", models.CharField(max_length=64)),
                        ("output_digest", models.CharField(blank=True, max_length=64)),
                        ("facts", models.JSONField(default=dict)),
                        ("break_count", models.PositiveIntegerField(default=0)),
                        ("new_count", models.PositiveIntegerField(default=0)),
                        ("cleared_count", models.PositiveIntegerField(default=0)),
                        ("moved_queue", models.BooleanField(default=False)),
                        ("code_digest", models.CharField(max_length=64)),
                        ("started_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
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
                            "reconciliation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="runs",
                                to="registers.reconciliation",
                            ),
                        ),
                        (
                            "rules",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registers.matchingrules",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                    },
                ),
                migrations.CreateModel(
                    name="DaySignature",
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
                        ("day", models.DateField()),
                        ("note", models.TextField()),
                        ("is_late", models.BooleanField()),
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
                            "evidence",
                            models.ForeignKey(
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
                            "reconciliation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signatures",
                                to="registers.reconciliation",
                            ),
                        ),
                        (
                            "run",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signature",
                                to="registers.reconciliationrun",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="Break",
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
                        ("number", models.PositiveBigIntegerField()),
                        ("key", models.CharField(max_length=40)),
                        ("reason", models.CharField(max_length=40)),
                        ("comparison", models.CharField(max_length=60)),
                        ("facts", models.JSONField(default=dict)),
                        ("label", models.CharField(max_length=200)),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("amount", models.BigIntegerField(default=0)),
                        ("size", models.BigIntegerField(default=0)),
                        ("due_on", models.DateField(null=True)),
                        ("opened_on", models.DateField()),
                        ("closed_on", models.DateField(null=True)),
                        ("aged_from", models.DateField()),
                        ("read_from", models.DateField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("investigating", "Investigated"),
                                    ("proposed", "Waits for approval"),
                                    ("cleared", "Cleared by a run"),
                                    ("resolved", "Resolved"),
                                    ("accepted", "Accepted"),
                                    ("written_off", "Written off"),
                                ],
                                default="open",
                                max_length=13,
                            ),
                        ),
                        ("is_open", models.BooleanField(default=True)),
                        ("cause", models.TextField(blank=True)),
                        (
                            "proposal",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("resolved", "Resolve: it was put right"),
                                    ("accepted", "Accept: it is right as it stands"),
                                    ("written_off", "Write it off"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("resolution", models.TextField(blank=True)),
                        ("ticket", models.CharField(blank=True, max_length=200)),
                        ("steps", models.PositiveIntegerField(default=1)),
                        (
                            "owner",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reconciliation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="breaks",
                                to="registers.reconciliation",
                            ),
                        ),
                        (
                            "found_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registers.reconciliationrun",
                            ),
                        ),
                        (
                            "seen_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registers.reconciliationrun",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                    },
                ),
                migrations.CreateModel(
                    name="RegisterImport",
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
                        ("register", models.CharField(max_length=40)),
                        ("filename", models.CharField(max_length=200)),
                        ("uploaded_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("reading", "Being read"),
                                    ("refused", "Cannot be read"),
                                    ("ready", "Waits for you"),
                                    ("writing", "Being taken in"),
                                    ("done", "Taken in"),
                                    ("stopped", "Not taken in"),
                                ],
                                default="reading",
                                max_length=8,
                            ),
                        ),
                        ("problem", models.TextField(blank=True)),
                        ("counts", models.JSONField(default=dict)),
                        ("absent", models.JSONField(default=list)),
                        ("stand", models.TextField(blank=True)),
                        ("values_sha256", models.CharField(blank=True, max_length=64)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("size", models.BigIntegerField(default=0)),
                        ("wrapped_key", models.BinaryField(default=b"")),
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
                            "ledger_entry",
                            models.ForeignKey(
                                null=True,
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
                    name="ImportPart",
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
                        ("sealed", models.BinaryField()),
                        (
                            "imported",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="parts",
                                to="registers.registerimport",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                    },
                ),
                migrations.CreateModel(
                    name="ImportLine",
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
                        ("place", models.PositiveIntegerField()),
                        ("number", models.PositiveIntegerField()),
                        ("deed", models.CharField(max_length=8)),
                        ("said", models.CharField(max_length=200)),
                        ("ref", models.CharField(blank=True, max_length=60)),
                        ("problem", models.TextField(blank=True)),
                        ("differences", models.JSONField(default=list)),
                        ("values", models.JSONField(null=True)),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "entry",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="registers.entry",
                            ),
                        ),
                        (
                            "imported",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="registers.registerimport",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["place"],
                    },
                ),
                migrations.CreateModel(
                    name="Relation",
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
                        ("kind", models.CharField(max_length=40)),
                        ("target", models.CharField(max_length=64)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="relations",
                                to="registers.entry",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="RulesApproval",
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
                        ("note", models.TextField()),
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
                        (
                            "rules",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="approval",
                                to="registers.matchingrules",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="WriteOffLimit",
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
                        ("role", models.CharField(max_length=60)),
                        ("currency", models.CharField(max_length=3)),
                        ("of_one", models.BigIntegerField()),
                        ("of_month", models.BigIntegerField()),
                        ("reason", models.TextField()),
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
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="ArrivalPart",
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
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("arrival", "number"), name="arrival_part"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BreakEvent",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("found", "Found"),
                                    ("changed", "Found with another reason"),
                                    ("cleared", "Cleared"),
                                    ("reopened", "Opened again"),
                                    ("assigned", "Given to somebody"),
                                    ("explained", "Explained"),
                                    ("proposed", "Proposed"),
                                    ("approved", "Approved"),
                                    ("refused", "Not approved"),
                                ],
                                max_length=9,
                            ),
                        ),
                        ("day", models.DateField()),
                        ("word", models.CharField(blank=True, max_length=40)),
                        ("text", models.TextField(blank=True)),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("amount", models.BigIntegerField(default=0)),
                        ("change", models.SmallIntegerField(default=0)),
                        ("at", models.DateTimeField()),
                        (
                            "broken",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="events",
                                to="registers.break",
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                null=True,
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
                        "ordering": ["id"],
                        "indexes": [
                            models.Index(fields=["day", "change"], name="break_event_day"),
                            models.Index(fields=["word", "day"], name="break_event_word"),
                        ],
                    },
                ),
                migrations.AddIndex(
                    model_name="campaign",
                    index=models.Index(fields=["state", "-number"], name="campaign_by_state"),
                ),
                migrations.AddIndex(
                    model_name="campaignline",
                    index=models.Index(
                        fields=["campaign", "state", "number"], name="campaign_line_state"
                    ),
                ),
                migrations.AddIndex(
                    model_name="campaignline",
                    index=models.Index(
                        fields=["campaign", "reviewer", "state", "number"],
                        name="campaign_line_reviewer",
                    ),
                ),
                migrations.AddIndex(
                    model_name="campaignline",
                    index=models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["reviewer", "campaign", "number"],
                        name="campaign_line_waiting",
                    ),
                ),
                migrations.AddIndex(
                    model_name="campaignline",
                    index=models.Index(
                        condition=models.Q(("decision__in", ["", "keep"]), _negated=True),
                        fields=["campaign", "number"],
                        name="campaign_line_following",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="campaignline",
                    constraint=models.UniqueConstraint(
                        fields=("campaign", "number"), name="campaign_line_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="campaignline",
                    constraint=models.UniqueConstraint(
                        fields=("campaign", "key_digest"), name="campaign_line_key"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="draftfilepart",
                    constraint=models.UniqueConstraint(
                        fields=("file", "number"), name="form_file_part"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="entryversion",
                    constraint=models.UniqueConstraint(
                        fields=("entry", "number"), name="register_version_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="draftfile",
                    constraint=models.UniqueConstraint(
                        fields=("draft", "question"), name="form_file_per_question"
                    ),
                ),
                migrations.AddIndex(
                    model_name="handedform",
                    index=models.Index(fields=["kind", "-id"], name="form_newest"),
                ),
                migrations.AddIndex(
                    model_name="formdraft",
                    index=models.Index(
                        condition=models.Q(("handed__isnull", True)),
                        fields=["by", "-changed_at"],
                        name="form_draft_open",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="monthsignature",
                    constraint=models.UniqueConstraint(
                        fields=("reconciliation", "month"), name="month_signature_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchingrules",
                    constraint=models.UniqueConstraint(
                        fields=("reconciliation", "number"), name="matching_rules_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="matchingrules",
                    constraint=models.UniqueConstraint(
                        fields=("reconciliation", "digest"), name="matching_rules_digest"
                    ),
                ),
                migrations.AddIndex(
                    model_name="inputfile",
                    index=models.Index(
                        fields=["reconciliation", "day", "leg"], name="input_file_day"
                    ),
                ),
                migrations.AddIndex(
                    model_name="inputfile",
                    index=models.Index(
                        fields=["reconciliation", "sha256"], name="input_file_digest"
                    ),
                ),
                migrations.AddIndex(
                    model_name="arrival",
                    index=models.Index(fields=["reconciliation", "day", "-id"], name="arrival_day"),
                ),
                migrations.AddIndex(
                    model_name="reconciliationrun",
                    index=models.Index(
                        fields=["reconciliation", "-day", "-number"], name="reconciliation_day"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reconciliationrun",
                    constraint=models.UniqueConstraint(
                        fields=("reconciliation", "number"), name="reconciliation_run_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reconciliationrun",
                    constraint=models.UniqueConstraint(
                        fields=("reconciliation", "day", "rules", "inputs_digest"),
                        name="reconciliation_run_once",
                    ),
                ),
                migrations.AddIndex(
                    model_name="daysignature",
                    index=models.Index(fields=["day", "reconciliation"], name="day_signature"),
                ),
                migrations.AddIndex(
                    model_name="break",
                    index=models.Index(fields=["is_open", "aged_from", "number"], name="break_age"),
                ),
                migrations.AddIndex(
                    model_name="break",
                    index=models.Index(
                        fields=["reconciliation", "is_open", "aged_from", "number"],
                        name="break_queue",
                    ),
                ),
                migrations.AddIndex(
                    model_name="break",
                    index=models.Index(
                        fields=["owner", "is_open", "aged_from", "number"], name="break_owner"
                    ),
                ),
                migrations.AddIndex(
                    model_name="break",
                    index=models.Index(fields=["state", "aged_from", "number"], name="break_state"),
                ),
                migrations.AddIndex(
                    model_name="break",
                    index=models.Index(fields=["reconciliation", "closed_on"], name="break_closed"),
                ),
                migrations.AddConstraint(
                    model_name="break",
                    constraint=models.UniqueConstraint(
                        fields=("reconciliation", "key"), name="break_key"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="break",
                    constraint=models.UniqueConstraint(fields=("number",), name="break_number"),
                ),
                migrations.AddIndex(
                    model_name="registerimport",
                    index=models.Index(
                        fields=["by", "register", "-id"], name="register_imports_of"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importpart",
                    constraint=models.UniqueConstraint(
                        fields=("imported", "number"), name="register_import_part"
                    ),
                ),
                migrations.AddIndex(
                    model_name="importline",
                    index=models.Index(
                        fields=["imported", "deed", "place"], name="register_import_deed"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importline",
                    constraint=models.UniqueConstraint(
                        fields=("imported", "place"), name="register_import_line"
                    ),
                ),
                migrations.AddIndex(
                    model_name="relation",
                    index=models.Index(fields=["kind", "target", "-id"], name="register_named"),
                ),
                migrations.AddIndex(
                    model_name="writeofflimit",
                    index=models.Index(fields=["role", "currency", "-id"], name="write_off_limit"),
                ),
            ]
        )
    ]
