from __future__ import annotations

from django.urls import path

from . import views

app_name = "phone"
urlpatterns = [
    path("<str:number>/", views.phone, name="phone"),
    path("<str:number>/texts/", views.texts, name="texts"),
    path("<str:number>/switch/", views.switch, name="switch"),
]
