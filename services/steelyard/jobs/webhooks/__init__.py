"""Webhooks: the outbox of events that are due, and the addresses that they may go to."""
