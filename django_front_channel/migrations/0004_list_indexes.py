"""Lists by channel and by state find their rows by an index; those that others begin with go."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("front_channel", "0003_attachment_name")]

    operations = [
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["channel", "id"], name="fc_conversation_channel"),
        ),
        migrations.AddIndex(
            model_name="externalconversation",
            index=models.Index(fields=["channel", "id"], name="fc_external_channel"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["channel", "id"], name="fc_message_channel"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["channel", "state", "id"], name="fc_message_channel_state"),
        ),
        migrations.AddIndex(
            model_name="outboxentry",
            index=models.Index(fields=["state", "id"], name="fc_entry_state"),
        ),
        migrations.AddIndex(
            model_name="outboxentry",
            index=models.Index(fields=["channel", "state", "id"], name="fc_entry_channel_state"),
        ),
        migrations.AddIndex(
            model_name="outboxlane",
            index=models.Index(fields=["channel", "id"], name="fc_lane_channel"),
        ),
        migrations.AddIndex(
            model_name="webhookevent",
            index=models.Index(fields=["channel", "state", "id"], name="fc_event_channel_state"),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="channel",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conversations",
                to="front_channel.channel",
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="externalconversation",
            name="channel",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="external_conversations",
                to="front_channel.channel",
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="channel",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="front_channel.channel",
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="external_conversation",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                help_text="Empty only while a new thread's first message waits for the worker.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="front_channel.externalconversation",
                verbose_name="external conversation",
            ),
        ),
        migrations.AlterField(
            model_name="outboxentry",
            name="channel",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="outbox_entries",
                to="front_channel.channel",
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="outboxlane",
            name="channel",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="outbox_lanes",
                to="front_channel.channel",
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="webhookevent",
            name="channel",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="webhook_events",
                to="front_channel.channel",
                verbose_name="channel",
            ),
        ),
    ]
