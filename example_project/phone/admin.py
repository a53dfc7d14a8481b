from __future__ import annotations

from django.contrib import admin

from .models import Phone, Text

admin.site.register([Phone, Text])
