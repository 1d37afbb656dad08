"""Traces: one training step with every number on the way, each with its formula."""
