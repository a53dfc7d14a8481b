"""The base of all pages: fast lists, search by whole ids, no deletion, and actions on the page of a row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_permission_codename
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from django_front_channel.admin.row_actions import Operation, without_transaction
from django_front_channel.admin.verb_actions import verb_actions
from django_front_channel.models import Channel

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    RowPaginator = Paginator[Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
    RowPaginator = Paginator


MOST_COUNTED = 10_000
VIEW_RAW = "front_channel.view_raw"

# The lookups that Django's list filters add to the name of a field in the URL.
FILTER_LOOKUPS = ("", "__exact", "__id__exact", "__isnull", "__isempty")

Searches = Sequence[QuerySet[Any]]


class BoundedPaginator(RowPaginator):
    """Counts and shows at most 10,000 rows, because counting a large table takes longer than reading a page."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # a list of the admin pages a queryset
        # Keep the order. Without one, PostgreSQL may read the table instead of an index.
        return rows[:MOST_COUNTED].count()


class LightChangeList(ChangeList):
    """A list that first reads the keys of a page from an index, and then the rows, without the large fields.

    If PostgreSQL selects whole rows, newest first, it may read the table backwards until it has found enough matching
    rows. If these are old, it reads the whole table.
    """

    model_admin: RowAdmin

    @property
    def has_more(self) -> bool:
        """Whether there may be more rows than were counted."""
        return self.result_count >= MOST_COUNTED

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = self.result_list.prefetch_related(None).values_list("pk", flat=True)
        page = self.root_queryset.filter(pk__in=list(keys))
        self.result_list = self._light(page.order_by(*self.queryset.query.order_by))

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        # A no-op filter that stops MariaDB from choosing index_merge.
        rows = super().get_queryset(request, *args, **kwargs).filter(pk__gt=0)
        return self._light(rows)

    def _light(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        light = self.apply_select_related(rows).defer(*self.model_admin.heavy_fields)
        return light.prefetch_related(*self.model_admin.list_prefetch)


def in_any_channel() -> Q:
    """Return a filter for every channel. With it, a search can use an index that begins with the channel."""
    return Q(channel__in=list(Channel.objects.values_list("pk", flat=True)))


def keys_of(searches: Searches) -> list[int]:
    """Return the primary keys that these searches find.

    In a UNION, each search uses its own index. With an OR, SQLite would use none of them.
    """
    first, *others = (rows.values_list("pk", flat=True) for rows in searches)
    return list(first.union(*others))


def visible(fields: Any, raw_fields: Sequence[str], request: HttpRequest) -> list[str]:
    """Return the fields that this user may see. Fields with raw data need the permission ``view_raw``."""
    hidden = () if request.user.has_perm(VIEW_RAW) else raw_fields
    return [name for name in fields if name not in hidden]


class RowAdmin(ModelAdmin):
    """A page of rows that cannot be deleted here, with actions.

    The actions are ``operations`` and the verbs of the catalogue. They need the change permission, even if the row
    itself is read-only.
    """

    show_full_result_count = False
    list_per_page = 50
    paginator = BoundedPaginator
    heavy_fields: tuple[str, ...] = ()
    raw_fields: ClassVar[tuple[str, ...]] = ()
    # The lookups that our own links to the list use, besides those of its filters.
    linked_lookups: ClassVar[tuple[str, ...]] = ()
    # Relations to prefetch, not to join: MariaDB would begin with the small table, and then sort the whole large one.
    list_prefetch: tuple[str, ...] = ()
    list_select_related: ClassVar[tuple[str, ...]] = ()
    operations: ClassVar[tuple[Operation, ...]] = ()
    # The actions of this list include the verbs of these models, which have no list of their own. Each value is the
    # relation that leads to their rows.
    verbs_through: ClassVar[dict[type[Model], str]] = {}
    empty_help: StrOrPromise = ""
    search_help_text = _("Whole ids only.")

    @property
    def actions(self) -> tuple[Operation, ...]:  # type: ignore[override]  # a host may declare verbs at any time
        related = [verb_actions(model, through=name) for model, name in self.verbs_through.items()]
        return (*self.operations, *chain(verb_actions(self.model), *related))

    def named(self, term: str) -> Searches:
        """Return a search for each kind of id, for rows that have exactly this id."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(pk__in=keys_of(self.named(search_term))) if search_term else queryset), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow only lookups that the page offers.

        By default, Django lets every user of the list search the beginning of any column.
        """
        return lookup in self.linked_lookups or lookup in self._filter_lookups()

    def _filter_lookups(self) -> set[str]:
        filters: tuple[Any, ...] = tuple(self.list_filter)
        names = [each if isinstance(each, str) else each[0] for each in filters]
        return {f"{name}{end}" for name in names for end in FILTER_LOOKUPS}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LightChangeList

    @without_transaction
    def changelist_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changelist_view(*args, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        offered = {action.name for action in self.actions if action.is_offered(context.get("original"))}
        choices = self.get_action_choices(request, [])
        context["operations"] = [(name, label) for name, label in choices if name in offered]
        return super().render_change_form(request, context, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may carry out actions: it needs the change permission of the model."""
        codename = get_permission_codename("change", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")


class FactAdmin(RowAdmin):
    """A page of rows that record facts. They are read-only, and too many to sort by any column."""

    sortable_by: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return visible(self.fields, self.raw_fields, request)


class FactInline(TabularInline):
    """Read-only rows on the page of the row that they belong to."""

    raw_fields: ClassVar[tuple[str, ...]] = ()
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return visible(self.fields, self.raw_fields, request)
