"""Front's limits on what one request may hold. The methods of the client check arguments against them.

Limits on how often requests may be made are not known here: Front answers 429 and says how long to wait, which
``api_errors.retry_after()`` reads.
"""

from __future__ import annotations

# Characters of an id. Front: Channel API, metadata.external_id.
LONGEST_ID = 200
# Characters of a message_uid. Front chooses it and documents no limit; our tables hold this many.
LONGEST_UID = 500
# Characters. Front: Core API, update-conversation.
LONGEST_DESCRIPTION = 65_535
# Front: Core API, add-conversation-followers and add-conversation-link.
MOST_FOLLOWERS = 50
MOST_LINKS = 10
# Items. Front: https://dev.frontapp.com/docs/pagination
LARGEST_PAGE = 100
# Bytes of an attachment of a message in Front.
LARGEST_ATTACHMENT = 25 * 1024 * 1024
# Bytes of a request with files. Front takes 25 MB, and does not say whether the files count or the whole request.
LARGEST_REQUEST = 24_000_000
# Seconds. Front: https://dev.frontapp.com/docs/creating-a-partner-channel
LONGEST_JWT_LIFETIME = 30
