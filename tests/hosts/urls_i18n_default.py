"""A host whose default language has no prefix."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = i18n_patterns(
    path("front/", include("django_front_channel.urls")), prefix_default_language=False
)
