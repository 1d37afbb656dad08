"""Inference protocols of other servers: a file for each, over the same predictions."""
