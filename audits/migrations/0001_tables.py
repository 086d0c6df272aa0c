import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from controls.tables_at_once import CreateTables


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("audits", "0001_initial"),
        ("audits", "0002_append_only"),
        ("audits", "0003_buyers"),
        ("audits", "0004_rooms"),
    ]

    dependencies = [
        ("accounts", "0003_zones_and_filters"),
        ("controls", "0002_append_only"),
        ("evidence", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Engagement",
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
                            models.CharField(
                                editable=False, max_length=20, unique=True, verbose_name="reference"
                            ),
                        ),
                        ("title", models.CharField(max_length=200)),
                        (
                            "type",
                            models.CharField(
                                choices=[
                                    ("soc2_type1", "SOC 2 Type 1"),
                                    ("soc2_type2", "SOC 2 Type 2"),
                                    ("soc1", "SOC 1"),
                                    ("pci", "PCI DSS"),
                                    ("internal", "Internal readiness"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "firm",
                            models.CharField(blank=True, max_length=200, verbose_name="audit firm"),
                        ),
                        ("window_from", models.DateField(verbose_name="observed from")),
                        ("window_to", models.DateField(verbose_name="observed to")),
                        ("fieldwork_from", models.DateField(blank=True, null=True)),
                        ("fieldwork_to", models.DateField(blank=True, null=True)),
                        (
                            "freeze_on",
                            models.DateField(
                                blank=True,
                                null=True,
                                verbose_name="scope may change until (last day)",
                            ),
                        ),
                        (
                            "room_until",
                            models.DateField(
                                blank=True, null=True, verbose_name="room open until (last day)"
                            ),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(default=django.utils.timezone.now, editable=False),
                        ),
                        ("closed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "framework",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="engagements",
                                to="controls.framework",
                            ),
                        ),
                        (
                            "previous",
                            models.ForeignKey(
                                blank=True,
                                help_text="The engagement of the period before, from which this one was rolled forward",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="following",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="Finding",
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
                        (
                            "ref",
                            models.CharField(max_length=40, unique=True, verbose_name="reference"),
                        ),
                        ("title", models.CharField(max_length=200)),
                        (
                            "subject_kind",
                            models.CharField(
                                choices=[
                                    ("occurrence", "Occurrence"),
                                    ("sample_item", "Sample item"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("subject_ref", models.CharField(max_length=200)),
                        ("control_ref", models.CharField(max_length=20, verbose_name="control")),
                        (
                            "expectation_slug",
                            models.CharField(max_length=80, verbose_name="expectation"),
                        ),
                        ("start", models.DateField(verbose_name="concerns from")),
                        ("end", models.DateField(verbose_name="concerns to")),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("check", "Check"),
                                    ("auditor", "Auditor"),
                                    ("own_test", "Own test"),
                                ],
                                max_length=10,
                                verbose_name="found by",
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="findings",
                                to="audits.engagement",
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
                                help_text="Empty: the machine itself",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="Assertion",
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
                        ("text", models.TextField()),
                        ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "ledger_entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.ledgerentry",
                            ),
                        ),
                        (
                            "written_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="assertions",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                    },
                ),
                migrations.CreateModel(
                    name="AssertionSignature",
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
                        ("text_sha256", models.CharField(max_length=64)),
                        (
                            "position",
                            models.CharField(
                                help_text="Of the signatory in the organisation", max_length=120
                            ),
                        ),
                        ("signed_on", models.DateField()),
                        ("signed_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "assertion",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="signature",
                                to="audits.assertion",
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
                            "signed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="BuyerAgreement",
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
                            "number",
                            models.PositiveIntegerField(unique=True, verbose_name="version"),
                        ),
                        ("text", models.TextField()),
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
                        "ordering": ["number"],
                    },
                ),
                migrations.CreateModel(
                    name="BuyerDecision",
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
                        ("reason", models.TextField(blank=True)),
                        ("ends_at", models.DateTimeField(null=True)),
                        (
                            "most_downloads",
                            models.PositiveSmallIntegerField(
                                default=0, verbose_name="downloads of each document"
                            ),
                        ),
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
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="BuyerDocument",
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
                        ("title", models.CharField(max_length=200)),
                        ("offered_at", models.DateTimeField()),
                        (
                            "withdrawn_at",
                            models.DateTimeField(blank=True, editable=False, null=True),
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
                            "offered_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["title", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="BuyerGrant",
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
                        ("digest", models.CharField(max_length=64, verbose_name="SHA-256")),
                        (
                            "decision",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="grants",
                                to="audits.buyerdecision",
                            ),
                        ),
                        (
                            "document",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="grants",
                                to="audits.buyerdocument",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="BuyerLink",
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
                        ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("ended_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "decision",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="links",
                                to="audits.buyerdecision",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="BuyerHandOut",
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
                            "copy_sha256",
                            models.CharField(
                                max_length=64, verbose_name="SHA-256 of the marked copy"
                            ),
                        ),
                        ("ip_address", models.CharField(max_length=60, verbose_name="address")),
                        ("user_agent", models.CharField(max_length=500, verbose_name="browser")),
                        ("at", models.DateTimeField()),
                        (
                            "grant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="hand_outs",
                                to="audits.buyergrant",
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
                            "link",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="audits.buyerlink",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "hand-out",
                        "verbose_name_plural": "hand-outs",
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="BuyerRequest",
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
                        ("name", models.CharField(max_length=120)),
                        ("company", models.CharField(max_length=120)),
                        ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                        ("purpose", models.TextField()),
                        (
                            "agreement_sha256",
                            models.CharField(
                                max_length=64, verbose_name="SHA-256 of the agreement"
                            ),
                        ),
                        (
                            "wanted",
                            models.JSONField(default=list, verbose_name="documents asked for"),
                        ),
                        ("ip_address", models.CharField(max_length=60, verbose_name="address")),
                        ("user_agent", models.CharField(max_length=500, verbose_name="browser")),
                        ("asked_at", models.DateTimeField()),
                        (
                            "agreement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="requests",
                                to="audits.buyeragreement",
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
                        "verbose_name": "request of a buyer",
                        "verbose_name_plural": "requests of buyers",
                        "ordering": ["-id"],
                    },
                ),
                migrations.AddField(
                    model_name="buyerdecision",
                    name="request",
                    field=models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision",
                        to="audits.buyerrequest",
                    ),
                ),
                migrations.CreateModel(
                    name="BuyerRevocation",
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
                            "decision",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="revocation",
                                to="audits.buyerdecision",
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
                    name="Draw",
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
                        (
                            "ref",
                            models.CharField(max_length=60, unique=True, verbose_name="reference"),
                        ),
                        ("method", models.CharField(max_length=12)),
                        ("size", models.PositiveIntegerField()),
                        ("nonce", models.CharField(max_length=100)),
                        ("seed", models.CharField(max_length=64)),
                        ("reason", models.TextField(blank=True)),
                        (
                            "record",
                            models.TextField(
                                help_text="Canonical JSON: inputs, algorithm, chosen rows"
                            ),
                        ),
                        ("record_sha256", models.CharField(max_length=64)),
                        ("drawn_at", models.DateTimeField()),
                        (
                            "drawn_by",
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
                    name="FindingScan",
                    fields=[
                        (
                            "engagement",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="finding_scan",
                                serialize=False,
                                to="audits.engagement",
                            ),
                        ),
                        (
                            "scope",
                            models.CharField(
                                help_text="Digest of what was in scope then", max_length=64
                            ),
                        ),
                        (
                            "seen",
                            models.PositiveBigIntegerField(
                                default=0, help_text="Key of the last result seen"
                            ),
                        ),
                        ("log_size", models.PositiveBigIntegerField(default=0)),
                    ],
                ),
                migrations.CreateModel(
                    name="DescriptionRevision",
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
                        ("section", models.CharField(max_length=3)),
                        ("number", models.PositiveIntegerField()),
                        ("text", models.TextField()),
                        ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "carried_from",
                            models.ForeignKey(
                                help_text="The text of the period before, which nobody has looked over since",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="audits.descriptionrevision",
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
                            "written_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="description",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["section", "number"],
                    },
                ),
                migrations.CreateModel(
                    name="BoundInvitation",
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
                            "role",
                            models.CharField(
                                choices=[("auditor", "Auditor"), ("observer", "Observer")],
                                default="auditor",
                                max_length=10,
                            ),
                        ),
                        ("access_until", models.DateField(verbose_name="access until (last day)")),
                        (
                            "invitation",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="bound_engagement",
                                to="accounts.invitation",
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
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invitations",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="AccessNote",
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
                            "what",
                            models.CharField(
                                choices=[("view", "Viewed"), ("download", "Downloaded")],
                                max_length=10,
                            ),
                        ),
                        ("subject", models.CharField(max_length=120)),
                        ("day", models.DateField()),
                        ("at", models.DateTimeField()),
                        (
                            "ledger_entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.ledgerentry",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="access_notes",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="EngagementCategory",
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
                        ("category", models.CharField(max_length=60)),
                        ("reason", models.TextField()),
                        (
                            "ground",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("required", "The framework requires it"),
                                    ("commitments", "Commitments to customers"),
                                    ("risk", "A risk of ours"),
                                    ("buyers", "Buyers ask for it"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="categories",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "engagement categories",
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="EngagementChange",
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
                            "what",
                            models.CharField(
                                choices=[
                                    ("window", "Observation window"),
                                    ("fieldwork", "Fieldwork"),
                                    ("freeze", "Freeze date"),
                                    ("room", "End of the room"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("before_from", models.DateField(null=True)),
                        ("before_to", models.DateField(null=True)),
                        ("after_from", models.DateField(null=True)),
                        ("after_to", models.DateField(null=True)),
                        ("reason", models.TextField()),
                        ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "changed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="changes",
                                to="audits.engagement",
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
                    name="EngagementMember",
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
                            "role",
                            models.CharField(
                                choices=[("auditor", "Auditor"), ("observer", "Observer")],
                                default="auditor",
                                max_length=10,
                            ),
                        ),
                        ("access_until", models.DateField(verbose_name="access until (last day)")),
                        (
                            "added_at",
                            models.DateTimeField(default=django.utils.timezone.now, editable=False),
                        ),
                        ("removed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "added_by",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="members",
                                to="audits.engagement",
                            ),
                        ),
                        (
                            "invited_with",
                            models.OneToOneField(
                                editable=False,
                                help_text="The invitation whose acceptance made this membership",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="member",
                                to="audits.boundinvitation",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="engagement_memberships",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="EvidenceRequest",
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
                        ("title", models.CharField(max_length=200)),
                        ("text", models.TextField(blank=True)),
                        (
                            "refs",
                            models.CharField(
                                blank=True, max_length=300, verbose_name="controls and criteria"
                            ),
                        ),
                        ("due", models.DateField(blank=True, null=True)),
                        (
                            "owner_role",
                            models.CharField(
                                blank=True,
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
                            "asked_for",
                            models.CharField(
                                choices=[("auditor", "Auditor"), ("staff", "Staff")],
                                editable=False,
                                max_length=8,
                                verbose_name="asked as",
                            ),
                        ),
                        (
                            "asked_at",
                            models.DateTimeField(default=django.utils.timezone.now, editable=False),
                        ),
                        (
                            "asked_by",
                            models.ForeignKey(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="requests",
                                to="audits.engagement",
                            ),
                        ),
                        (
                            "expectation",
                            models.ForeignKey(
                                blank=True,
                                help_text="From which entry of the catalogue it was made.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="controls.expectation",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["engagement", "number"],
                    },
                ),
                migrations.CreateModel(
                    name="FindingStanding",
                    fields=[
                        (
                            "finding",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="standing",
                                serialize=False,
                                to="audits.finding",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("responded", "Responded"),
                                    ("remediation", "Remediation"),
                                    ("retested", "Retested"),
                                    ("closed", "Closed"),
                                    ("reopened", "Reopened"),
                                    ("risk_accepted", "Risk accepted"),
                                ],
                                max_length=14,
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("deviation", "Deviation"),
                                    ("could_not_run", "Could not run"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("steps", models.PositiveIntegerField()),
                        (
                            "next_due",
                            models.DateField(help_text="Of the open corrective actions", null=True),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="FindingEntry",
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
                            "step",
                            models.PositiveIntegerField(
                                help_text="Place in the history, without a gap"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("opened", "Opened"),
                                    ("observed", "Observed"),
                                    ("revised", "Revised"),
                                    ("commented", "Commented"),
                                    ("responded", "Responded"),
                                    ("action_planned", "Action planned"),
                                    ("action_done", "Action done"),
                                    ("action_withdrawn", "Action withdrawn"),
                                    ("retested", "Retested"),
                                    ("closed", "Closed"),
                                    ("reopened", "Reopened"),
                                    ("risk_accepted", "Risk accepted"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("responded", "Responded"),
                                    ("remediation", "Remediation"),
                                    ("retested", "Retested"),
                                    ("closed", "Closed"),
                                    ("reopened", "Reopened"),
                                    ("risk_accepted", "Risk accepted"),
                                ],
                                help_text="State after this entry",
                                max_length=14,
                            ),
                        ),
                        (
                            "side",
                            models.CharField(
                                choices=[
                                    ("system", "System"),
                                    ("management", "Management"),
                                    ("auditor", "Auditor"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "part",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("condition", "Condition"),
                                    ("cause", "Cause"),
                                    ("extent", "Extent"),
                                    ("effect", "Effect"),
                                    ("compensating", "Compensating control"),
                                    ("nature", "Isolated or systematic"),
                                    ("response", "Management response"),
                                    ("conclusion", "Conclusion"),
                                    ("report", "Report text"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("text", models.TextField(blank=True)),
                        (
                            "value",
                            models.CharField(
                                blank=True,
                                help_text="A word beside the text, such as agree or passed",
                                max_length=200,
                            ),
                        ),
                        (
                            "exceptions",
                            models.PositiveBigIntegerField(help_text="k of k of n", null=True),
                        ),
                        (
                            "population",
                            models.PositiveBigIntegerField(help_text="n of k of n", null=True),
                        ),
                        (
                            "action",
                            models.PositiveIntegerField(
                                help_text="Number of a corrective action", null=True
                            ),
                        ),
                        ("owner", models.CharField(blank=True, max_length=120)),
                        ("due", models.DateField(null=True)),
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
                            "check_result",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.checkresult",
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
                            "finding",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="audits.finding",
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
                        "verbose_name_plural": "finding entries",
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="HolidayCalendar",
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
                        ("country", models.CharField(blank=True, max_length=10)),
                        ("region", models.CharField(blank=True, max_length=20)),
                        ("first", models.DateField(verbose_name="first day that it speaks of")),
                        ("last", models.DateField(verbose_name="last day that it speaks of")),
                        (
                            "days",
                            models.TextField(
                                help_text="Days without business, as ISO 8601 and divided by spaces"
                            ),
                        ),
                        ("recorded_at", models.DateTimeField()),
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
                    name="OccurrenceChange",
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
                                    ("skip", "Skipped"),
                                    ("move", "Due day moved"),
                                    ("withdrawal", "Withdrawn"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("start", models.DateField(verbose_name="first day")),
                        ("end", models.DateField(verbose_name="last day")),
                        (
                            "due",
                            models.DateField(blank=True, null=True, verbose_name="new due day"),
                        ),
                        ("reason", models.TextField()),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "expectation",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="changes",
                                to="controls.expectation",
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
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "withdraws",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="withdrawal",
                                to="audits.occurrencechange",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="Pack",
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
                        (
                            "selection",
                            models.TextField(
                                help_text="Canonical JSON: all that the pack says beyond its rows"
                            ),
                        ),
                        ("selection_digest", models.CharField(max_length=64)),
                        ("item_count", models.PositiveIntegerField()),
                        ("shortfall_count", models.PositiveIntegerField()),
                        ("as_of", models.DateTimeField()),
                        ("sealed_at", models.DateTimeField()),
                        (
                            "built_by",
                            models.ForeignKey(
                                help_text="Empty: on the machine itself",
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
                                related_name="+",
                                to="evidence.checkpoint",
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="packs",
                                to="audits.engagement",
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
                    name="PackAsk",
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
                        ("nonce", models.CharField(blank=True, max_length=100)),
                        (
                            "request",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pack_ask",
                                to="audits.evidencerequest",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="PackCover",
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
                            "manifest_sha256",
                            models.CharField(
                                help_text="Of the manifest that it names", max_length=64
                            ),
                        ),
                        ("signed_at", models.DateTimeField()),
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
                            "pack",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="cover",
                                to="audits.pack",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="PackFile",
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
                        ("sha256", models.CharField(max_length=64)),
                        ("size", models.PositiveBigIntegerField()),
                        ("stored_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
                            ),
                        ),
                        (
                            "pack",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="file",
                                to="audits.pack",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="PackStamps",
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
                            "tokens",
                            models.JSONField(
                                help_text="Keys of the tokens over its checkpoint, in their order in the pack"
                            ),
                        ),
                        (
                            "missing",
                            models.JSONField(
                                help_text="Authorities that gave none, each with the reason"
                            ),
                        ),
                        ("settled_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "pack",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="stamps",
                                to="audits.pack",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "pack stamps",
                    },
                ),
                migrations.CreateModel(
                    name="RequestEntry",
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
                                    ("asked", "asked"),
                                    ("answered", "answered"),
                                    ("returned", "returned it"),
                                    ("accepted", "accepted it"),
                                    ("withdrawn", "withdrew it"),
                                    ("commented", "commented"),
                                    ("changed", "changed it"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("text", models.TextField(blank=True)),
                        (
                            "side",
                            models.CharField(
                                choices=[("auditor", "Auditor"), ("staff", "Staff")], max_length=8
                            ),
                        ),
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
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="audits.evidencerequest",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "request entries",
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="AnswerItem",
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
                        ("digest", models.CharField(max_length=64, verbose_name="SHA-256")),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.evidence",
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="items",
                                to="audits.requestentry",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="RequestImport",
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
                        ("filename", models.CharField(max_length=200)),
                        ("lines", models.JSONField()),
                        ("plan_digest", models.CharField(max_length=64)),
                        ("read_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("applied_at", models.DateTimeField(null=True)),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ReverseTest",
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
                        (
                            "ref",
                            models.CharField(max_length=60, unique=True, verbose_name="reference"),
                        ),
                        (
                            "direction",
                            models.CharField(
                                choices=[
                                    ("completeness", "From the world into the list"),
                                    ("accuracy", "From the list to the source"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "offsets",
                            models.JSONField(
                                default=list, help_text="The byte at which each chosen row starts"
                            ),
                        ),
                        (
                            "record",
                            models.TextField(
                                help_text="Canonical JSON: what was looked up, or which rows"
                            ),
                        ),
                        ("record_sha256", models.CharField(max_length=64)),
                        ("made_at", models.DateTimeField()),
                        (
                            "ledger_entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.ledgerentry",
                            ),
                        ),
                        (
                            "made_by",
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
                    name="ReverseEntry",
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
                        (
                            "record",
                            models.TextField(
                                help_text="Canonical JSON: what the source showed of each row"
                            ),
                        ),
                        ("record_sha256", models.CharField(max_length=64)),
                        ("made_at", models.DateTimeField()),
                        (
                            "ledger_entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.ledgerentry",
                            ),
                        ),
                        (
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "test",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="audits.reversetest",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "reverse entries",
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="SampleAttribute",
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
                        ("letter", models.CharField(max_length=2)),
                        ("title", models.CharField(max_length=120)),
                        (
                            "draw",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="attributes",
                                to="audits.draw",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="SampleItem",
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
                        ("row", models.PositiveBigIntegerField()),
                        ("offset", models.PositiveBigIntegerField()),
                        (
                            "draw",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="items",
                                to="audits.draw",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["row"],
                    },
                ),
                migrations.CreateModel(
                    name="SealedPopulation",
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
                        (
                            "ref",
                            models.CharField(max_length=40, unique=True, verbose_name="reference"),
                        ),
                        ("period_from", models.DateField()),
                        ("period_to", models.DateField()),
                        ("row_count", models.PositiveBigIntegerField()),
                        (
                            "table_sha256",
                            models.CharField(max_length=64, verbose_name="SHA-256 of the table"),
                        ),
                        (
                            "record",
                            models.TextField(
                                help_text="Canonical JSON: definition, counts, gaps, tie-out"
                            ),
                        ),
                        ("record_sha256", models.CharField(max_length=64)),
                        ("sealed_at", models.DateTimeField()),
                        (
                            "control",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="controls.control",
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="populations",
                                to="audits.engagement",
                            ),
                        ),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sealed_populations",
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
                            "sealed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.AddField(
                    model_name="reversetest",
                    name="population",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reverse_tests",
                        to="audits.sealedpopulation",
                    ),
                ),
                migrations.CreateModel(
                    name="PopulationPart",
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
                        (
                            "table_sha256",
                            models.CharField(max_length=64, verbose_name="SHA-256 of the table"),
                        ),
                        ("row_count", models.PositiveBigIntegerField()),
                        (
                            "evidence",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sealed_parts",
                                to="evidence.evidence",
                            ),
                        ),
                        (
                            "population",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="parts",
                                to="audits.sealedpopulation",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                    },
                ),
                migrations.AddField(
                    model_name="draw",
                    name="population",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draws",
                        to="audits.sealedpopulation",
                    ),
                ),
                migrations.CreateModel(
                    name="SubPeriod",
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
                        ("title", models.CharField(max_length=60)),
                        ("ends_on", models.DateField()),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sub_periods",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["ends_on"],
                    },
                ),
                migrations.CreateModel(
                    name="SubserviceOrganisation",
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
                        ("name", models.CharField(max_length=120)),
                        ("services", models.TextField()),
                        (
                            "method",
                            models.CharField(
                                choices=[("carve_out", "Carve-out"), ("inclusive", "Inclusive")],
                                max_length=10,
                            ),
                        ),
                        (
                            "complementary_controls",
                            models.TextField(
                                blank=True,
                                help_text="What we assume that it does, one control on each line",
                            ),
                        ),
                        (
                            "monitoring",
                            models.TextField(blank=True, help_text="How we watch that it does"),
                        ),
                        ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("removed_at", models.DateTimeField(null=True)),
                        (
                            "added_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="organisations",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="TrustSwitch",
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
                        ("is_open", models.BooleanField()),
                        (
                            "contact",
                            models.EmailField(
                                blank=True, max_length=254, verbose_name="contact of buyers"
                            ),
                        ),
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
                        "verbose_name_plural": "trust switches",
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="UserEntityControl",
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
                        ("removed_at", models.DateTimeField(null=True)),
                        (
                            "criterion",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="controls.criterion",
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="user_entity_controls",
                                to="audits.engagement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                    },
                ),
                migrations.CreateModel(
                    name="UserEntityWording",
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
                        ("text", models.TextField()),
                        ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "control",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="wordings",
                                to="audits.userentitycontrol",
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
                            "written_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                    },
                ),
                migrations.CreateModel(
                    name="Walkthrough",
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
                        (
                            "ref",
                            models.CharField(max_length=40, unique=True, verbose_name="reference"),
                        ),
                        (
                            "result",
                            models.CharField(
                                choices=[
                                    ("as described", "Designed and implemented as described"),
                                    ("not as described", "Not as described"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "record",
                            models.TextField(
                                help_text="Canonical JSON: item, people asked, steps, result"
                            ),
                        ),
                        ("record_sha256", models.CharField(max_length=64)),
                        ("made_at", models.DateTimeField()),
                        (
                            "control",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="controls.control",
                            ),
                        ),
                        (
                            "engagement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="walkthroughs",
                                to="audits.engagement",
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
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="WorkSheetEntry",
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
                        (
                            "what",
                            models.CharField(
                                choices=[
                                    ("attributes", "Attributes chosen"),
                                    ("results", "Results recorded"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "record",
                            models.TextField(
                                help_text="Canonical JSON: what was chosen or recorded"
                            ),
                        ),
                        ("record_sha256", models.CharField(max_length=64)),
                        ("made_at", models.DateTimeField()),
                        (
                            "draw",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="audits.draw",
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
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "work sheet entries",
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="SampleResult",
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
                            "result",
                            models.CharField(
                                choices=[
                                    ("pass", "Pass"),
                                    ("deviation", "Deviation"),
                                    ("not applicable", "Not applicable"),
                                    ("not tested", "Not tested"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("note", models.TextField(blank=True)),
                        (
                            "attribute",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="results",
                                to="audits.sampleattribute",
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
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="results",
                                to="audits.sampleitem",
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="results",
                                to="audits.worksheetentry",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.AddField(
                    model_name="sampleattribute",
                    name="entry",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attributes",
                        to="audits.worksheetentry",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="buyerdocument",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("evidence",),
                        name="offered_once_at_a_time",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="buyergrant",
                    constraint=models.UniqueConstraint(
                        fields=("decision", "document"), name="granted_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="buyerrequest",
                    index=models.Index(fields=["email"], name="buyer_request_email"),
                ),
                migrations.AddConstraint(
                    model_name="engagement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("window_to__gte", models.F("window_from"))),
                        name="engagement_window_in_order",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="descriptionrevision",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "section", "number"), name="one_text_per_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="assertion",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "number"), name="one_assertion_per_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="accessnote",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("what", "view")),
                        fields=("engagement", "user", "subject", "day"),
                        name="one_view_per_day",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="engagementcategory",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "category"), name="one_reason_per_category"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="engagementmember",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("engagement", "user"),
                        name="one_membership_at_a_time",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="evidencerequest",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "number"), name="one_request_per_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="evidencerequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("owner__isnull", True), ("owner_role", ""), _connector="OR"
                        ),
                        name="request_has_one_owner",
                    ),
                ),
                migrations.AddIndex(
                    model_name="findingstanding",
                    index=models.Index(fields=["state", "-finding"], name="finding_state"),
                ),
                migrations.AddIndex(
                    model_name="findingstanding",
                    index=models.Index(fields=["next_due"], name="finding_due"),
                ),
                migrations.AddIndex(
                    model_name="finding",
                    index=models.Index(
                        fields=["engagement", "expectation_slug", "start"], name="finding_place"
                    ),
                ),
                migrations.AddIndex(
                    model_name="finding",
                    index=models.Index(fields=["control_ref", "-id"], name="finding_control"),
                ),
                migrations.AddConstraint(
                    model_name="finding",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "subject_kind", "subject_ref"),
                        name="one_finding_per_subject",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="finding",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "number"), name="one_finding_per_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="findingentry",
                    constraint=models.UniqueConstraint(
                        fields=("finding", "step"), name="one_finding_entry_per_step"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="findingentry",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("check_result__isnull", False)),
                        fields=("finding", "check_result"),
                        name="one_observation_per_result",
                    ),
                ),
                migrations.AddIndex(
                    model_name="occurrencechange",
                    index=models.Index(fields=["expectation", "end", "start"], name="change_days"),
                ),
                migrations.AddConstraint(
                    model_name="occurrencechange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("end__gte", models.F("start"))),
                        name="change_days_in_order",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="occurrencechange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("due__isnull", True), ("kind", "skip"), ("withdraws__isnull", True)
                            ),
                            models.Q(
                                ("due__isnull", False),
                                ("kind", "move"),
                                ("withdraws__isnull", True),
                            ),
                            models.Q(
                                ("due__isnull", True),
                                ("kind", "withdrawal"),
                                ("withdraws__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="change_says_what_it_is",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="pack",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "number"), name="one_pack_per_number"
                    ),
                ),
                migrations.AddIndex(
                    model_name="requestentry",
                    index=models.Index(fields=["request", "-id"], name="request_thread"),
                ),
                migrations.AddConstraint(
                    model_name="answeritem",
                    constraint=models.UniqueConstraint(
                        fields=("entry", "evidence"), name="answered_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reverseentry",
                    constraint=models.UniqueConstraint(
                        fields=("test", "number"), name="one_reverse_entry_per_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sampleitem",
                    constraint=models.UniqueConstraint(
                        fields=("draw", "row"), name="one_item_per_row"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sealedpopulation",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "number"), name="one_population_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reversetest",
                    constraint=models.UniqueConstraint(
                        fields=("population", "number"), name="one_reverse_test_per_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="populationpart",
                    constraint=models.UniqueConstraint(
                        fields=("population", "number"), name="one_part_per_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="populationpart",
                    constraint=models.UniqueConstraint(
                        fields=("population", "evidence"), name="one_part_per_item"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="draw",
                    constraint=models.UniqueConstraint(
                        fields=("population", "number"), name="one_draw_per_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="subperiod",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "ends_on"), name="one_end_per_part"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="subserviceorganisation",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("engagement", "name"),
                        name="one_organisation_per_name",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="userentitycontrol",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "number"), name="one_cuec_per_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="userentitywording",
                    constraint=models.UniqueConstraint(
                        fields=("control", "number"), name="one_wording_per_number"
                    ),
                ),
                migrations.AddIndex(
                    model_name="walkthrough",
                    index=models.Index(
                        fields=["engagement", "control"], name="walkthrough_of_control"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="walkthrough",
                    constraint=models.UniqueConstraint(
                        fields=("engagement", "number"), name="one_walkthrough_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="worksheetentry",
                    constraint=models.UniqueConstraint(
                        fields=("draw", "number"), name="one_entry_per_number"
                    ),
                ),
                migrations.AddIndex(
                    model_name="sampleresult",
                    index=models.Index(
                        fields=["item", "attribute", "-id"], name="sample_result_latest"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sampleresult",
                    constraint=models.UniqueConstraint(
                        fields=("entry", "item", "attribute"), name="one_result_per_entry"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sampleattribute",
                    constraint=models.UniqueConstraint(
                        fields=("draw", "letter"), name="one_attribute_per_letter"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sampleattribute",
                    constraint=models.UniqueConstraint(
                        fields=("draw", "title"), name="one_attribute_per_title"
                    ),
                ),
            ]
        )
    ]
