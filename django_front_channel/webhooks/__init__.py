"""Webhooks: verify Front's requests, parse them, process them and answer."""
