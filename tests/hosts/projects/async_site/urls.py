from django.urls import include, path

from tests.hosts.projects.async_site import views

urlpatterns = [
    path("front/", include("django_front_channel.urls")),
    path("customers/<slug:external_id>/", views.customer_writes),
    path("ignored/<slug:external_id>/", views.customer_writes_and_it_fails),
    path("names/<slug:external_id>/", views.ask_front),
]
