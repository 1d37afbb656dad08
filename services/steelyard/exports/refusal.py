"""Why a model cannot be exported."""


class CannotExport(Exception):
    """A part of a model that a format cannot hold. The message says which, and why."""
