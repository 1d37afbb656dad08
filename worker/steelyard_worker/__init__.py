"""Steelyard's worker: Celery tasks, the supervisor of training processes, and the training processes themselves."""
