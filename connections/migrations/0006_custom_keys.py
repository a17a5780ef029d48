from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0005_rules_mappings_and_votes"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="custom_keys",
            field=models.JSONField(blank=True, default=list, editable=False),
        ),
    ]
