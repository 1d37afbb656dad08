"""Tensors as bytes that other programs read, and back; models as files of other runtimes. Nothing is ever unpickled."""
