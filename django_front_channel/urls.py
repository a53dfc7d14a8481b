"""Webhook URLs, with and without the trailing slash, because a redirect would lose Front's POST."""

from __future__ import annotations

from django.urls import path

from django_front_channel.webhooks.views import app_webhook, channel_webhook

app_name = "front_channel"
urlpatterns = [
    path("<slug:app>/", app_webhook, name="app_webhook"),
    path("<slug:app>", app_webhook),
    path("<slug:app>/<slug:webhook_key>/", channel_webhook, name="channel_webhook"),
    path("<slug:app>/<slug:webhook_key>", channel_webhook),
]
