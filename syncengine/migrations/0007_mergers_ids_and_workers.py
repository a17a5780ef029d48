from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("syncengine", "0006_no_double_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="heartbeat",
            name="worker",
            field=models.CharField(default="", max_length=100, unique=True),
        ),
        migrations.AddField(
            model_name="intent",
            name="remote_id",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="record",
            name="merged_into",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AlterField(
            model_name="contact",
            name="asked",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "nothing"),
                    ("link", "Link"),
                    ("apart", "Keep apart"),
                    ("create", "Create anyway"),
                    ("recreate", "Create again"),
                    ("retry", "Try again"),
                ],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("gone_at__isnull", False)),
                fields=["gone_at"],
                name="record_gone",
            ),
        ),
    ]
