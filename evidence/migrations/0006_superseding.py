from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0005_claim_facts_guarded")]

    operations = [
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(supersedes__isnull=False),
                fields=["supersedes"],
                name="evidence_superseding",
            ),
        ),
    ]
