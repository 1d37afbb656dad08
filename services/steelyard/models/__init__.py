"""Trained models: what they are, and what they predict."""
