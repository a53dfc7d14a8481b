from __future__ import annotations

from django.contrib import admin

from .models import ChatMessage, Customer

admin.site.register([Customer, ChatMessage])
