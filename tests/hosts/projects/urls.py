from django.urls import include, path

from tests.hosts.projects import desk

urlpatterns = [
    path("front/", include("django_front_channel.urls")),
    path("customers/<slug:external_id>/", desk.customer_writes),
    path("states/", desk.what_became_of_it),
    path("login/", desk.page, name="login"),
]
