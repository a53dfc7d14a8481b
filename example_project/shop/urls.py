from __future__ import annotations

from django.urls import path

from . import views

app_name = "shop"
urlpatterns = [
    path("", views.start, name="start"),
    path("chat/<uuid:key>/", views.chat_page, name="chat"),
    path("chat/<uuid:key>/history/", views.history, name="history"),
    path("chat/<uuid:key>/files/<int:pk>/", views.attachment, name="attachment"),
]
