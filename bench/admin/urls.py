"""The app's pages, and the same tables in pages with Django's own settings."""

from django.contrib import admin
from django.db.models import Model
from django.urls import path

from django_front_channel.models import Message, OutboxEntry, WebhookEvent


class Stock(admin.AdminSite):
    """Columns and filters of the app's pages, newest first; all else is as Django has it."""

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
