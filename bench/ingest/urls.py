from django.urls import include, path

from bench.ingest.byhand import views

urlpatterns = [
    path("bare/", views.bare),
    path("byhand/<str:webhook_key>/", views.channel_webhook),
    path("front/", include("django_front_channel.urls")),
]
