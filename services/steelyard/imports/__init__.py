"""Imports: models from weights that were made elsewhere."""
