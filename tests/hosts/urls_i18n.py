"""A host that puts everything below the language."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = i18n_patterns(path("front/", include("django_front_channel.urls")))
