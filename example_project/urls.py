"""The shop's pages, the admin, and the webhook URLs for Front."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("example_project.shop.urls")),
    path("front/", include("django_front_channel.urls")),
    path("admin/", admin.site.urls),
]
if settings.SHOP_IS_DEMO:
    # Anybody may read any phone here.
    urlpatterns.append(path("phone/", include("example_project.phone.urls")))
