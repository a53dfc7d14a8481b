from django.urls import include, path

urlpatterns = [path("front/", include("django_front_channel.urls"))]
