"""One sentence for the person who set the sandbox up: what is wrong with the integration, and what to do."""

from __future__ import annotations

from .webhooks import Reply

UNREACHABLE = (
    "No answer came from {url}: start the site, correct the webhook URL, or see what keeps the site busy."
)
REDIRECTED = "The site redirects {url}, and Front follows no redirect: correct the webhook URL."
NOT_TRUSTED = (
    "The site does not trust what comes to {url}: give the App UID, App secret and token that it knows."
)
NOT_FOUND = "The site has no webhook at {url}: the webhook URL ends with the app's alias in its settings."
FAILED = "The site failed at {url}: its log says why."
NONSENSE = (
    "The site's answer at {url} is no JSON object with a type: correct the webhook URL, or that answer."
)

NOT_ABSOLUTE = (
    "The site at {url} names a webhook_url that is no absolute URL: let it name one, in Django by the setting "
    "FRONT_CHANNEL_PUBLIC_URL."
)


def advice(url: str, reply: Reply) -> str | None:
    """What to do when ``url`` did not take a webhook, or None when it did, or said why in its own words."""
    sentence = None if reply.refusal is None else _sentence(reply)
    return sentence and sentence.format(url=url)


def _sentence(reply: Reply) -> str | None:
    match reply.status:
        case None:
            sentence = UNREACHABLE
        case 301 | 302 | 303 | 307 | 308:
            sentence = REDIRECTED
        case 401 | 403:
            sentence = NOT_TRUSTED
        case 404 | 405:
            sentence = NOT_FOUND
        case status if status >= 500:
            sentence = FAILED
        case status:
            return NONSENSE if status == 200 or "type" not in reply.document else None
    return sentence
