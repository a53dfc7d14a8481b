from __future__ import annotations

from django.contrib import admin

from .models import ChatMessage, Customer, StoppedNumber

admin.site.register([Customer, ChatMessage, StoppedNumber])
