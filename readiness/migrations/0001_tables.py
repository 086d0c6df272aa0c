import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from controls.tables_at_once import CreateTables


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("readiness", "0001_initial"),
        ("readiness", "0002_append_only"),
        ("readiness", "0003_buyer_questionnaires"),
        ("readiness", "0004_append_only_replies"),
    ]

    dependencies = [
        ("audits", "0001_tables"),
        ("registers", "0001_tables"),
        ("evidence", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="BuyerQuestion",
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
                        ("sheet", models.CharField(max_length=100)),
                        ("row", models.PositiveIntegerField()),
                        ("number", models.CharField(blank=True, max_length=120)),
                        ("text", models.TextField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "No proposal"),
                                    ("proposed", "Proposed"),
                                    ("answered", "Answered"),
                                    ("left", "Left unanswered"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("score", models.PositiveSmallIntegerField(default=0)),
                        ("wording", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ["questionnaire", "place"],
                    },
                ),
                migrations.CreateModel(
                    name="BuyerQuestionnaire",
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
                        ("buyer", models.CharField(max_length=200)),
                        ("sheets", models.JSONField(default=list)),
                        ("mapped", models.JSONField(default=list)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("mapping", "Columns to be confirmed"),
                                    ("proposing", "Answers are being looked for"),
                                    ("open", "Open"),
                                    ("refused", "Could not be read"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("problem", models.CharField(blank=True, max_length=500)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["-number"],
                    },
                ),
                migrations.CreateModel(
                    name="BuyerReply",
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
                        ("entry_version", models.PositiveIntegerField(null=True)),
                        ("short", models.CharField(blank=True, max_length=14)),
                        ("text", models.TextField(blank=True)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name_plural": "buyer replies",
                        "ordering": ["question", "-number"],
                    },
                ),
                migrations.CreateModel(
                    name="LearntWording",
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
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["pk"],
                    },
                ),
                migrations.CreateModel(
                    name="StepVersion",
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
                        ("step", models.CharField(max_length=80)),
                        ("number", models.PositiveIntegerField()),
                        ("due_on", models.DateField(null=True)),
                        ("is_ticked", models.BooleanField(default=False)),
                        ("note", models.CharField(blank=True, max_length=1000)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["step", "-number"],
                    },
                ),
                migrations.CreateModel(
                    name="Answer",
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
                        ("question", models.CharField(max_length=80)),
                        ("number", models.PositiveIntegerField()),
                        (
                            "value",
                            models.CharField(
                                choices=[
                                    ("yes", "Yes"),
                                    ("no", "No"),
                                    ("not_applicable", "Not applicable"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        ("backing", models.CharField(max_length=12)),
                        ("evidence", models.JSONField(default=list)),
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
                        "ordering": ["question", "-number"],
                    },
                ),
                migrations.AddField(
                    model_name="buyerquestion",
                    name="proposed",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registers.entry",
                    ),
                ),
                migrations.AddField(
                    model_name="buyerquestionnaire",
                    name="by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="buyerquestionnaire",
                    name="engagement",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audits.engagement",
                    ),
                ),
                migrations.AddField(
                    model_name="buyerquestionnaire",
                    name="ledger_entry",
                    field=models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evidence.ledgerentry",
                    ),
                ),
                migrations.AddField(
                    model_name="buyerquestionnaire",
                    name="original",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evidence.evidence",
                    ),
                ),
                migrations.AddField(
                    model_name="buyerquestion",
                    name="questionnaire",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questions",
                        to="readiness.buyerquestionnaire",
                    ),
                ),
                migrations.AddField(
                    model_name="buyerreply",
                    name="by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="buyerreply",
                    name="entry",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registers.entry",
                    ),
                ),
                migrations.AddField(
                    model_name="buyerreply",
                    name="ledger_entry",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evidence.ledgerentry",
                    ),
                ),
                migrations.AddField(
                    model_name="buyerreply",
                    name="question",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="readiness.buyerquestion",
                    ),
                ),
                migrations.AddField(
                    model_name="learntwording",
                    name="by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="learntwording",
                    name="entry",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registers.entry",
                    ),
                ),
                migrations.AddField(
                    model_name="learntwording",
                    name="ledger_entry",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evidence.ledgerentry",
                    ),
                ),
                migrations.AddField(
                    model_name="stepversion",
                    name="by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="stepversion",
                    name="ledger_entry",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evidence.ledgerentry",
                    ),
                ),
                migrations.AddField(
                    model_name="stepversion",
                    name="owner",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="answer",
                    constraint=models.UniqueConstraint(
                        fields=("question", "number"), name="readiness_answer_number"
                    ),
                ),
                migrations.AddIndex(
                    model_name="buyerquestion",
                    index=models.Index(
                        fields=["questionnaire", "state", "place"],
                        name="readiness_buyer_question_state",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="buyerquestion",
                    constraint=models.UniqueConstraint(
                        fields=("questionnaire", "place"), name="readiness_buyer_question_place"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="buyerreply",
                    constraint=models.UniqueConstraint(
                        fields=("question", "number"), name="readiness_buyer_reply_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="learntwording",
                    constraint=models.UniqueConstraint(
                        fields=("entry", "number"), name="readiness_learnt_wording_number"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="stepversion",
                    constraint=models.UniqueConstraint(
                        fields=("step", "number"), name="readiness_step_number"
                    ),
                ),
            ]
        )
    ]
