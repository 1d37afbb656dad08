"""Tensors as bytes that other programs read, and back. Nothing is ever unpickled."""
