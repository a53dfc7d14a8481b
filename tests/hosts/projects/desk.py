"""The code of the hosts: a handler, a page where customers write, and one that shows what became of it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from django_front_channel import services
from django_front_channel.handlers import ChannelHandler, MessageRefused
from django_front_channel.models import Channel, Message


class Desk(ChannelHandler):
    def accept(self, message: Message) -> None:
        if message.text == "Refuse me":
            raise MessageRefused("No.")
        if message.text.startswith("Meet"):
            raise KeyError("a bug of the host")

    def deliver(self, message: Message) -> None:
        """The customer has it at once."""


def tell(external_id: str) -> Message:
    """Tell Front what a customer wrote."""
    return services.messages.sync_inbound(
        Channel.objects.get(),
        sender="+33612345678",
        text="Has my parcel left?",
        external_id=external_id,
        external_conversation_id="thread-1",
    )


@csrf_exempt
@login_not_required
def customer_writes(request: HttpRequest, external_id: str) -> HttpResponse:
    tell(external_id)
    return HttpResponse()


@login_not_required
def what_became_of_it(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"states": list(Message.objects.order_by("pk").values_list("state", flat=True))})


@login_not_required
def page(request: HttpRequest, path: str = "") -> HttpResponse:
    return HttpResponse("A page of the CMS")
