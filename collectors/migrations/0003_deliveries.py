"""Notes of the webhooks that arrived."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collectors", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                    models.Index(fields=["source", "verdict", "at"], name="delivery_by_verdict"),
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
