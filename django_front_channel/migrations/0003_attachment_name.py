from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("front_channel", "0002_receipts")]

    operations = [
        migrations.AlterModelOptions(
            name="attachment",
            options={
                "base_manager_name": "objects",
                "ordering": ("message", "position"),
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
            },
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["name"], name="fc_attachment_name"),
        ),
    ]
