"""Webhooks: the outbox of due events, and the policy for the addresses that they may go to."""
