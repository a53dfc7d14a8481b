from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("front_channel", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="outboxentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("call", "call to Front"),
                    ("deliver", "delivery to the customer"),
                    ("announce", "signal"),
                    ("process", "webhook event to process"),
                    ("receipt", "receipt of a delivery"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
    ]
