from contextlib import AbstractContextManager

from django_front_channel.models import Channel, Message
from tests.hosts.projects.desk import Desk
from tests.hosts.tenants import scope_of, tenant


class TenantDesk(Desk):
    def context(self, channel: Channel | None) -> AbstractContextManager[object]:
        return scope_of(channel)

    def normalize_handle(self, channel: Channel, handle: str) -> str:
        assert tenant.get() == channel.name
        return handle

    def accept(self, message: Message) -> None:
        assert tenant.get() == message.channel.name

    def deliver(self, message: Message) -> None:
        assert tenant.get() == message.channel.name
