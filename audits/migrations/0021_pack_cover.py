import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audits", "0020_reverse_tests_append_only"),
        ("evidence", "0010_claim_retrieval_guarded"),
    ]

    operations = [
        migrations.CreateModel(
            name="PackCover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "manifest_sha256",
                    models.CharField(help_text="Of the manifest that it names", max_length=64),
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
    ]
