"""The app's admin pages, and pages of the same tables with Django's default settings."""

from django.contrib import admin
from django.db.models import Model
from django.urls import path

from django_front_channel.models import Message, OutboxEntry, WebhookEvent


class Stock(admin.AdminSite):
    """Pages with the columns and filters of the app's pages, newest first. All else is Django's default."""

    def take(self, model: type[Model]) -> None:
        ours = admin.site.get_model_admin(model)
        fields = {field.name for field in model._meta.fields} | {"pk"}
        columns = [name for name in ours.list_display if name in fields]
        settings = {"list_display": columns, "list_filter": ours.list_filter, "ordering": ("-pk",)}
        self.register(model, type("StockAdmin", (admin.ModelAdmin,), settings))


stock = Stock(name="stock")
for each in (Message, WebhookEvent, OutboxEntry):
    stock.take(each)

urlpatterns = [path("admin/", admin.site.urls), path("stock/", stock.urls)]
