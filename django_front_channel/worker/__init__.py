"""Carries out what the outbox holds: requests to Front, deliveries, receipts, events and signals."""
