from django.urls import include, path, re_path

from tests.hosts.projects import desk

urlpatterns = [
    re_path(r"^pages/(?P<path>.*)$", desk.page),
    path("", include("tests.hosts.projects.urls")),
    re_path(r"^(?P<path>.*)$", desk.page),
]
