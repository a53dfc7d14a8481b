"""A small shop with a customer chat. Its team answers in Front."""

# The demo's Front app. Use it only on the loopback address, because everybody can read it here.
SANDBOX_APP_UID = "5aadb0c0ffee0001"
SANDBOX_APP_SECRET = "only-for-the-sandbox-on-your-own-desk"
