"""The host's URLs: the webhooks, and the admin as the page to log in at."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("front/", include("django_front_channel.urls")),
    path("admin/", admin.site.urls),
]
